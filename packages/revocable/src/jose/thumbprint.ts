/** JWK Thumbprint with SHA-256: RFC 7638, RFC 8037 section 2, RFC 9964. */
import { createHash, type KeyObject } from 'node:crypto';
import { ConfigError } from '../errors.ts';
import { type KeyObjectLike, materialOf, type VerificationKey } from './key.ts';

/** The members that are hashed, per `kty`, in the order of their code points (RFC 7638 section 3). */
const HASHED: Readonly<Record<string, readonly string[]>> = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  AKP: ['alg', 'kty', 'pub'],
};

/** The thumbprint of a public KeyObject. */
export function thumbprintOf(handle: KeyObjectLike): string {
  const jwk = (handle as KeyObject).export({ format: 'jwk' }) as Readonly<Record<string, unknown>>;
  const members = (HASHED[String(jwk['kty'])] ?? []).map(name => [name, jwk[name]]);
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url');
}

/**
 * The RFC 7638 thumbprint of a key's public half, in base64url.
 * @throws {ConfigError} ERR_CONFIG_INVALID for a secret: its thumbprint would let anyone try guesses (RFC 7638 section 7)
 */
export function thumbprint(key: VerificationKey): string {
  const { thumbprint: value } = materialOf(key);
  if (value === undefined)
    throw new ConfigError(
      'A secret has no thumbprint here: it would let anyone who sees it try guesses of the secret.',
    );
  return value;
}
