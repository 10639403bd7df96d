/**
 * A piece of the table of cut-offs: open addressing in one typed array, 24 bytes a slot. Slots stand in the order of their hashes
 * (a slot's home grows with its hash), so a search ends at the first greater one, and a copy of a shard is a walk in order.
 */
import { INFINITE, type Plane } from './cutoff.ts';
import type { ScopeHash } from './scope-hash.ts';

/** The words of a slot. `MARK` is 0 where it is empty: seconds since the start, when the cut arrived, times 4, and its plane. */
const HIGH = 0;
const LOW = 1;
const MARK = 2;
const END = 3;
const CUT_LOW = 4;
const CUT_HIGH = 5;
const WORDS = 6;

/** Slots behind the last home; twice as many where they do not do. */
const SPILL = 24;
/** Filled to seven eighths; then an eighth is added, so that memory is never half empty. */
const FULL = 7 / 8;
const GROWTH = 9 / 8;
const SMALLEST = 16;
const HASHES = 2 ** 32;
const LATEST_ARRIVAL = 2 ** 30 - 1;

/** An end that never comes, in seconds. */
export const NEVER: number = 2 ** 32 - 1;

export interface Shard {
  words: Uint32Array;
  /** Homes; behind them lie slots for those that are pushed out. */
  capacity: number;
  used: number;
}

/** One plane of one scope: its cut (ms), when it arrived (seconds since the start), when it ends (wall, seconds). */
export interface Cutoff {
  readonly plane: Plane;
  readonly cut: number;
  readonly arrived: number;
  readonly end: number;
}

/** What a scope's planes are gathered in. */
export interface Gathered {
  a: number;
  r: number;
  s: number;
}

const NONE = new Uint32Array(WORDS);

export const createShard = (): Shard => ({ words: NONE, capacity: 0, used: 0 });

export const bytesOf = (shard: Shard): number => (shard.words === NONE ? 0 : shard.words.byteLength);

/** The cuts of a scope, by plane; returns whether there is any. */
export function gather(shard: Shard, hash: ScopeHash, into: Gathered): boolean {
  const { words } = shard;
  const low = hash[0] as number;
  const high = hash[1] as number;
  let isThere = false;
  for (let at = home(shard, high); ; at += WORDS) {
    const mark = words[at + MARK] as number;
    if (mark === 0 || (words[at + HIGH] as number) > high) return isThere;
    if (words[at + HIGH] !== high || words[at + LOW] !== low) continue;
    if (!isThere) into.a = into.r = into.s = 0;
    isThere = true;
    const cut = cutAt(words, at);
    if ((mark & 3) === 1) into.a = cut;
    else if ((mark & 3) === 2) into.r = cut;
    else into.s = cut;
  }
}

/** Merges by maximum; returns whether the cut has risen. What says nothing new keeps the time of its first arrival. */
export function raise(shard: Shard, hash: ScopeHash, cutoff: Cutoff): boolean {
  const low = hash[0] as number;
  const high = hash[1] as number;
  const plane = codeOf(cutoff.plane);
  const at = slotOf(shard, low, high, plane);
  if (at >= 0) return raiseAt(shard.words, at, cutoff);
  if (shard.used + 1 > shard.capacity * FULL) rebuild(shard, grown(shard.capacity), SPILL, keepAll);
  for (let spill = SPILL * 2; !insert(shard, low, high, cutoff); spill *= 2)
    rebuild(shard, shard.capacity, spill, keepAll);
  return true;
}

/** Drops what has been here since before `arrivedBefore` and ended before `endedBefore` (seconds); returns how many went. */
export function forget(shard: Shard, arrivedBefore: number, endedBefore: number): number {
  const isOver = (words: Uint32Array, at: number): boolean =>
    (words[at + MARK] as number) >>> 2 <= arrivedBefore && (words[at + END] as number) <= endedBefore;
  const over = countOver(shard, isOver);
  if (over === 0) return 0;
  const left = shard.used - over;
  const capacity = left === 0 ? 0 : Math.max(SMALLEST, Math.ceil(left / FULL));
  // A slot that is emptied would cut a search short: the others are put down anew, in order.
  rebuild(shard, capacity, SPILL, (words, at) => !isOver(words, at));
  return over;
}

