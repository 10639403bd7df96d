/** What a replica holds: the cuts of each scope, merged by maximum, in about 30 bytes each, and found in nanoseconds. */
import { type Random, systemRandom } from '../random.ts';
import { type Cuts, INFINITE, merge, NO_CUTS, PLANES, type Plane, type Stamps } from './cutoff.ts';
import {
  bytesOf,
  createShard,
  forget,
  type Gathered,
  gather,
  NEVER,
  raise,
  type Shard,
  secondsUp,
} from './cutoff-shard.ts';
import { namesIn, type Scope, scopeKind } from './scope.ts';
import { createScopeHasher, type ScopeHash, type ScopeHasher } from './scope-hash.ts';
import { createScopeSieve, type Generation, type ScopeSieve } from './scope-sieve.ts';

/** The cuts of a scope, when they arrived (monotonic), and the time from which on they may go (wall). Milliseconds. */
export interface Arrival extends Cuts {
  readonly scope: Scope;
  readonly arrived: number;
  readonly end: number;
}

export interface CutoffTable {
  /** Cuts held: one for each plane of a scope. */
  readonly size: number;
  readonly bytes: number;
  get(scope: Scope): Cuts | undefined;
  /** The same without allocating: what it returns is good until the next call. No second name is `''`. */
  find(kind: string, first: string, second: string): Cuts | undefined;
  /** Whether a cut of everyone, a tenant, a client or a user can concern this token at all. */
  reachesWide(token: Stamps): boolean;
  /** Returns whether anything a token is judged by has changed. */
  put(arrival: Arrival): boolean;
  /** Drops what arrived before the one and ended before the other (ms). One call looks at a part of the table. */
  forget(arrivedBefore: number, endedBefore: number): number;
  /**
   * A copy of all of it, taken piece by piece with a breath between: what was put before it began is in it, what is put meanwhile
   * may be. `now` is asked at its end, a monotonic clock (ms).
   */
  image(now: () => number, breathe: () => Promise<void>): Promise<TableImage>;
  /** Becomes what an image shows, whatever it held before; how long a cut has been held goes on from there. */
  become(image: TableImage, now: number): void;
}

/** A table as it can be kept in a file and go on later, in another process. */
export interface TableImage {
  /** Of hash and sieve. Whoever knows it can choose names that collide. */
  readonly seed: readonly number[];
  /** What this version's hashes make of a text. */
  readonly proof: readonly number[];
  /** Since the first arrival, ms of a monotonic clock. */
  readonly elapsed: number;
  readonly keys: readonly (readonly [kid: string, cuts: Cuts])[];
  readonly newest: Cuts;
  readonly forever: Cuts;
  readonly shards: readonly Readonly<Shard>[];
  readonly sieve: readonly Readonly<Generation>[];
}

/** Growing or clearing copies one shard, a thousandth of the table. A power of two. */
const SHARDS = 1024;
/** What one call of `forget` walks through at most: under a millisecond. */
const FORGET_AT_ONCE = 131_072;

interface Table {
  shards: readonly Shard[];
  seed: Uint8Array;
  hasher: ScopeHasher;
  readonly hash: ScopeHash;
  readonly found: Gathered;
  /** Keys are few, looked up for every token, and held for ever. */
  keys: Map<string, Cuts>;
  /** Of everyone, tenants, clients and users, by plane. Infinite cuts stand apart: they would end the shortcut of the others. */
  newest: Gathered;
  forever: Gathered;
  /** What never came is not looked up. */
  sieve: ScopeSieve;
  size: number;
  /** The monotonic time that seconds are counted from. */
  origin: number | undefined;
  /** The shard where the next clearing goes on. */
  next: number;
}

export function createCutoffTable(random: Random = systemRandom): CutoffTable {
  const seed = random.bytes(12);
  const table: Table = {
    shards: Array.from({ length: SHARDS }, createShard),
    seed,
    hasher: createScopeHasher(seed),
    hash: new Uint32Array(2),
    found: { a: 0, r: 0, s: 0 },
    keys: new Map(),
    newest: { a: 0, r: 0, s: 0 },
    forever: { a: 0, r: 0, s: 0 },
    sieve: sieveFrom(seed),
    size: 0,
    origin: undefined,
    next: 0,
  };
  return {
    get size() {
      return table.size;
    },
    get bytes() {
      return table.shards.reduce((sum, shard) => sum + bytesOf(shard), table.sieve.bytes);
    },
    get: scope => get(table, scope),
    find: (kind, first, second) => find(table, kind, first, second),
    reachesWide: token => reachesWide(table, token),
    put: arrival => put(table, arrival),
    forget: (arrivedBefore, endedBefore) => forgetSome(table, arrivedBefore, endedBefore),
    image: (now, breathe) => imageOf(table, now, breathe),
    become: (image, now) => become(table, image, now),
  };
}

/** The hash takes the first 8 bytes of the seed, the sieve the last 4. */
const sieveFrom = (seed: Uint8Array, image?: TableImage['sieve']): ScopeSieve =>
  createScopeSieve(new DataView(seed.buffer, seed.byteOffset).getInt32(8), image);

function proofOf(seed: Uint8Array): number[] {
  const hash = new Uint32Array(2);
  createScopeHasher(seed)('u', 'a tenant', 'a subject', hash);
  return [...hash, sieveFrom(seed).proof];
}

/** Whether an image was made by the same hashes: what another version has put down would not be found here. */
export const isFindable = ({ seed, proof }: Pick<TableImage, 'seed' | 'proof'>): boolean =>
  proofOf(Uint8Array.from(seed)).every((word, at) => word === proof[at]);

