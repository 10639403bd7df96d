/** Keys to JWK (RFC 7517) and PEM (RFC 7468): the public half unless the private one is asked for. */
import type { KeyObject } from 'node:crypto';
import { ConfigError, refuseUnknown } from '../errors.ts';
import type { Jwk } from './jwk.ts';
import { type Material, materialOf, type VerificationKey } from './key.ts';
import { derType } from './own-handle.ts';
import { plainRsa } from './rsa-pss.ts';

export interface ExportOptions {
  /** Export the secret or private half. @default false */
  readonly private?: boolean;
}

/**
 * The key as a JWK with `kid` and `alg`.
 * @throws {ConfigError} ERR_CONFIG_INVALID for a secret without `private: true`, and for a half that is not there
 */
export function exportJwk(key: VerificationKey, options: ExportOptions = {}): Jwk {
  const material = materialOf(key);
  const members = halfOf(key, options, 'exportJwk').export({ format: 'jwk' }) as Jwk;
  const kid = key.kid === undefined ? {} : { kid: key.kid };
  return { ...members, ...kid, alg: material.algorithm.name };
}

/**
 * The key as PEM: SPKI, or PKCS #8 of the private half.
 * @throws {ConfigError} ERR_CONFIG_INVALID for a secret, which PEM does not know, and for a half that is not there
 */
export function exportPem(key: VerificationKey, options: ExportOptions = {}): string {
  if (key?.type === 'secret')
    throw new ConfigError('A secret has no PEM; use exportJwk(key, { private: true }).');
  const half = halfOf(key, options, 'exportPem');
  return half.export({ format: 'pem', type: derType(half) }).toString();
}

function halfOf(key: VerificationKey, options: ExportOptions, where: string): KeyObject {
  refuseUnknown(options, ['private'], where);
  if (options.private !== undefined && typeof options.private !== 'boolean')
    throw new ConfigError('"private" is true or false.');
  const material = materialOf(key);
  if (options.private === true) return privateHalf(material, key.type);
  if (key.type === 'secret')
    throw new ConfigError(`A secret has no public half: ${where} shows it only with { private: true }.`);
  return plainRsa(material.verifying as KeyObject, material.algorithm);
}

function privateHalf(material: Material, type: VerificationKey['type']): KeyObject {
  const half = material.signing ?? (type === 'secret' ? material.verifying : undefined);
  if (half === undefined) throw new ConfigError('This key has no private half here.');
  return plainRsa(half as KeyObject, material.algorithm);
}

/** The JWK that a JWK Set shows; undefined for a secret, which is in none. */
export function publishedJwk(key: VerificationKey): Jwk | undefined {
  return key.type === 'secret' ? undefined : { ...exportJwk(key), use: 'sig' };
}
