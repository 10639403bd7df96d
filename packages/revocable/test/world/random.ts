/** Numbers from a seed: the world's only source of chance. */

export interface Chance {
  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number;
  /** True in `rate` of all cases. */
  happens(rate: number): boolean;
  pick<T>(choices: readonly T[]): T;
  bytes(count: number): Uint8Array;
}

/** sfc32, seeded by a number and a name, so that one use of chance does not move another's. */
export function createChance(seed: number, name: string): Chance {
  let a = hash(seed, name);
  let b = hash(seed, `${name} b`);
  let c = hash(seed, `${name} c`);
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return {
    below: count => Math.floor((next() / 2 ** 32) * count),
    happens: rate => next() / 2 ** 32 < rate,
    pick: choices => choices[Math.floor((next() / 2 ** 32) * choices.length)] as (typeof choices)[number],
    bytes: count => Uint8Array.from({ length: count }, () => next() & 255),
  };
}

/** FNV-1a over a number and a text, with a last stir. */
export function hash(seed: number, text: string): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  h = Math.imul(h ^ (seed >>> 16), 0x85ebca6b);
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  h ^= h >>> 12;
  return (h ^ (h >>> 15)) >>> 0;
}

/** The same number for the same words, wherever they are asked for: between 0 and 1. */
export const fate = (seed: number, words: string): number => hash(seed, words) / 2 ** 32;
