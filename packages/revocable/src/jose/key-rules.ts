/** What a key must be before it is one: type, curve and size. RFC 7518 section 3, RFC 8725 section 3.5, FIPS 186-5 section 5.1. */
import type { KeyObject } from 'node:crypto';
import { ConfigError, KeyError } from '../errors.ts';
import { type Alg, type Algorithm, algorithms, CURVES, findAlgorithm } from './algorithms.ts';
import { hasRocaFingerprint } from './roca.ts';

/** Least bits of a modulus that `allowWeak` admits. */
const WEAK_MODULUS = 1024;
/** OpenSSL takes no larger one; a key set must not make verification slow. */
const LARGEST_MODULUS = 16_384;

/**
 * The row of an algorithm that a caller names.
 * @throws {ConfigError} ERR_CONFIG_INVALID for an unknown one
 */
export function algorithmRow(alg: Alg): Algorithm {
  const row = findAlgorithm(alg);
  if (row === undefined) throw new ConfigError(`The algorithm is one of ${algorithms.join(', ')}.`);
  return row;
}

/**
 * Checks a public or private half against its algorithm and returns the exact length of its signatures.
 * @throws {KeyError} ERR_KEY_INVALID, ERR_KEY_TOO_WEAK
 */
export function checkAsymmetric(handle: KeyObject, row: Algorithm, allowWeak: boolean): number {
  if (row.kty === 'RSA') return checkRsa(handle, row, allowWeak);
  if (row.kty === 'AKP') return checkNativeType(handle, row);
  return checkCurve(handle, row);
}

function checkNativeType(handle: KeyObject, row: Algorithm): number {
  if (handle.asymmetricKeyType !== row.name.toLowerCase()) throw contradicts(row, handle);
  return row.signatureLength;
}

function checkCurve(handle: KeyObject, row: Algorithm): number {
  const native =
    handle.asymmetricKeyType === 'ec' ? handle.asymmetricKeyDetails?.namedCurve : handle.asymmetricKeyType;
  for (const name of row.curves) if (CURVES[name].native === native) return CURVES[name].signatureLength;
  throw contradicts(row, handle);
}

function checkRsa(handle: KeyObject, row: Algorithm, allowWeak: boolean): number {
  const { modulusLength = 0, publicExponent = 0n } = handle.asymmetricKeyDetails ?? {};
  if (handle.asymmetricKeyType !== 'rsa') throw contradicts(row, handle);
  const least = allowWeak ? WEAK_MODULUS : row.minimumBits;
  if (modulusLength < least)
    throw new KeyError(
      'ERR_KEY_TOO_WEAK',
      `${row.name} needs an RSA modulus of ${least} bits or more; this one has ${modulusLength}.`,
    );
  if (modulusLength > LARGEST_MODULUS)
    throw new KeyError(
      'ERR_KEY_INVALID',
      `An RSA modulus has ${LARGEST_MODULUS} bits at most; this one has ${modulusLength}.`,
    );
  checkExponent(publicExponent);
  checkModulus(handle);
  return Math.ceil(modulusLength / 8);
}

function checkExponent(exponent: bigint): void {
  if (exponent < 3n || (exponent & 1n) === 0n || exponent >= 1n << 256n)
    throw new KeyError(
      'ERR_KEY_TOO_WEAK',
      'The public exponent of an RSA key is odd, 3 or more and below 2^256.',
    );
}

/** CVE-2017-15361: moduli of one vendor's chips can be factored, and betray themselves. */
function checkModulus(handle: KeyObject): void {
  const { n = '' } = handle.export({ format: 'jwk' });
  if (hasRocaFingerprint(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)))
    throw new KeyError(
      'ERR_KEY_TOO_WEAK',
      'The modulus has the ROCA fingerprint (CVE-2017-15361): this key can be factored.',
    );
}

function contradicts(row: Algorithm, handle: KeyObject): KeyError {
  const wanted = row.curves.length > 0 ? `a key on ${row.curves.join(' or ')}` : `an ${row.kty} key`;
  const curve = handle.asymmetricKeyDetails?.namedCurve;
  const found = `${handle.asymmetricKeyType ?? 'another type'}${curve === undefined ? '' : ` on ${curve}`}`;
  return new KeyError('ERR_KEY_INVALID', `${row.name} needs ${wanted}; this key is ${found}.`);
}
