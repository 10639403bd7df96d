/** The makers of keys from what users hold: secrets, private and public keys, JWKs. */
import { createSecretKey } from 'node:crypto';
import { ConfigError, KeyError, refuseUnknown } from '../errors.ts';
import {
  type Alg,
  type Algorithm,
  type AsymmetricAlg,
  algorithmOfCurve,
  findAlgorithm,
  type HmacAlgorithm,
} from './algorithms.ts';
import { decodeBase64url } from './base64url.ts';
import { hmacKey } from './hmac.ts';
import { allows, checkJwk, isPrivateJwk, type Jwk } from './jwk.ts';
import { makeKey, type PublicKey, type SigningKey } from './key.ts';
import type { KeyOptions, PrivateMaterial, PublicMaterial, SecretMaterial } from './key-material.ts';
import { algorithmRow } from './key-rules.ts';
import { privateHandle, publicHandle } from './native-key.ts';
import { asymmetricRow, checkKid, privateFrom, publicParts } from './pair.ts';
import { looksLikeKey } from './public-text.ts';

export interface PrivateKeyOptions extends KeyOptions {
  /** Opens an encrypted PEM or DER. */
  readonly passphrase?: string;
}

/**
 * A secret for HMAC.
 * @example const key = secretKey('HS256', { base64url: process.env.JWT_SECRET })
 * @throws {KeyError} ERR_KEY_TOO_WEAK when shorter than the hash; ERR_KEY_INVALID when it is a PEM or not written as said
 * @throws {ConfigError} ERR_CONFIG_INVALID for a bare string, whose writing nobody knows
 */
export function secretKey(
  alg: HmacAlgorithm,
  material: SecretMaterial,
  options: KeyOptions = {},
): SigningKey {
  refuseUnknown(options, ['kid', 'allowWeak'], 'secretKey');
  const row = algorithmRow(alg);
  if (row.kty !== 'oct')
    throw new ConfigError(
      `secretKey makes keys for HS256, HS384 and HS512; for ${row.name} use privateKey or publicKey.`,
    );
  return secretFrom(secretBytes(material), row, options);
}

/** Internal to this room: a secret's key around its bytes. */
export function secretFrom(bytes: Uint8Array, row: Algorithm, options: KeyOptions, jwk?: Jwk): SigningKey {
  checkSecret(bytes, row, options.allowWeak === true);
  const handle = createSecretKey(bytes);
  return makeKey<SigningKey>({
    type: 'secret',
    algorithm: row,
    kid: checkKid(options.kid) ?? jwk?.kid,
    thumbprint: undefined,
    signatureLength: row.signatureLength,
    signing: jwk === undefined || allows(jwk, 'sign') ? handle : undefined,
    verifying: jwk === undefined || allows(jwk, 'verify') ? handle : undefined,
    hmac: hmacKey(row, bytes),
  });
}

function secretBytes(material: SecretMaterial): Uint8Array {
  if (material instanceof Uint8Array) return material;
  if (typeof material !== 'object' || material === null || Object.keys(material).length !== 1)
    throw new ConfigError(
      'A secret is bytes, { utf8 }, { base64url } or { hex }: of a bare string nobody knows how it is written.',
    );
  const { utf8, base64url, hex } = material as { utf8?: unknown; base64url?: unknown; hex?: unknown };
  if (typeof utf8 === 'string') return new TextEncoder().encode(utf8);
  if (typeof base64url === 'string') return written(decodeBase64url(base64url), 'base64url');
  if (typeof hex === 'string') return written(decodeHex(hex), 'hex');
  throw new ConfigError('A secret is bytes, { utf8 }, { base64url } or { hex }, each a string.');
}

function decodeHex(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'hex');
  return bytes.toString('hex') === text.toLowerCase() ? bytes : undefined;
}

function written(bytes: Uint8Array | undefined, form: string): Uint8Array {
  if (bytes === undefined)
    throw new KeyError('ERR_KEY_INVALID', `The secret is not written in strict ${form}.`);
  return bytes;
}

