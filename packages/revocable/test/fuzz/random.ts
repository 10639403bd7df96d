/** Randomness that a seed repeats: sfc32, one state for a whole run. */

export interface Rng {
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number;
  pick<T>(list: readonly T[]): T;
  bytes(length: number): Buffer;
}

/** The same seed gives the same numbers on every machine. */
export function createRng(seed: number): Rng {
  let a = seed | 0;
  let b = 0x9e3779b9;
  let c = 0x243f6a88;
  let count = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 15; i++) next();
  const below = (end: number): number => Math.floor((next() / 4_294_967_296) * end);
  return {
    below,
    pick: list => list[below(list.length)] as never,
    bytes: length => Buffer.from(Array.from({ length }, () => below(256))),
  };
}
