/** `sign` of `jsonwebtoken`: its checks in its order, its messages. */
import { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import { encodeJws } from './jws.ts';
import { isNoSecret, type ReadKey, readKey } from './key.ts';
import { keyTypeError } from './key-type.ts';
import { addClaims } from './sign-claims.ts';
import { checkOptions, checkPayload, refuseClaimOptions } from './sign-options.ts';
import { schemeOf, signInput, signInputAsync } from './signature.ts';
import type { PrivateKey, Secret, SignCallback, SignOptions } from './types.ts';

type Payload = string | Uint8Array | object;
type None = SignOptions & { algorithm: 'none' };

/** What is to be signed, once every check has passed. */
interface Prepared {
  readonly header: { readonly alg: string };
  readonly payload: unknown;
  readonly encoding: string;
  /** Null only under `none`. */
  readonly key: KeyObject | null;
  readonly options: SignOptions;
}

/**
 * Signs `payload` and returns the token, or hands it to `callback`, which is called once and never before `sign` returns
 * unless an argument is wrong. With a callback RSA is signed off the event loop.
 * @throws {Error} with the messages of `jsonwebtoken` 9
 */
export function sign(payload: Payload, secretOrPrivateKey: Secret | PrivateKey, callback: SignCallback): void;
export function sign(
  payload: Payload,
  secretOrPrivateKey: Secret | PrivateKey,
  options?: SignOptions,
): string;
export function sign(payload: Payload, secretOrPrivateKey: null, options?: None): string;
export function sign(
  payload: Payload,
  secretOrPrivateKey: Secret | PrivateKey,
  options: SignOptions,
  callback: SignCallback,
): void;
export function sign(payload: Payload, secretOrPrivateKey: null, options: None, callback: SignCallback): void;
export function sign(
  payload: unknown,
  secretOrPrivateKey: unknown,
  optionsOrCallback?: SignOptions | SignCallback,
  then?: SignCallback,
): unknown {
  const isCallback = typeof optionsOrCallback === 'function';
  const callback = isCallback ? optionsOrCallback : then;
  let prepared: Prepared;
  try {
    prepared = prepare(payload, secretOrPrivateKey, (!isCallback && optionsOrCallback) || {});
  } catch (error) {
    if (callback) return callback(error as Error);
    throw error;
  }
  return typeof callback === 'function' ? deliver(prepared, callback) : makeToken(prepared);
}

function prepare(given: unknown, secretOrPrivateKey: unknown, options: SignOptions): Prepared {
  const isObject = typeof given === 'object' && !Buffer.isBuffer(given);
  const header = Object.assign(
    { alg: options.algorithm || 'HS256', typ: isObject ? 'JWT' : undefined, kid: options.keyid },
    options.header,
  );
  const read = readSigningKey(secretOrPrivateKey, options);
  const key = read === null ? null : read.key;
  checkKey(header, key as KeyObject, options);
  const payload = preparePayload(given, isObject, options);
  checkOptions(options);
  const mismatch = options.allowInvalidAsymmetricKeyTypes ? undefined : keyTypeError(header.alg, key);
  if (mismatch !== undefined) throw mismatch;
  if (read !== null && header.alg.startsWith('HS') && isNoSecret(read))
    throw new Error('secretOrPrivateKey is not valid key material');
  if (isObject) addClaims(payload as Record<string, unknown>, options);
  return { header, payload, encoding: options.encoding || 'utf8', key, options };
}

function readSigningKey(material: unknown, options: SignOptions): ReadKey | null {
  if (!material && options.algorithm !== 'none') throw new Error('secretOrPrivateKey must have a value');
  if (material === null || material === undefined) return null;
  try {
    return readKey(material, 'signing');
  } catch {
    throw new Error('secretOrPrivateKey is not valid key material');
  }
}

const MODULUS = 2048;

function checkKey(header: { alg: string }, key: KeyObject, options: SignOptions): void {
  if (header.alg.startsWith('HS') && key.type !== 'secret')
    throw new Error(`secretOrPrivateKey must be a symmetric key when using ${header.alg}`);
  if (!/^(?:RS|PS|ES)/.test(header.alg)) return;
  if (key.type !== 'private')
    throw new Error(`secretOrPrivateKey must be an asymmetric key when using ${header.alg}`);
  const modulus = key.asymmetricKeyDetails?.modulusLength ?? MODULUS;
  if (!options.allowInsecureKeySizes && !header.alg.startsWith('ES') && modulus < MODULUS)
    throw tooSmall(header);
}

function tooSmall(header: { alg: string }): Error {
  return new Error(`secretOrPrivateKey has a minimum key size of ${MODULUS} bits for ${header.alg}`);
}

/** The payload that claims may be added to: a shallow copy, unless it is to be changed in place. */
function preparePayload(given: unknown, isObject: boolean, options: SignOptions): unknown {
  if (given === undefined) throw new Error('payload is required');
  if (!isObject) {
    refuseClaimOptions(given, options);
    return given;
  }
  checkPayload(given, options);
  return options.mutatePayload ? given : Object.assign({}, given);
}

function makeToken(prepared: Prepared): string {
  const { header, key, options } = prepared;
  const scheme = schemeOf(header.alg);
  const input = encodeJws(header, prepared.payload, prepared.encoding);
  const signature = signInput(scheme, key as KeyObject, input, !!options.allowInvalidAsymmetricKeyTypes);
  return checkedToken(prepared, `${input}.${signature}`);
}

/** A modulus that node:crypto does not tell shows in the length of what it made. */
function checkedToken({ header, options }: Prepared, token: string): string {
  if (!options.allowInsecureKeySizes && /^(?:RS|PS)/.test(header.alg) && token.length < MODULUS / 8)
    throw tooSmall(header);
  return token;
}

/** By nextTick, so that what a callback throws is an uncaught exception and not a promise that nobody looks at. */
function deliver(prepared: Prepared, callback: SignCallback): void {
  makeTokenAsync(prepared).then(
    token => process.nextTick(callback, null, token),
    error => process.nextTick(callback, error),
  );
}

async function makeTokenAsync(prepared: Prepared): Promise<string> {
  const { header, key, options } = prepared;
  const scheme = schemeOf(header.alg);
  const input = encodeJws(header, prepared.payload, prepared.encoding);
  const anyType = !!options.allowInvalidAsymmetricKeyTypes;
  return checkedToken(prepared, `${input}.${await signInputAsync(scheme, key as KeyObject, input, anyType)}`);
}
