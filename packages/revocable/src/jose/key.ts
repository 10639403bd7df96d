/** A key: a value bound to one algorithm, never a guess (RFC 8725 section 3.1). What it is made of stays inside. */
import { ConfigError } from '../errors.ts';
import type { Alg, Algorithm } from './algorithms.ts';
import type { HmacKey } from './hmac.ts';

declare const keyBrand: unique symbol;

export type KeyKind = 'secret' | 'private' | 'public' | 'external';

/** Any key that can check a signature: all of them. A literal of this shape does not compile in its place. */
export interface VerificationKey {
  readonly type: KeyKind;
  readonly alg: Alg;
  /** Given, or the RFC 7638 thumbprint; a secret has none unless given. */
  readonly kid: string | undefined;
  readonly [keyBrand]: true;
}

/** A key that signs at hand: a secret or a private key. */
export interface SigningKey extends VerificationKey {
  readonly type: 'secret' | 'private';
}

/** A key that only checks. */
export interface PublicKey extends VerificationKey {
  readonly type: 'public';
}

/** A key whose private half lies elsewhere (KMS, HSM): it checks at hand and signs by promise. */
export interface ExternalKey extends VerificationKey {
  readonly type: 'external';
}

/** What this library needs of a `KeyObject` of node:crypto; written out so that its types need no `@types/node`. */
export interface KeyObjectLike {
  readonly type: 'secret' | 'public' | 'private';
  readonly asymmetricKeyType?: string | undefined;
}

/** What this library needs of a Web Cryptography `CryptoKey`. */
export interface CryptoKeyLike {
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: { readonly name: string };
  readonly usages: readonly string[];
}

/** Signs `data` where the private half lies; returns raw or DER octets. */
export type ExternalSign = (data: Uint8Array) => Promise<Uint8Array>;

/** The key as verified results name it. The thumbprint is there but not enumerable, for the cut-off of a key. */
export interface KeyName {
  readonly kid: string | undefined;
  readonly alg: Alg;
  readonly thumbprint?: string | undefined;
}

/** What a key is made of. Never leaves the library. */
export interface Material {
  readonly algorithm: Algorithm;
  /** Exact octets of a signature by this key. */
  readonly signatureLength: number;
  /** The secret or private half; undefined where there is none or `key_ops` forbids it. */
  readonly signing: KeyObjectLike | undefined;
  /** The secret or public half; undefined where `key_ops` forbids it. */
  readonly verifying: KeyObjectLike | undefined;
  /** A secret made ready for HMAC; undefined for other keys, and where `createHmac` is to be used. */
  readonly hmac: HmacKey | undefined;
  readonly external: ExternalSign | undefined;
  /** True where nobody gave the `kid`: it then refuses no token. */
  readonly kidDefaulted: boolean;
  readonly thumbprint: string | undefined;
  readonly name: KeyName;
}

export interface KeyParts {
  readonly type: KeyKind;
  readonly algorithm: Algorithm;
  readonly kid: string | undefined;
  readonly thumbprint: string | undefined;
  readonly signatureLength: number;
  readonly signing?: KeyObjectLike | undefined;
  readonly verifying?: KeyObjectLike | undefined;
  readonly hmac?: HmacKey | undefined;
  readonly external?: ExternalSign | undefined;
}

/** Private fields keep the material out of logs, `JSON.stringify` and the debugger's first line. */
class Key {
  readonly type: KeyKind;
  readonly alg: Alg;
  readonly kid: string | undefined;
  readonly #material: Material;

  constructor(parts: KeyParts) {
    this.type = parts.type;
    this.alg = parts.algorithm.name;
    this.kid = parts.kid ?? parts.thumbprint;
    this.#material = {
      algorithm: parts.algorithm,
      signatureLength: parts.signatureLength,
      signing: parts.signing,
      verifying: parts.verifying,
      hmac: parts.hmac,
      external: parts.external,
      kidDefaulted: parts.kid === undefined,
      thumbprint: parts.thumbprint,
      name: nameOf(this.kid, this.alg, parts.thumbprint),
    };
    Object.freeze(this);
  }

  static material(key: unknown): Material | undefined {
    return typeof key === 'object' && key !== null && #material in key ? key.#material : undefined;
  }
}

function nameOf(kid: string | undefined, alg: Alg, thumbprint: string | undefined): KeyName {
  return Object.freeze(Object.defineProperty({ kid, alg }, 'thumbprint', { value: thumbprint }));
}

export function makeKey<T extends VerificationKey>(parts: KeyParts & { readonly type: T['type'] }): T {
  return new Key(parts) as unknown as T;
}

/** True for every key that a function of this library made. */
export function isKey(value: unknown): value is VerificationKey {
  return Key.material(value) !== undefined;
}

/**
 * What the key is made of.
 * @throws {ConfigError} ERR_CONFIG_INVALID for anything that this library did not make
 */
export function materialOf(key: VerificationKey): Material {
  const material = Key.material(key);
  if (material === undefined)
    throw new ConfigError(
      'A key is made by secretKey, privateKey, publicKey, externalKey, importJwk or generateKey; text and bytes alone do not say their algorithm.',
    );
  return material;
}