/** RFC 7518 section 3.2; RFC 8725 section 3.5. A public key as a secret is the classic confusion of algorithms. */
function checkSecret(bytes: Uint8Array, row: Algorithm, allowWeak: boolean): void {
  const bits = bytes.length * 8;
  if (bits === 0) throw new KeyError('ERR_KEY_TOO_WEAK', 'The secret is empty.');
  if (looksLikeKey(bytes))
    throw new KeyError(
      'ERR_KEY_INVALID',
      'This is a key in PEM, JWK, DER or the form of SSH, not a secret: use privateKey, publicKey or importJwk.',
    );
  if (bits < row.minimumBits && !allowWeak)
    throw new KeyError(
      'ERR_KEY_TOO_WEAK',
      `${row.name} needs a secret of ${row.minimumBits} bits (${row.minimumBits / 8} bytes) or more; this one has ${bits}.`,
    );
}

/**
 * A private key, with which to sign.
 * @param material PEM (PKCS #8, PKCS #1, SEC 1, encrypted; literal `\n` too) as text or bytes, DER, JWK, KeyObject, CryptoKey
 * @throws {KeyError} ERR_KEY_INVALID, ERR_KEY_TOO_WEAK
 */
export function privateKey(
  alg: AsymmetricAlg,
  material: PrivateMaterial,
  options: PrivateKeyOptions = {},
): SigningKey {
  refuseUnknown(options, ['kid', 'allowWeak', 'passphrase'], 'privateKey');
  const row = asymmetricRow(alg, 'privateKey');
  const jwk = jwkOf(material);
  if (jwk !== undefined && !allows(jwk, 'sign'))
    throw new KeyError('ERR_KEY_INVALID', 'The key_ops of the JWK do not have "sign".');
  return privateFrom(privateHandle(material, row, options.passphrase), row, options, jwk?.kid);
}

/**
 * A public key, with which to check.
 * @param material PEM of a key or an X.509 certificate as text or bytes, DER, JWK, KeyObject, CryptoKey.
 *   Of a certificate only the key is taken: neither its dates nor its issuer are checked.
 * @throws {KeyError} ERR_KEY_INVALID (also for a private key), ERR_KEY_TOO_WEAK
 */
export function publicKey(alg: AsymmetricAlg, material: PublicMaterial, options: KeyOptions = {}): PublicKey {
  refuseUnknown(options, ['kid', 'allowWeak'], 'publicKey');
  const row = asymmetricRow(alg, 'publicKey');
  const jwk = jwkOf(material);
  if (jwk !== undefined && !allows(jwk, 'verify'))
    throw new KeyError('ERR_KEY_INVALID', 'The key_ops of the JWK do not have "verify".');
  return makeKey<PublicKey>({
    type: 'public',
    ...publicParts(publicHandle(material, row), row, options, jwk?.kid),
  });
}

/**
 * A key from a JWK: a secret, a private or a public one; narrow by `type`.
 * @param alg needed where the JWK neither names one nor has a curve that implies one
 * @throws {KeyError} ERR_KEY_INVALID, ERR_KEY_TOO_WEAK
 */
export function importJwk(jwk: Jwk, alg?: Alg, options: KeyOptions = {}): SigningKey | PublicKey {
  refuseUnknown(options, ['kid', 'allowWeak'], 'importJwk');
  if (typeof jwk !== 'object' || jwk === null || typeof jwk.kty !== 'string')
    throw new ConfigError('A JWK is an object with a "kty".');
  const row = alg === undefined ? impliedRow(jwk) : algorithmRow(alg);
  if (row.kty === 'oct') {
    checkJwk(jwk, row);
    return secretFrom(written(decodeBase64url(jwk.k ?? ''), 'base64url'), row, options, jwk);
  }
  const name = row.name as AsymmetricAlg;
  return isPrivateJwk(jwk) ? privateKey(name, jwk, options) : publicKey(name, jwk, options);
}

function impliedRow(jwk: Jwk): Algorithm {
  const row = jwk.alg === undefined ? algorithmOfCurve(jwk.crv) : findAlgorithm(jwk.alg);
  if (row === undefined)
    throw new KeyError(
      'ERR_KEY_INVALID',
      'Neither the "alg" nor the curve of the JWK says which algorithm it is for; give it as the second argument.',
    );
  return row;
}

function jwkOf(material: unknown): Jwk | undefined {
  const isJwk = typeof material === 'object' && material !== null && 'kty' in material;
  return isJwk ? (material as Jwk) : undefined;
}
