/** `verify` of `jsonwebtoken`: its checks in its order, its messages. */
import type { KeyObject } from 'node:crypto';
import { parsedPayload } from './decode.ts';
import { JsonWebTokenError } from './error.ts';
import { type DecodedJws, decodeJws } from './jws.ts';
import { isNoSecret, type ReadKey, readKey } from './key.ts';
import { keyTypeError } from './key-type.ts';
import { checkSignature, schemeOf } from './signature.ts';
import { now } from './timespan.ts';
import type {
  Algorithm,
  GetPublicKeyOrSecret,
  Jwt,
  JwtHeader,
  JwtPayload,
  PublicKey,
  Secret,
  VerifyCallback,
  VerifyErrors,
  VerifyOptions,
} from './types.ts';
import { checkClaims, type Payload } from './verify-claims.ts';

type Key = Secret | PublicKey;
type Complete = VerifyOptions & { complete: true };
type Plain = VerifyOptions & { complete?: false };

/**
 * Checks a token and returns its payload, or with `complete` its header, payload and signature. With a callback, errors
 * and result go there, and the key may be a function that finds it.
 * @throws {JsonWebTokenError} and its kinds, with the messages of `jsonwebtoken` 9
 */
export function verify(
  token: string,
  secretOrPublicKey: Key | GetPublicKeyOrSecret,
  callback: VerifyCallback<JwtPayload | string>,
): void;
export function verify(token: string, secretOrPublicKey: Key, options: Complete): Jwt;
export function verify(token: string, secretOrPublicKey: Key, options?: Plain): JwtPayload | string;
export function verify(
  token: string,
  secretOrPublicKey: Key,
  options?: VerifyOptions,
): Jwt | JwtPayload | string;
export function verify(
  token: string,
  secretOrPublicKey: Key | GetPublicKeyOrSecret,
  callback?: VerifyCallback<JwtPayload | string>,
): void;
export function verify(
  token: string,
  secretOrPublicKey: Key | GetPublicKeyOrSecret,
  options: Complete,
  callback?: VerifyCallback<Jwt>,
): void;
export function verify(
  token: string,
  secretOrPublicKey: Key | GetPublicKeyOrSecret,
  options?: Plain,
  callback?: VerifyCallback<JwtPayload | string>,
): void;
export function verify(
  token: string,
  secretOrPublicKey: Key | GetPublicKeyOrSecret,
  options?: VerifyOptions,
  callback?: VerifyCallback,
): void;
export function verify(
  token: unknown,
  secretOrPublicKey: unknown,
  optionsOrCallback?: VerifyOptions | VerifyCallback<never>,
  then?: VerifyCallback<never>,
): unknown {
  const isCallback = typeof optionsOrCallback === 'function' && !then;
  const callback = (isCallback ? optionsOrCallback : then) as VerifyCallback<unknown> | undefined;
  const options: VerifyOptions = { ...(isCallback ? undefined : (optionsOrCallback as VerifyOptions)) };
  const settle = settlement(callback);
  const clock = options.clockTimestamp || now();
  const opened = attempt(() => open(token, options));
  if (opened.error !== undefined) return settle(opened);
  const decoded = opened.value;
  const judged = (key: unknown): unknown => settle(attempt(() => judge(decoded, key, options, clock)));
  if (typeof secretOrPublicKey !== 'function') return judged(secretOrPublicKey);
  if (!callback) return settle({ error: keyCallbackNeedsCallback() });
  return (secretOrPublicKey as GetPublicKeyOrSecret)(decoded.header as JwtHeader, (error, key) =>
    error ? settle({ error: keyCallbackFailed(error) }) : judged(key),
  );
}

type Attempt<T> = { readonly error: Error } | { readonly error?: undefined; readonly value: T };

/** The callback is called outside: what it throws is its own. */
function attempt<T>(run: () => T): Attempt<T> {
  try {
    return { value: run() };
  } catch (error) {
    return { error: error as Error };
  }
}

function settlement(callback: VerifyCallback<unknown> | undefined): (outcome: Attempt<unknown>) => unknown {
  return outcome => {
    if (callback)
      return outcome.error === undefined
        ? callback(null, outcome.value)
        : callback(outcome.error as VerifyErrors);
    if (outcome.error !== undefined) throw outcome.error;
    return outcome.value;
  };
}

function keyCallbackNeedsCallback(): JsonWebTokenError {
  return new JsonWebTokenError(
    'verify must be called asynchronous if secret or public key is provided as a callback',
  );
}

function keyCallbackFailed(error: Error): JsonWebTokenError {
  return new JsonWebTokenError(`error in secret or public key callback: ${error.message}`);
}

