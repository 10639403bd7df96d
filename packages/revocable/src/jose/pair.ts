/** Keys around a KeyObject of a key pair. Internal: its types are those of node:crypto, which no public declaration names. */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { ConfigError, KeyError } from '../errors.ts';
import type { Alg, Algorithm } from './algorithms.ts';
import { makeKey, type SigningKey } from './key.ts';
import type { KeyOptions } from './key-material.ts';
import { algorithmRow, checkAsymmetric } from './key-rules.ts';
import { pssBound } from './rsa-pss.ts';
import { thumbprintOf } from './thumbprint.ts';

/** A private key around a KeyObject that is one. */
export function privateFrom(
  handle: KeyObject,
  row: Algorithm,
  options: KeyOptions,
  jwkKid?: string,
): SigningKey {
  const signatureLength = checkAsymmetric(handle, row, options.allowWeak === true);
  const half = createPublicKey(handle);
  checkHalves(handle, half, row);
  return makeKey<SigningKey>({
    type: 'private',
    algorithm: row,
    kid: checkKid(options.kid) ?? jwkKid,
    thumbprint: thumbprintOf(half),
    signatureLength,
    signing: bound(handle, row),
    verifying: bound(half, row),
  });
}

/** A public half that does not belong to the private one gives signatures that nobody can check, and can give the key away. */
function checkHalves(handle: KeyObject, half: KeyObject, row: Algorithm): void {
  if (!belongs(handle, half, row))
    throw new KeyError('ERR_KEY_INVALID', 'The public half of this key does not belong to its private half.');
}

/** OpenSSL throws where the members of a private key cannot be reckoned with at all. */
function belongs(handle: KeyObject, half: KeyObject, row: Algorithm): boolean {
  const probe = new Uint8Array(32);
  try {
    return verify(row.hash, probe, half, sign(row.hash, probe, handle));
  } catch {
    return false;
  }
}

interface PublicParts {
  readonly algorithm: Algorithm;
  readonly kid: string | undefined;
  readonly thumbprint: string;
  readonly signatureLength: number;
  readonly verifying: KeyObject;
}

/** What every key with a public half at hand is made of. */
export function publicParts(
  half: KeyObject,
  row: Algorithm,
  options: KeyOptions,
  jwkKid?: string,
): PublicParts {
  const signatureLength = checkAsymmetric(half, row, options.allowWeak === true);
  return {
    algorithm: row,
    kid: checkKid(options.kid) ?? jwkKid,
    thumbprint: thumbprintOf(half),
    signatureLength,
    verifying: bound(half, row),
  };
}

function bound(handle: KeyObject, row: Algorithm): KeyObject {
  return row.scheme === 'pss' ? pssBound(handle, row) : handle;
}
/** @throws {ConfigError} ERR_CONFIG_INVALID */
export function asymmetricRow(alg: Alg, where: string): Algorithm {
  const row = algorithmRow(alg);
  if (row.kty === 'oct')
    throw new ConfigError(`${where} makes keys of key pairs; for ${row.name} use secretKey.`);
  return row;
}

/** @throws {ConfigError} ERR_CONFIG_INVALID */
export function checkKid(kid: string | undefined): string | undefined {
  if (kid !== undefined && (typeof kid !== 'string' || kid === ''))
    throw new ConfigError('"kid" is a text that is not empty.');
  return kid;
}