function countOver({ words, used }: Shard, isOver: (words: Uint32Array, at: number) => boolean): number {
  let over = 0;
  for (let at = 0, left = used; left > 0; at += WORDS) {
    if (words[at + MARK] === 0) continue;
    left -= 1;
    if ((words[at + END] as number) !== NEVER && isOver(words, at)) over += 1;
  }
  return over;
}

const home = ({ capacity }: Shard, high: number): number => Math.floor((high * capacity) / HASHES) * WORDS;
const grown = (capacity: number): number => Math.max(SMALLEST, Math.ceil(capacity * GROWTH));
const keepAll = (): boolean => true;
const codeOf = (plane: Plane): number => (plane === 'a' ? 1 : plane === 'r' ? 2 : 3);
const cutAt = (words: Uint32Array, at: number): number =>
  (words[at + CUT_HIGH] as number) * HASHES + (words[at + CUT_LOW] as number);

function slotOf(shard: Shard, low: number, high: number, plane: number): number {
  const { words } = shard;
  for (let at = home(shard, high); ; at += WORDS) {
    const mark = words[at + MARK] as number;
    if (mark === 0 || (words[at + HIGH] as number) > high) return -1;
    if (words[at + HIGH] === high && words[at + LOW] === low && (mark & 3) === plane) return at;
  }
}

function raiseAt(words: Uint32Array, at: number, cutoff: Cutoff): boolean {
  const isHigher = cutoff.cut > cutAt(words, at);
  const isLonger = cutoff.end > (words[at + END] as number);
  if (isHigher) writeCut(words, at, cutoff.cut);
  if (isLonger) words[at + END] = cutoff.end;
  if (isHigher || isLonger) words[at + MARK] = markOf(cutoff);
  return isHigher;
}

function writeCut(words: Uint32Array, at: number, cut: number): void {
  words[at + CUT_LOW] = cut % HASHES;
  words[at + CUT_HIGH] = Math.floor(cut / HASHES);
}

const markOf = ({ plane, arrived }: Cutoff): number => Math.min(arrived, LATEST_ARRIVAL) * 4 + codeOf(plane);

/** Before the first slot that stands later; what is there moves up to the next empty one. False where no slot is left. */
function insert(shard: Shard, low: number, high: number, cutoff: Cutoff): boolean {
  const { words } = shard;
  let at = home(shard, high);
  while (words[at + MARK] !== 0 && (words[at + HIGH] as number) <= high) at += WORDS;
  let empty = at;
  while (empty < words.length && words[empty + MARK] !== 0) empty += WORDS;
  // The last slot stays empty: it is where every search ends.
  if (empty >= words.length - WORDS) return false;
  words.copyWithin(at + WORDS, at, empty);
  words[at + HIGH] = high;
  words[at + LOW] = low;
  words[at + MARK] = markOf(cutoff);
  words[at + END] = cutoff.end;
  writeCut(words, at, cutoff.cut);
  shard.used += 1;
  return true;
}

type Keeps = (words: Uint32Array, at: number) => boolean;

/** Puts down in order what is kept, in an array of that capacity. */
function rebuild(shard: Shard, capacity: number, spill: number, keeps: Keeps): void {
  const before = shard.words;
  const words = capacity === 0 ? NONE : new Uint32Array((capacity + spill) * WORDS);
  let used = 0;
  let next = 0;
  for (let at = 0, left = shard.used; left > 0; at += WORDS) {
    if (before[at + MARK] === 0) continue;
    left -= 1;
    if (!keeps(before, at)) continue;
    const to = Math.max(next, Math.floor(((before[at + HIGH] as number) * capacity) / HASHES) * WORDS);
    if (to >= words.length - WORDS) {
      rebuild(shard, capacity, spill * 2, keeps);
      return;
    }
    for (let word = 0; word < WORDS; word++) words[to + word] = before[at + word] as number;
    next = to + WORDS;
    used += 1;
  }
  shard.words = words;
  shard.capacity = capacity;
  shard.used = used;
}

/** A whole second that is not before this time. Milliseconds. */
export const secondsUp = (ms: number): number =>
  ms >= INFINITE ? NEVER : Math.min(Math.ceil(ms / 1000), NEVER);
