/**
 * HMAC as RFC 2104 section 2 writes it, of two hashes at one call each. `createHmac` makes an object for every MAC, which the
 * collector has to finalize: that costs more than the hashing of a usual token.
 */
import { Buffer } from 'node:buffer';
import crypto from 'node:crypto';
import type { Algorithm } from './algorithms.ts';
import { writeLatin1 } from './octets.ts';

/** A secret as HMAC uses it. As guarded as the secret: it is as good as one. */
export interface HmacKey {
  readonly hash: string;
  /** K XOR ipad: the block before the message. */
  readonly inner: Uint8Array;
  /** K XOR opad, and behind it room for the inner hash. A Buffer; declarations name no type of Node's. */
  readonly outer: Uint8Array;
}

/** Octets that a hash takes in at once: FIPS 180-4 section 1. */
const BLOCKS = { sha256: 64, sha384: 128, sha512: 128 } as const;

/** It is not in every runtime; and under FIPS 140 an HMAC has to come whole out of the validated module. */
function mayHashAtOnce(): boolean {
  return typeof crypto.hash === 'function' && crypto.getFips?.() !== 1;
}

/** A secret made ready; undefined where `createHmac` is to be used. */
export function hmacKey({ hash, signatureLength }: Algorithm, secret: Uint8Array): HmacKey | undefined {
  if (hash === null || !mayHashAtOnce()) return undefined;
  const block = BLOCKS[hash];
  const key = secret.length > block ? crypto.hash(hash, secret, 'buffer') : secret;
  const inner = new Uint8Array(block).fill(0x36);
  const outer = Buffer.alloc(block + signatureLength).fill(0x5c, 0, block);
  for (const [at, octet] of key.entries()) {
    inner[at] = 0x36 ^ octet;
    outer[at] = 0x5c ^ octet;
  }
  return { hash, inner, outer };
}

/** The MAC in base64url of a message that stands behind the key's inner block. */
export function hmacText({ hash, inner, outer }: HmacKey, message: Uint8Array): string {
  writeLatin1(outer as Buffer, crypto.hash(hash, message, 'binary'), inner.length);
  return crypto.hash(hash, outer, 'base64url');
}