/** Shards copied without a breath: a few hundred kilobytes of a million cuts. */
const COPIED_AT_ONCE = 16;

async function imageOf(table: Table, now: () => number, breathe: () => Promise<void>): Promise<TableImage> {
  const shards: Shard[] = [];
  for (const shard of table.shards) {
    shards.push({ ...shard, words: shard.words.slice() });
    if (shards.length % COPIED_AT_ONCE === 0) await breathe();
  }
  // After the shards: what says that a cut need not be looked for has to know of each that they have.
  const { newest, forever, keys, seed, origin, sieve } = table;
  return {
    seed: [...seed],
    proof: proofOf(seed),
    elapsed: origin === undefined ? 0 : now() - origin,
    keys: [...keys],
    newest: { ...newest },
    forever: { ...forever },
    shards,
    sieve: sieve.image(),
  };
}

function become(table: Table, image: TableImage, now: number): void {
  const seed = Uint8Array.from(image.seed);
  table.seed = seed;
  table.hasher = createScopeHasher(seed);
  table.sieve = sieveFrom(seed, image.sieve);
  table.shards = image.shards.map(shard => (shard.used === 0 ? createShard() : { ...shard }));
  table.keys = new Map(image.keys);
  table.newest = { ...image.newest };
  table.forever = { ...image.forever };
  table.size = sizeOf(table);
  table.origin = now - image.elapsed;
  table.next = 0;
}

function sizeOf({ shards, keys }: Table): number {
  let size = 0;
  for (const { used } of shards) size += used;
  for (const cuts of keys.values()) for (const plane of PLANES) if (cuts[plane] > 0) size += 1;
  return size;
}

function get(table: Table, scope: Scope): Cuts | undefined {
  const cuts = find(table, scopeKind(scope), ...namesIn(scope));
  return cuts === undefined ? undefined : { a: cuts.a, r: cuts.r, s: cuts.s };
}

function find(table: Table, kind: string, first: string, second: string): Cuts | undefined {
  if (kind === 'k') return table.keys.size === 0 ? undefined : table.keys.get(first);
  if (!table.sieve.mayHave(kind.charCodeAt(0), sifted(kind, first, second))) return undefined;
  const { hash, found } = table;
  table.hasher(kind, first, second, hash);
  return gather(shardOf(table, hash), hash, found) ? found : undefined;
}

/** The name that tells scopes of a kind apart best: of a user the subject. */
const sifted = (kind: string, first: string, second: string): string => (kind === 'u' ? second : first);

/** The low half chooses the shard, the high half the place in it. */
const shardOf = ({ shards }: Table, hash: ScopeHash): Shard =>
  shards[(hash[0] as number) & (SHARDS - 1)] as Shard;

function reachesWide({ newest, forever }: Table, token: Stamps): boolean {
  const { modifiedAt, refreshModifiedAt } = token;
  if (refreshModifiedAt < newest.s || refreshModifiedAt < forever.s) return true;
  return token.kind === 'access'
    ? modifiedAt < newest.a || modifiedAt < forever.a
    : refreshModifiedAt < newest.r || refreshModifiedAt < forever.r;
}

function put(table: Table, arrival: Arrival): boolean {
  const kind = scopeKind(arrival.scope);
  const [first, second] = namesIn(arrival.scope);
  if (kind === 'k') return putKey(table, first, arrival);
  table.origin ??= arrival.arrived;
  const arrived = Math.max(0, Math.ceil((arrival.arrived - table.origin) / 1000));
  const end = secondsUp(arrival.end);
  table.sieve.add(kind.charCodeAt(0), sifted(kind, first, second), arrived, end, table.size);
  table.hasher(kind, first, second, table.hash);
  const shard = shardOf(table, table.hash);
  const used = shard.used;
  let hasRisen = false;
  for (const plane of PLANES) {
    const cut = arrival[plane];
    if (cut === 0) continue;
    if (raise(shard, table.hash, { plane, cut, arrived, end })) hasRisen = true;
    if ('gtcu'.includes(kind)) note(table, plane, cut);
  }
  table.size += shard.used - used;
  return hasRisen;
}

function note({ newest, forever }: Table, plane: Plane, cut: number): void {
  if (cut === INFINITE) forever[plane] = cut;
  else if (cut > newest[plane]) newest[plane] = cut;
}

function putKey(table: Table, kid: string, arrival: Arrival): boolean {
  const before = table.keys.get(kid) ?? NO_CUTS;
  const after = merge(before, arrival);
  for (const plane of PLANES) if (before[plane] === 0 && after[plane] > 0) table.size += 1;
  const hasRisen = PLANES.some(plane => after[plane] > before[plane]);
  if (hasRisen) table.keys.set(kid, after);
  return hasRisen;
}

/** Some shards a call, and around again. */
function forgetSome(table: Table, arrivedBefore: number, endedBefore: number): number {
  if (table.origin === undefined) return 0;
  const arrived = Math.floor((arrivedBefore - table.origin) / 1000);
  const ended = Math.min(Math.floor(endedBefore / 1000), NEVER - 1);
  if (arrived < 0) return 0;
  let forgotten = 0;
  for (let shards = 0, slots = 0; shards < SHARDS && slots < FORGET_AT_ONCE; shards++) {
    const shard = table.shards[table.next] as Shard;
    table.next = (table.next + 1) % SHARDS;
    slots += shard.capacity;
    forgotten += forget(shard, arrived, ended);
  }
  table.size -= forgotten;
  table.sieve.forget(arrived, ended);
  return forgotten;
}
