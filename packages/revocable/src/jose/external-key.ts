/** Keys whose private half lies in a KMS or an HSM. */
import { ConfigError, refuseUnknown } from '../errors.ts';
import type { AsymmetricAlg } from './algorithms.ts';
import { type ExternalKey, type ExternalSign, makeKey } from './key.ts';
import type { PublicMaterial } from './key-material.ts';
import { publicHandle } from './native-key.ts';
import { asymmetricRow, publicParts } from './pair.ts';

export interface ExternalKeyOptions {
  /** @default the RFC 7638 thumbprint */
  readonly kid?: string;
}

/**
 * A key that checks here and signs elsewhere, by `signAsync` alone.
 * @param publicMaterial the public half, in any form that `publicKey` takes
 * @param sign gets the octets to sign, not their hash; returns the signature, of ECDSA raw or DER.
 *   What it returns is checked with the public half before it goes out.
 * @throws {KeyError} ERR_KEY_INVALID, ERR_KEY_TOO_WEAK
 */
export function externalKey(
  alg: AsymmetricAlg,
  publicMaterial: PublicMaterial,
  sign: ExternalSign,
  options: ExternalKeyOptions = {},
): ExternalKey {
  refuseUnknown(options, ['kid'], 'externalKey');
  if (typeof sign !== 'function')
    throw new ConfigError('externalKey takes a function that signs octets and resolves with the signature.');
  const row = asymmetricRow(alg, 'externalKey');
  const kid = (publicMaterial as { kid?: unknown } | null)?.kid;
  const parts = publicParts(
    publicHandle(publicMaterial, row),
    row,
    options,
    typeof kid === 'string' ? kid : undefined,
  );
  return makeKey<ExternalKey>({ type: 'external', ...parts, external: sign });
}
