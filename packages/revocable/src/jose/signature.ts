/** The only file that signs or checks bytes. Keys go bare to node:crypto: fastest in Node, and workerd takes nothing else. */
import { Buffer } from 'node:buffer';
import { constants, createHmac, type KeyObject, sign, verify } from 'node:crypto';
import { ConfigError, KeyError } from '../errors.ts';
import type { Algorithm, Scheme } from './algorithms.ts';
import { encodeBase64url } from './base64url.ts';
import { ecdsaDer, ecdsaRaw } from './ecdsa.ts';
import { hmacText } from './hmac.ts';
import type { Material } from './key.ts';
import { heldBehind, heldOctets, holdAscii, signatureOctets } from './octets.ts';
import { inPool } from './signing-pool.ts';

interface SignatureScheme {
  sign(row: Algorithm, key: KeyObject, data: Uint8Array, length: number): Uint8Array;
  /** `signature` has the exact length. */
  verify(row: Algorithm, key: KeyObject, data: Uint8Array, signature: Uint8Array): boolean;
}

const bare: SignatureScheme = {
  sign: (row, key, data) => sign(row.hash, data, key),
  verify: (row, key, data, signature) => verify(row.hash, data, key, signature),
};

/** All but HMAC, which is made and compared as text: `mac`. */
const SCHEMES: Readonly<Record<Exclude<Scheme, 'hmac'>, SignatureScheme>> = {
  pkcs1: bare,
  pure: bare,
  pss: {
    sign: (row, key, data) => sign(row.hash, data, pssInput(row, key)),
    verify: (row, key, data, signature) => verify(row.hash, data, pssInput(row, key), signature),
  },
  ecdsa: {
    sign: (row, key, data, length) => rawOrThrow(sign(row.hash, data, key), length),
    verify: (row, key, data, signature) => verify(row.hash, data, key, ecdsaDer(signature)),
  },
};

/** A key bound to PSS says hash and salt itself; a plain one, where the runtime has no others, needs telling. */
function pssInput(
  row: Algorithm,
  key: KeyObject,
): KeyObject | { key: KeyObject; padding: number; saltLength: number } {
  if (key.asymmetricKeyType === 'rsa-pss') return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: row.saltLength };
}

function rawOrThrow(der: Uint8Array, length: number): Uint8Array {
  const raw = ecdsaRaw(der, length);
  if (raw === undefined)
    throw new KeyError('ERR_KEY_INVALID', 'The signature that was made is no ECDSA signature of this curve.');
  return raw;
}

/** As base64url text: node:crypto makes that faster than a Buffer, and text that is compared needs no decoding. */
function mac({ hmac, algorithm }: Material, key: KeyObject, data: Uint8Array): string {
  if (hmac !== undefined) return hmacText(hmac, Buffer.concat([hmac.inner, data]));
  return createHmac(algorithm.hash ?? '', key)
    .update(data)
    .digest('base64url');
}

/** In time that depends on the length alone. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/**
 * The signature of `data`, in base64url.
 * @throws {ConfigError} ERR_CONFIG_INVALID for a key that does not sign at hand
 */
export function signBytes(material: Material, data: Uint8Array): string {
  const { algorithm, signing } = material;
  if (signing === undefined) throw cannotSign(material);
  if (algorithm.scheme === 'hmac') return mac(material, signing as KeyObject, data);
  const scheme = SCHEMES[algorithm.scheme];
  return encodeBase64url(scheme.sign(algorithm, signing as KeyObject, data, material.signatureLength));
}

/** The same of an ASCII text. */
export function signText(material: Material, text: string): string {
  const { hmac, signing } = material;
  const hold = holdAscii(text);
  if (hmac === undefined || signing === undefined)
    return signBytes(material, heldOctets(text, text.length, hold));
  return hmacText(hmac, heldBehind(hmac.inner, text, text.length, hold));
}

/** The same by promise: RSA in the thread pool, an external key where it lies, the others at once. */
export async function signBytesAsync(material: Material, data: Uint8Array): Promise<string> {
  if (material.external !== undefined) return signOutside(material, material.external, data);
  if (material.algorithm.kty !== 'RSA' || material.signing === undefined) return signBytes(material, data);
  const { algorithm, signing } = material;
  const key = algorithm.scheme === 'pss' ? pssInput(algorithm, signing as KeyObject) : (signing as KeyObject);
  const signature = await inPool(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        sign(algorithm.hash, data, key, (error, made) => (error === null ? resolve(made) : reject(error)));
      }),
  );
  return signature.toString('base64url');
}

async function signOutside(
  material: Material,
  external: NonNullable<Material['external']>,
  data: Uint8Array,
): Promise<string> {
  const { algorithm, signatureLength } = material;
  const made = await external(data);
  if (!(made instanceof Uint8Array))
    throw new KeyError('ERR_KEY_INVALID', 'The external key did not resolve with octets.');
  const isDer = algorithm.scheme === 'ecdsa' && made.length !== signatureLength;
  const signature = Buffer.from(isDer ? rawOrThrow(made, signatureLength) : made);
  const text = signature.toString('base64url');
  if (!checkBytes(material, data, text))
    throw new KeyError(
      'ERR_KEY_INVALID',
      'The external key made a signature that its public half does not prove.',
    );
  return text;
}

function cannotSign(material: Material): ConfigError {
  if (material.external !== undefined)
    return new ConfigError('An external key signs by promise: use signAsync.');
  return new ConfigError(
    `This ${material.algorithm.name} key cannot sign: it has no private half, or its key_ops forbid it.`,
  );
}

/** True when `signature`, which is known to be strict base64url, is this key's signature of `data`. Never throws for what is in it. */
export function checkBytes(material: Material, data: Uint8Array, signature: string): boolean {
  const { algorithm, verifying } = material;
  if (verifying === undefined) return false;
  if (algorithm.scheme === 'hmac') return sameText(mac(material, verifying as KeyObject, data), signature);
  const bytes = signatureOctets(signature);
  if (bytes.length !== material.signatureLength) return false;
  try {
    return SCHEMES[algorithm.scheme].verify(algorithm, verifying as KeyObject, data, bytes);
  } catch {
    return false;
  }
}

/** The same of the beginning of an ASCII text that was given to `holdAscii`. */
export function checkText(
  material: Material,
  text: string,
  end: number,
  hold: number,
  signature: string,
): boolean {
  const { hmac, verifying } = material;
  if (hmac === undefined || verifying === undefined)
    return checkBytes(material, heldOctets(text, end, hold), signature);
  return sameText(hmacText(hmac, heldBehind(hmac.inner, text, end, hold)), signature);
}
