/** What a replica knows: the cut-offs of one issuer, up to a cursor, and how old that is. */
import { StoreError } from '../errors.ts';
import type { Clock } from '../time.ts';
import { INFINITE } from './cutoff.ts';
import { type CutoffTable, createCutoffTable } from './cutoff-table.ts';
import type { CutEntry } from './entry.ts';
import { type Cursor, type Hold, type ProvedCursor, placeOf } from './feed.ts';
import { createFreshness, type Freshness } from './freshness.ts';
import { createHealer, type Healer } from './healer.ts';
import type { TokenProfile } from './profile.ts';
import { scopeKind } from './scope.ts';

export type RevokedListener = (entry: CutEntry) => void;

export interface Knowledge {
  readonly clock: Clock;
  readonly hold: Hold;
  readonly table: CutoffTable;
  readonly freshness: Freshness;
  /** Of those who hold all: the entries themselves. */
  readonly healer: Healer | undefined;
  readonly listeners: Set<RevokedListener>;
  /** The feed lies in this process and cannot be apart from its store. */
  readonly neverStale: boolean;
  profile: TokenProfile | undefined;
  cursor: Cursor | undefined;
  /** Where it stood in the log of an owner before this one. */
  before: ProvedCursor | undefined;
  /** Owners whose logs it has followed, with their proofs; the newest few. */
  readonly owners: Map<string, string>;
  /** The store's clock, as the newest answer to a probe had it. */
  storeNow: number;
  /** A whole snapshot has been taken. */
  isLoaded: boolean;
  /** The longest retention ever declared: a maximum that is lowered counts until it has passed. Milliseconds. */
  keepMs: number;
}

export function createKnowledge(clock: Clock, hold: Hold, neverStale: boolean): Knowledge {
  return {
    clock,
    hold,
    neverStale,
    table: createCutoffTable(),
    freshness: createFreshness(clock),
    healer: hold === 'all' ? createHealer() : undefined,
    listeners: new Set(),
    profile: undefined,
    cursor: undefined,
    before: undefined,
    owners: new Map(),
    storeNow: 0,
    isLoaded: false,
    keepMs: 0,
  };
}

/** It has had a whole snapshot and an answered probe: before, no policy judges a token by it. */
export function isReady({ isLoaded, neverStale, freshness }: Knowledge): boolean {
  return isLoaded && (neverStale || freshness.isKnown);
}

/** Milliseconds; infinite before it has a snapshot and an answered probe. */
export function ageOf(knowledge: Knowledge, wallMs: number = knowledge.clock.wall()): number {
  if (!knowledge.isLoaded) return Number.POSITIVE_INFINITY;
  return knowledge.neverStale ? 0 : knowledge.freshness.age(wallMs);
}

/**
 * Maxima may change, the issuer may not: its cuts would be mixed with another's.
 * @throws {StoreError} ERR_REPLICA_STALE
 */
export function accept(knowledge: Knowledge, profile: TokenProfile): void {
  if (knowledge.profile !== undefined && knowledge.profile.issuer !== profile.issuer)
    throw new StoreError('ERR_REPLICA_STALE', 'The feed has become that of another issuer.');
  knowledge.profile = profile;
  noteProof(knowledge, profile);
  const longest = knowledge.hold === 'access' ? profile.accessMaxMs : profile.refreshMaxMs;
  knowledge.keepMs = Math.max(knowledge.keepMs, longest + profile.leewayMs);
}

/** Entries of the feed. */
export function take(knowledge: Knowledge, entries: readonly CutEntry[]): void {
  knowledge.healer?.take(entries);
  count(knowledge, entries);
}

/** Entries that were kept elsewhere: they count, and the store has yet to show that it knows them. */
export function remember(knowledge: Knowledge, entries: readonly CutEntry[]): void {
  knowledge.healer?.remember(entries);
  count(knowledge, entries);
}

/** Entries count first, then the listeners hear of them, and only then may a probe say that they were applied. */
function count(knowledge: Knowledge, entries: readonly CutEntry[]): void {
  if (entries.length === 0) return;
  const arrived = knowledge.clock.monotonic();
  for (const entry of entries) {
    const { scope, a, s } = entry;
    const holds = knowledge.hold === 'all';
    const end = scopeKind(scope) === 'k' ? INFINITE : holds ? entry.expires : entry.at;
    // An access token is never judged by plane `r`.
    if (!knowledge.table.put({ scope, a, r: holds ? entry.r : 0, s, arrived, end })) continue;
    for (const listener of knowledge.listeners) tell(listener, entry);
  }
}

const OWNERS_KEPT = 4;

/** What a profile proves of its owner. */
export function noteProof({ owners }: Knowledge, { ownerProof = '' }: TokenProfile): void {
  const [owner = '', mac = ''] = ownerProof.split('.');
  if (mac === '') return;
  owners.delete(owner);
  owners.set(owner, mac);
  const [oldest] = owners.keys();
  if (owners.size > OWNERS_KEPT && oldest !== undefined) owners.delete(oldest);
}

/** Whether the profile is still that of the owner before: it is declared anew soon. */
export function isOfOwnerBefore({ profile, cursor }: Knowledge): boolean {
  if (profile?.ownerProof === undefined || cursor === undefined) return false;
  return profile.ownerProof.split('.')[0] !== placeOf(cursor)?.owner;
}

/** A store that opened itself as if it were new learns from the cursor of before that somebody remembers another. */
export function noteOwner(knowledge: Knowledge, stood: Cursor | undefined, next: Cursor): void {
  const owner = stood === undefined ? undefined : placeOf(stood)?.owner;
  if (owner === undefined || owner === placeOf(next)?.owner) return;
  const mac = knowledge.owners.get(owner);
  if (mac !== undefined) knowledge.before = `${stood}.${mac}`;
}

/** A listener that throws fails by itself: it keeps no cut from counting. */
export function tell<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** An entry goes when it has been here for its retention and the wall clock is past its end: both clocks must agree. */
export function forgetOld(knowledge: Knowledge): void {
  const { clock, hold, keepMs, table, storeNow } = knowledge;
  knowledge.healer?.forget({ store: storeNow, caller: clock.wall() });
  if (keepMs === 0) return;
  // Held for access tokens, an entry ends one access lifetime after it was written; else at the end that it names.
  table.forget(clock.monotonic() - keepMs, hold === 'access' ? clock.wall() - keepMs : clock.wall());
}
