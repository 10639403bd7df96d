/** Randomness as a port, and the system's own. */
import { randomBytes } from 'node:crypto';

export interface Random {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
}

export const systemRandom: Random = { bytes: count => randomBytes(count) };

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** An identifier of 128 random bits in 22 characters of the base64url alphabet. */
export function randomId(random: Random): string {
  let id = '';
  for (const byte of random.bytes(22)) id += ALPHABET[byte & 63];
  return id;
}
