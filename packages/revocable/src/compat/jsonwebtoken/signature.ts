/** Signatures as `jsonwebtoken` makes and checks them: any key that its own checks let through, of any size. */
import { Buffer } from 'node:buffer';
import {
  constants,
  createHmac,
  createSign,
  createVerify,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import {
  type Algorithm,
  decodeBase64url,
  ecdsaDer,
  ecdsaRaw,
  encodeBase64url,
  findAlgorithm,
} from '../../jose/index.ts';
import { unknownAlgorithm } from './jws.ts';

/** How to sign or check: a row of the table of algorithms, or `none`. */
export type Scheme = Algorithm | 'none';

const KNOWN = /^(?:HS|RS|PS|ES)(?:256|384|512)$/;

/** @throws {TypeError} for an `alg` that `jws` does not know */
export function schemeOf(alg: string): Scheme {
  if (alg === 'none') return alg;
  const row = KNOWN.test(alg) ? findAlgorithm(alg) : undefined;
  if (row === undefined) throw unknownAlgorithm(alg);
  return row;
}

type KeyInput = KeyObject | { key: KeyObject; padding: number; saltLength: number };

function keyInput(row: Algorithm, key: KeyObject): KeyInput {
  if (row.scheme !== 'pss') return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

/**
 * The signature of `input` in base64url.
 * @param anyType true where the key need not be of the algorithm's type: node's streams tell such mistakes as `jsonwebtoken` does
 */
export function signInput(scheme: Scheme, key: KeyObject, input: string, anyType: boolean): string {
  if (scheme === 'none') return '';
  if (scheme.scheme === 'hmac') return hmac(scheme, key, input);
  const given = keyInput(scheme, key);
  const made = anyType
    ? createSign(streamName(scheme)).update(input).sign(given)
    : sign(scheme.hash, Buffer.from(input, 'latin1'), given);
  return encodeSignature(scheme, made);
}

/** The same by promise: RSA, which blocks longest, in node's thread pool. */
export function signInputAsync(
  scheme: Scheme,
  key: KeyObject,
  input: string,
  anyType: boolean,
): Promise<string> {
  if (scheme === 'none' || scheme.kty !== 'RSA' || anyType)
    return new Promise(resolve => resolve(signInput(scheme, key, input, anyType)));
  return new Promise((resolve, reject) => {
    sign(scheme.hash, Buffer.from(input, 'latin1'), keyInput(scheme, key), (error, made) =>
      error === null ? resolve(made.toString('base64url')) : reject(error),
    );
  });
}

function hmac(row: Algorithm, key: KeyObject, input: string): string {
  return createHmac(row.hash ?? '', key)
    .update(input)
    .digest('base64url');
}

function streamName(row: Algorithm): string {
  return `RSA-${row.hash}`;
}

function encodeSignature(row: Algorithm, made: Buffer): string {
  if (row.scheme !== 'ecdsa') return made.toString('base64url');
  const raw = ecdsaRaw(made, octetsOf(row) * 2);
  if (raw === undefined) throw otherCurve(made, octetsOf(row));
  return encodeBase64url(raw);
}

const COORDINATE: Readonly<Record<string, number>> = { ES256: 32, ES384: 48, ES512: 66 };

function octetsOf(row: Algorithm): number {
  return COORDINATE[row.name] ?? 0;
}

/** In the words of `ecdsa-sig-formatter`: what was made is of another type or a larger curve. */
function otherCurve(der: Buffer, octets: number): Error {
  const at = der[1] === 0x81 ? 3 : 2;
  const r = der[at + 1] ?? 0;
  const s = der[at + 2 + r + 1] ?? 0;
  if (der[0] !== 0x30) return new Error('Could not find expected "seq"');
  const [name, length] = r > octets + 1 ? ['r', r] : ['s', s];
  return new Error(`"${name}" specified length of "${length}", max of "${octets + 1}" is acceptable`);
}

/**
 * True when `signature` is the key's signature of `input`, in its one spelling.
 * @throws {TypeError} for an ECDSA signature of the wrong length
 */
export function checkSignature(
  scheme: Scheme,
  key: KeyObject,
  input: string,
  signature: string,
  anyType: boolean,
): boolean {
  if (scheme === 'none') return signature === '';
  if (scheme.scheme === 'hmac') return isSame(hmac(scheme, key, input), signature);
  const octets = Buffer.from(signature, 'base64');
  if (scheme.scheme === 'ecdsa') checkLength(scheme, octets);
  if (decodeBase64url(signature) === undefined) return false;
  const bytes = scheme.scheme === 'ecdsa' ? ecdsaDer(octets) : octets;
  const given = keyInput(scheme, key);
  if (anyType) return createVerify(streamName(scheme)).update(input).verify(given, bytes);
  return verify(scheme.hash, Buffer.from(input, 'latin1'), given, bytes);
}

function isSame(expected: string, signature: string): boolean {
  return (
    expected.length === signature.length &&
    timingSafeEqual(Buffer.from(expected, 'latin1'), Buffer.from(signature, 'latin1'))
  );
}

function checkLength(row: Algorithm, signature: Uint8Array): void {
  const length = octetsOf(row) * 2;
  if (signature.length !== length)
    throw new TypeError(`"${row.name}" signatures must be "${length}" bytes, saw "${signature.length}"`);
}
