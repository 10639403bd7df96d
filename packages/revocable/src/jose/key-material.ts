/** What users hold before it is a key. */
import type { Jwk } from './jwk.ts';
import type { CryptoKeyLike, KeyObjectLike } from './key.ts';

/** A private key: PEM text (or its bytes), DER, JWK, KeyObject or CryptoKey. */
export type PrivateMaterial = string | Uint8Array | Jwk | KeyObjectLike | CryptoKeyLike;
/** A public key: PEM text (or its bytes) of a key or certificate, DER, JWK, KeyObject or CryptoKey. */
export type PublicMaterial = PrivateMaterial;

/** Octets of a secret, or a text that says how it is written. */
export type SecretMaterial =
  | Uint8Array
  | { readonly utf8: string }
  | { readonly base64url: string }
  | { readonly hex: string };

export interface KeyOptions {
  /** Key ID. @default the RFC 7638 thumbprint; a secret has none */
  readonly kid?: string;
  /** Admits a short, not an empty, secret or RSA of 1024 bits. @default false */
  readonly allowWeak?: boolean;
}
