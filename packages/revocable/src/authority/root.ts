/** The root secret and what is derived from it: it is never in the store, so neither alone can make a token. */
import { hkdfSync } from 'node:crypto';
import { ConfigError } from '../errors.ts';

/** Bytes, or text of 32 or more. */
export type RootSecret = Uint8Array | string;

/** Derived keys of one root secret. */
export interface RootKeys {
  /** To be told from others by, and taken back by, like the `kid` of a signing key; says nothing of the secret. */
  readonly name: string;
  /** MACs of refresh tokens. */
  readonly session: Uint8Array;
  /** Encrypts private keys at rest. */
  readonly seal: Uint8Array;
  /** Proofs of cut-offs. */
  readonly cut: Uint8Array;
  /** Makes nonces for DPoP proofs, so that all authorities of a store take each other's. */
  readonly nonce: Uint8Array;
}

/** The first makes, all are accepted. */
export type Roots = readonly [RootKeys, ...RootKeys[]];

const LEAST_BYTES = 32;
const NAME_LENGTH = 22;

/** @throws {ConfigError} ERR_CONFIG_INVALID when there is none or one has fewer than 32 bytes */
export function rootsFrom(secret: RootSecret | readonly RootSecret[]): Roots {
  const secrets = typeof secret === 'string' || secret instanceof Uint8Array ? [secret] : secret;
  const [first, ...others] = secrets.map(derive);
  if (first === undefined)
    throw new ConfigError('"secret" is an empty list; it needs at least one root secret.');
  return [first, ...others];
}

function derive(secret: RootSecret): RootKeys {
  const bytes = typeof secret === 'string' ? Buffer.from(secret, 'utf8') : secret;
  if (!(bytes instanceof Uint8Array) || bytes.length < LEAST_BYTES)
    throw new ConfigError(`"secret" needs ${LEAST_BYTES} bytes or more, from a random source.`);
  return {
    name: Buffer.from(expand(bytes, 'name')).toString('base64url').slice(0, NAME_LENGTH),
    session: expand(bytes, 'refresh token mac'),
    seal: expand(bytes, 'private key seal'),
    cut: expand(bytes, 'cut-off mac'),
    nonce: expand(bytes, 'dpop nonce'),
  };
}

/** RFC 5869, HKDF with SHA-256; the label keeps the purposes apart. */
function expand(secret: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, 'revocable', `revocable ${label} 1`, 32));
}
