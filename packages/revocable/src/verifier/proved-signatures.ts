/**
 * Signatures that were proved, by the exact text of their token: never verdicts. Time, keys and cuts are judged at every call.
 * Set-associative, so that it is bounded and nothing is ever searched; only tokens that were proved get in.
 */
import { Buffer } from 'node:buffer';
import { ConfigError, refuseUnknown } from '../errors.ts';
import type { Claims, ProtectedHeader, VerificationKey } from '../jose/index.ts';
import type { Random } from '../random.ts';
import type { Verified } from './verified.ts';

/** A token whose signature holds, with its claims as they were parsed and frozen. */
export interface Proved {
  readonly protected: ProtectedHeader;
  readonly claims: Claims;
  readonly key: VerificationKey;
  /** What a verifier without a schema answers with: the same each time, once it has been judged. */
  answer: Verified<Claims> | undefined;
}

export interface CacheOptions {
  /** @default 4096 */
  readonly maxEntries?: number;
  /** Of tokens and their claims together. @default 16 MiB */
  readonly maxBytes?: number;
}

export interface ProvedSignatures {
  /** What was proved of this very text, while the keys are those of that epoch. */
  recall(token: string, epoch: number): Proved | undefined;
  remember(token: string, epoch: number, proved: Proved): void;
  readonly size: number;
  readonly bytes: number;
}

interface Entry {
  readonly token: string;
  readonly tail: Int32Array;
  readonly proved: Proved;
  readonly bytes: number;
}

const WAYS = 4;
/** 144 bits of the signature: who does not know them learns nothing from how long the rest takes to compare. */
const TAIL = 24;
/** Four characters each. */
const WORDS = TAIL / 4;
/** A token of one-byte characters, and its claims: their strings, and what objects cost. */
const BYTES_PER_CHARACTER = 4;
const BYTES_PER_ENTRY = 512;

/**
 * @throws {ConfigError} ERR_CONFIG_INVALID
 */
export function createProvedSignatures(options: true | CacheOptions, random: Random): ProvedSignatures {
  const { maxEntries, maxBytes } = limitsOf(options);
  const sets = 2 ** Math.floor(Math.log2(Math.max(1, maxEntries / WAYS)));
  const ways = Math.min(WAYS, maxEntries);
  const entries: (Entry | undefined)[] = new Array<Entry | undefined>(sets * ways).fill(undefined);
  const seed = new DataView(random.bytes(4).slice().buffer).getUint32(0);
  let [epochNow, size, bytes, hand] = [0, 0, 0, 0];
  const put = (at: number, entry: Entry | undefined): void => {
    const old = entries[at];
    bytes += (entry?.bytes ?? 0) - (old?.bytes ?? 0);
    size += (entry === undefined ? 0 : 1) - (old === undefined ? 0 : 1);
    entries[at] = entry;
  };
  /** With its key goes what the key proved. */
  const enter = (epoch: number): void => {
    if (epoch === epochNow) return;
    epochNow = epoch;
    for (let at = 0; at < entries.length; at++) put(at, undefined);
  };
  return {
    recall(token, epoch) {
      enter(epoch);
      if (token.length < TAIL) return undefined;
      readTail(token, asked);
      const start = setOf(asked, seed, sets) * ways;
      for (let at = start; at < start + ways; at++) {
        const entry = entries[at];
        if (entry !== undefined && isSame(entry.tail, asked) && entry.token === token) return entry.proved;
      }
      return undefined;
    },
    remember(token, epoch, proved) {
      enter(epoch);
      if (token.length < TAIL) return;
      const entry = entryOf(token, proved);
      if (entry.bytes > maxBytes) return;
      const start = setOf(entry.tail, seed, sets) * ways;
      put(placeIn(entries, start, ways), undefined);
      while (bytes + entry.bytes > maxBytes) {
        put(hand, undefined);
        hand = (hand + 1) % entries.length;
      }
      put(placeIn(entries, start, ways), entry);
    },
    get size() {
      return size;
    },
    get bytes() {
      return bytes;
    },
  };
}

function limitsOf(options: true | CacheOptions): Required<CacheOptions> {
  if (options === true) return { maxEntries: 4096, maxBytes: 16_777_216 };
  refuseUnknown(options, ['maxEntries', 'maxBytes'], '"cache"');
  const { maxEntries = 4096, maxBytes = 16_777_216 } = options;
  if (
    ![maxEntries, maxBytes].every(limit => Number.isSafeInteger(limit) && limit > 0) ||
    maxEntries > 1 << 24
  )
    throw new ConfigError('"maxEntries" and "maxBytes" are whole numbers above 0.');
  return { maxEntries, maxBytes };
}

/** An own copy of the text: what came may be a slice that keeps a whole request alive. */
function entryOf(token: string, proved: Proved): Entry {
  const bytes = token.length * BYTES_PER_CHARACTER + BYTES_PER_ENTRY;
  const tail = new Int32Array(WORDS);
  readTail(token, tail);
  return { token: Buffer.from(token, 'latin1').toString('latin1'), tail, proved, bytes };
}

/** The end of the signature of the token that is asked for. */
const asked = new Int32Array(WORDS);

/** The last characters of a token, so that they are read once: to find its set, and to compare it with all that are there. */
function readTail(token: string, tail: Int32Array): void {
  let at = token.length - TAIL;
  for (let word = 0; word < WORDS; word++, at += 4)
    tail[word] =
      (token.charCodeAt(at) << 24) |
      (token.charCodeAt(at + 1) << 16) |
      (token.charCodeAt(at + 2) << 8) |
      token.charCodeAt(at + 3);
}

/** With a seed that nobody knows, so that no set can be aimed at. */
function setOf(tail: Int32Array, seed: number, sets: number): number {
  let hash = seed;
  for (let word = 0; word < WORDS; word++)
    hash = Math.imul(hash ^ (tail[word] as number), 0x5bd1e995) ^ (hash >>> 13);
  return ((hash ^ (hash >>> 15)) >>> 0) & (sets - 1);
}

/** In the same time wherever they differ. */
function isSame(kept: Int32Array, tail: Int32Array): boolean {
  let difference = 0;
  for (let word = 0; word < WORDS; word++) difference |= (kept[word] as number) ^ (tail[word] as number);
  return difference === 0;
}

/** A free place of the set; else its last, after the others have moved up over the oldest. */
function placeIn(entries: (Entry | undefined)[], start: number, ways: number): number {
  for (let at = start; at < start + ways; at++) if (entries[at] === undefined) return at;
  const oldest = entries[start];
  entries.copyWithin(start, start + 1, start + ways);
  entries[start + ways - 1] = oldest;
  return start + ways - 1;
}