/** A token taken apart, with the text that its signature is of. */
interface Opened extends DecodedJws {
  readonly input: string;
}

function open(token: unknown, options: VerifyOptions): Opened {
  checkOptions(options);
  if (!token) throw new JsonWebTokenError('jwt must be provided');
  if (typeof token !== 'string') throw new JsonWebTokenError('jwt must be a string');
  const decoded = decodeJws(token, {});
  if (decoded === undefined)
    throw new JsonWebTokenError(token.split('.').length === 3 ? 'invalid token' : 'jwt malformed');
  const { header, signature } = decoded;
  const payload = parsedPayload(decoded.payload);
  return { header, payload, signature, input: token.slice(0, token.lastIndexOf('.')) };
}

function checkOptions(options: VerifyOptions): void {
  const { allowInvalidAsymmetricKeyTypes, clockTimestamp, clockTolerance, nonce } = options;
  if (clockTimestamp && typeof clockTimestamp !== 'number')
    throw new JsonWebTokenError('clockTimestamp must be a number');
  // "5" would be appended to `exp` as a text: the token would never expire.
  if (clockTolerance && typeof clockTolerance !== 'number')
    throw new JsonWebTokenError('clockTolerance must be a number');
  if (nonce !== undefined && (typeof nonce !== 'string' || nonce.trim() === ''))
    throw new JsonWebTokenError('nonce must be a non-empty string');
  if (allowInvalidAsymmetricKeyTypes !== undefined && typeof allowInvalidAsymmetricKeyTypes !== 'boolean')
    throw new JsonWebTokenError('allowInvalidAsymmetricKeyTypes must be a boolean');
}

function judge(opened: Opened, material: unknown, options: VerifyOptions, clock: number): unknown {
  const { header, payload, signature } = opened;
  if (!signature && material) throw new JsonWebTokenError('jwt signature is required');
  if (signature && !material) throw new JsonWebTokenError('secret or public key must be provided');
  if (!signature && !options.algorithms)
    throw new JsonWebTokenError('please specify "none" in "algorithms" to verify unsigned tokens');
  checkProof(opened, readVerifyingKey(material), options);
  if (payload === null) throw new JsonWebTokenError('invalid token');
  checkClaims(payload as Payload, options, clock);
  return options.complete === true ? { header, payload, signature } : payload;
}

function readVerifyingKey(material: unknown): ReadKey | undefined {
  if (material === undefined || material === null) return undefined;
  try {
    return readKey(material, 'verifying');
  } catch {
    throw new JsonWebTokenError('secretOrPublicKey is not valid key material');
  }
}

/** `options` are the call's own copy. */
function checkProof(opened: Opened, read: ReadKey | undefined, options: VerifyOptions): void {
  const { alg } = opened.header;
  options.algorithms ||= algorithmsOf(read?.key);
  if (options.algorithms.indexOf(alg as Algorithm) === -1 || typeof alg !== 'string')
    throw new JsonWebTokenError('invalid algorithm');
  checkKey(alg, read);
  const anyType = !!options.allowInvalidAsymmetricKeyTypes;
  const mismatch = anyType ? undefined : keyTypeError(alg, read?.key);
  if (mismatch !== undefined) throw mismatch;
  if (alg === '') throw missingAlgorithm();
  if (!checkSignature(schemeOf(alg), read?.key as KeyObject, opened.input, opened.signature, anyType))
    throw new JsonWebTokenError('invalid signature');
}

const HS: Algorithm[] = ['HS256', 'HS384', 'HS512'];
const ES: Algorithm[] = ['ES256', 'ES384', 'ES512'];
const RSA: Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

function algorithmsOf(key: KeyObject | undefined): Algorithm[] {
  if (key?.type === 'secret') return HS;
  return key?.asymmetricKeyType === 'ec' ? ES : RSA;
}

function checkKey(alg: string, read: ReadKey | undefined): void {
  if (!/^(?:HS|RS|PS|ES)/.test(alg)) return;
  if (read === undefined) throw new JsonWebTokenError('jwt signature is required');
  const isHmac = alg.startsWith('HS');
  if (isHmac && read.key.type !== 'secret')
    throw new JsonWebTokenError(`secretOrPublicKey must be a symmetric key when using ${alg}`);
  if (!isHmac && read.key.type !== 'public')
    throw new JsonWebTokenError(`secretOrPublicKey must be an asymmetric key when using ${alg}`);
  if (isNoSecret(read)) throw new JsonWebTokenError('secretOrPublicKey is not valid key material');
}

function missingAlgorithm(): Error {
  return Object.assign(new Error('Missing algorithm parameter for jws.verify'), {
    code: 'MISSING_ALGORITHM',
  });
}
