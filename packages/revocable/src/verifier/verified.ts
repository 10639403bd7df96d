/** The proof type: only a verifier makes a `Verified`, and nothing else compiles in its place. */
import type { Claims, JoseHeader, KeyName } from '../jose/index.ts';

declare const proof: unique symbol;

/** A token that a verifier accepted, at that moment. Deeply frozen, but for a schema's output. */
export interface Verified<T = Claims> {
  readonly header: JoseHeader;
  /** The token's claims, or what the `schema` made of them. */
  readonly claims: T;
  /** The key that proved it. */
  readonly key: KeyName;
  /** The token's own claims where a `schema` made others of them; not enumerable. Scopes and cuts are judged by these. */
  readonly tokenClaims?: Claims;
  readonly [proof]: true;
}

/** Registers the type of your claims: `declare module 'revocable' { interface Register { claims: Mine } }`. */
// biome-ignore lint/suspicious/noEmptyInterface: users augment it
export interface Register {}

export type RegisteredClaims = Register extends { readonly claims: infer Mine } ? Mine : Claims;

/** What adapters put on a request. */
export interface Auth<T = RegisteredClaims> {
  readonly token: string;
  readonly header: JoseHeader;
  readonly claims: T;
  readonly key: KeyName;
  /** The claims again, under the name that other middleware uses. */
  readonly payload: T;
}

/** Internal to this room: the one place where the proof is made. */
export function verified<T>(header: JoseHeader, claims: T, key: KeyName, tokenClaims: Claims): Verified<T> {
  const result = { header, claims, key };
  if ((claims as unknown) !== tokenClaims)
    Object.defineProperty(result, 'tokenClaims', { value: tokenClaims });
  return Object.freeze(result) as Verified<T>;
}
