/** The feed of the memory store: the log is its table of cuts, and whoever follows hears in the next microtask. */
import { StoreError } from '../errors.ts';
import {
  type Cursor,
  type CutEntry,
  concernsAccess,
  type Feed,
  type FeedSink,
  type Hold,
  type ProbeAnswer,
  type ReplicaReport,
  SNAPSHOT_PIECE,
  type TokenProfile,
} from '../revocation/index.ts';
import type { ReplicaRow } from '../store.ts';
import type { WallClock } from '../time.ts';
import type { MemoryTables } from './memory-state.ts';
import { positionIn } from './position.ts';
import { headOf } from './steps.ts';

/** Newest entries kept in order, so that what is new is found without a walk through the table. */
const TAIL = 4096;

export interface FeedSource {
  readonly tables: MemoryTables;
  readonly clock: WallClock;
  readonly profile: () => TokenProfile | undefined;
  readonly replicas: Map<string, ReplicaRow>;
  /** Given back, and not yet judged. */
  readonly offers: CutEntry[];
  /** Throws when the store is closed. */
  readonly guard: () => void;
  readonly changed: () => void;
}

interface Follower {
  readonly hold: Hold;
  readonly sink: FeedSink;
  position: number;
  isDue: boolean;
}

export interface MemoryFeed extends Feed {
  appended(entries: readonly CutEntry[]): void;
  keyChanged(): void;
  /** It was taken over: whoever follows loads again. */
  ownerChanged(): void;
  stop(): void;
}

export function createMemoryFeed(source: FeedSource): MemoryFeed {
  const followers = new Set<Follower>();
  const tail: CutEntry[] = [];
  const wake = (follower: Follower): void => {
    if (follower.isDue || follower.position === source.tables.ledger.head) return;
    follower.isDue = true;
    // One delivery a microtask and follower, so that what one of them throws stops no other.
    queueMicrotask(() => {
      follower.isDue = false;
      if (followers.has(follower)) deliver(source, tail, follower);
    });
  };
  return {
    async profile() {
      source.guard();
      return declaredProfile(source);
    },
    load: (hold, take) => load(source, hold, take),
    follow(cursor, hold, sink) {
      const follower = { hold, sink, position: 0, isDue: false };
      followers.add(follower);
      const position = continuedAt(source.tables, cursor);
      if (position === undefined) queueMicrotask(() => followers.delete(follower) && sink.lost());
      else {
        follower.position = position;
        wake(follower);
      }
      return () => followers.delete(follower);
    },
    probe: async report => probe(source, report),
    giveBack: async entries => giveBack(source, entries),
    appended(entries) {
      tail.push(...entries);
      if (tail.length > 2 * TAIL) tail.splice(0, tail.length - TAIL);
      followers.forEach(wake);
    },
    keyChanged() {
      for (const follower of followers) queueMicrotask(() => followers.has(follower) && follower.sink.key());
    },
    ownerChanged() {
      const lost = [...followers];
      followers.clear();
      for (const follower of lost) queueMicrotask(() => follower.sink.lost());
    },
    stop: () => followers.clear(),
  };
}

/** Where the log goes on behind a cursor; undefined where it does not. */
export const continuedAt = ({ ledger, tags }: MemoryTables, cursor: Cursor): number | undefined =>
  positionIn(ledger, cursor, number => tags.get(number));

/** Anybody may offer, so what waits is bounded. */
export const MOST_OFFERS = 100_000;

function giveBack(source: FeedSource, entries: readonly CutEntry[]): void {
  source.guard();
  source.offers.push(...entries);
  source.offers.splice(0, source.offers.length - MOST_OFFERS);
}

/** @throws {StoreError} ERR_STORE_UNAVAILABLE before an authority has said what its tokens are */
function declaredProfile({ profile }: FeedSource): TokenProfile {
  const declared = profile();
  if (declared === undefined)
    throw new StoreError(
      'ERR_STORE_UNAVAILABLE',
      'No authority has used this store yet: nothing is known of its tokens.',
    );
  return declared;
}

function deliver(source: FeedSource, tail: readonly CutEntry[], follower: Follower): void {
  const { ledger } = source.tables;
  const entries = entriesAfter(source, tail, follower.position).filter(entryFilter(source, follower.hold));
  follower.position = ledger.head;
  follower.sink.entries(entries, headOf(ledger));
}

/** Of each scope the newest: it is the whole state of the scope. */
function entriesAfter({ tables }: FeedSource, tail: readonly CutEntry[], position: number): CutEntry[] {
  const oldest = tail[0]?.number ?? Number.POSITIVE_INFINITY;
  if (oldest > position + 1) return [...tables.cuts.values()].filter(entry => entry.number > position);
  return tail.filter(entry => entry.number > position && tables.cuts.get(entry.scope) === entry);
}

function entryFilter({ profile, clock }: FeedSource, hold: Hold): (entry: CutEntry) => boolean {
  const declared = profile();
  if (hold === 'all' || declared === undefined) return () => true;
  const now = clock();
  return entry => concernsAccess(entry, now, declared.accessMaxMs + declared.leewayMs);
}

/** The cursor first: what is written meanwhile lies behind it, and `follow` brings it. */
async function load(
  source: FeedSource,
  hold: Hold,
  take: (entries: readonly CutEntry[]) => void,
): Promise<Cursor> {
  source.guard();
  const { ledger } = source.tables;
  const counts = entryFilter(source, hold);
  let piece: CutEntry[] = [];
  for (const entry of source.tables.cuts.values()) {
    if (entry.number > ledger.head) break;
    if (counts(entry)) piece.push(entry);
    if (piece.length < SNAPSHOT_PIECE) continue;
    take(piece);
    piece = [];
    await new Promise(resolve => setImmediate(resolve));
    source.guard();
  }
  take(piece);
  return headOf(ledger);
}

function probe(source: FeedSource, report: ReplicaReport): ProbeAnswer {
  source.guard();
  const now = source.clock();
  const { name, ...said } = report;
  if (name !== undefined) {
    source.replicas.set(name, { ...said, name, seenAt: now });
    source.changed();
  }
  return { now, head: headOf(source.tables.ledger) };
}
