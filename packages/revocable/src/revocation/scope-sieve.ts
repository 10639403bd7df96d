/**
 * Says of nearly every name that no cut-off has it, in a few nanoseconds: a Bloom filter, its two bits found by a few of the
 * name's characters. A bit that is not set is sure; bits that are set only mean "look it up".
 */

/** Names whose bits were set in one span of time. Older ones go as a whole, when all of them are past their end. */
export interface Generation {
  readonly bits: Uint32Array;
  readonly mask: number;
  /** Names taken in. */
  used: number;
  /** The latest arrival and end of its names: seconds, as the table counts them. */
  arrived: number;
  end: number;
}

export interface ScopeSieve {
  readonly bytes: number;
  /** False: no cut of this name has arrived. Of a user it looks at the subject alone. */
  mayHave(kind: number, name: string): boolean;
  /** @param held cuts in the table, by which a new generation is measured */
  add(kind: number, name: string, arrived: number, end: number, held: number): void;
  /** Lets generations go by the rule of the table: arrived and ended before these. Seconds. */
  forget(arrivedBefore: number, endedBefore: number): void;
  /** The hash of a text: another one for another way of hashing, whose bits say nothing here. */
  readonly proof: number;
  /** A copy, newest first. */
  image(): Generation[];
}

/** Bits for a name, of which two are set: of a full generation one lookup in twenty is made in vain. */
const ROOM = 8;
/** A new generation has room for this many times what the table holds, so that few stand side by side. */
const AHEAD = 2;
/** 128 KiB, for 131,000 names. 32 MiB, for 33 million. */
const SMALLEST = 2 ** 20;
const LARGEST = 2 ** 28;

/**
 * @param seed unpredictable, so that nobody chooses names that share a bit
 * @param image of a sieve with the same seed, which it goes on from
 */
export function createScopeSieve(seed: number, image: readonly Generation[] = []): ScopeSieve {
  let generations: Generation[] = image.map(generation => ({ ...generation }));
  return {
    get bytes() {
      return generations.reduce((sum, { bits }) => sum + bits.byteLength, 0);
    },
    mayHave(kind, name) {
      const hash = hashOf(seed, kind, name);
      for (let i = 0; i < generations.length; i++) if (isSet(generations[i] as Generation, hash)) return true;
      return false;
    },
    add(kind, name, arrived, end, held) {
      let newest = generations[0];
      if (newest === undefined || newest.used * ROOM > newest.mask) {
        newest = createGeneration(held);
        generations.unshift(newest);
      }
      set(newest, hashOf(seed, kind, name));
      newest.arrived = Math.max(newest.arrived, arrived);
      newest.end = Math.max(newest.end, end);
    },
    forget(arrivedBefore, endedBefore) {
      generations = generations.filter(({ arrived, end }) => arrived > arrivedBefore || end > endedBefore);
    },
    proof: hashOf(seed, 0, 'a text of more than eight characters'),
    image: () => generations.map(generation => ({ ...generation, bits: generation.bits.slice() })),
  };
}

function createGeneration(held: number): Generation {
  let size = SMALLEST;
  while (size < held * AHEAD * ROOM && size < LARGEST) size *= 2;
  return { bits: new Uint32Array(size / 32), mask: size - 1, used: 0, arrived: 0, end: 0 };
}

/** Eight characters at most, evenly from the whole name: of random names in base64url they tell 2^48 apart. */
function hashOf(seed: number, kind: number, name: string): number {
  const { length } = name;
  const step = 1 + ((length - 1) >>> 3);
  let hash = seed ^ Math.imul(kind + length, 0x9e37_79b1);
  for (let i = 0; i < length; i += step)
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193) ^ (hash >>> 15);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  return hash ^ (hash >>> 13);
}

const second = (hash: number): number => Math.imul(hash, 0xc2b2_ae35) ^ (hash >>> 16);

const hasBit = ({ bits, mask }: Generation, place: number): boolean =>
  ((bits[(place & mask) >>> 5] as number) & (1 << (place & 31))) !== 0;

const isSet = (generation: Generation, hash: number): boolean =>
  hasBit(generation, hash) && hasBit(generation, second(hash));

function set(generation: Generation, hash: number): void {
  if (isSet(generation, hash)) return;
  const { bits, mask } = generation;
  for (const place of [hash, second(hash)]) {
    const word = (place & mask) >>> 5;
    bits[word] = (bits[word] as number) | (1 << (place & 31));
  }
  generation.used += 1;
}
