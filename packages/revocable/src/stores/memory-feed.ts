/** The feed of the memory store: the log is its table of cuts, and whoever follows hears in the next microtask. */
import { StoreError } from '../errors.ts';
import {
  type Cursor,
  type CutEntry,
  concernsAccess,
  cursorOf,
  type Feed,
  type FeedSink,
  type Hold,
  type ProbeAnswer,
  type ReplicaReport,
  type TokenProfile,
} from '../revocation/index.ts';
import type { ReplicaRow } from '../store.ts';
import type { WallClock } from '../time.ts';
import type { MemoryTables } from './memory-state.ts';
import { positionIn } from './position.ts';

/** Entries a piece of a snapshot holds. */
const PIECE = 1000;
/** Newest entries kept in order, so that what is new is found without a walk through the table. */
const TAIL = 4096;

export interface FeedSource {
  readonly tables: MemoryTables;
  readonly clock: WallClock;
  readonly profile: () => TokenProfile | undefined;
  readonly replicas: Map<string, ReplicaRow>;
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
      const position = positionIn(source.tables.ledger, cursor);
      if (position === undefined) queueMicrotask(() => followers.delete(follower) && sink.lost());
      else {
        follower.position = position;
        wake(follower);
      }
      return () => followers.delete(follower);
    },
    probe: async report => probe(source, report),
    appended(entries) {
      tail.push(...entries);
      if (tail.length > 2 * TAIL) tail.splice(0, tail.length - TAIL);
      followers.forEach(wake);
    },
    keyChanged() {
      for (const follower of followers) queueMicrotask(() => followers.has(follower) && follower.sink.key());
    },
    stop: () => followers.clear(),
  };
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
  const { owner, head } = source.tables.ledger;
  const entries = entriesAfter(source, tail, follower.position).filter(entryFilter(source, follower.hold));
  follower.position = head;
  follower.sink.entries(entries, cursorOf(owner, head));
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
  const { owner, head } = source.tables.ledger;
  const counts = entryFilter(source, hold);
  let piece: CutEntry[] = [];
  for (const entry of source.tables.cuts.values()) {
    if (entry.number > head) break;
    if (counts(entry)) piece.push(entry);
    if (piece.length < PIECE) continue;
    take(piece);
    piece = [];
    await new Promise(resolve => setImmediate(resolve));
    source.guard();
  }
  take(piece);
  return cursorOf(owner, head);
}

function probe(source: FeedSource, { name, applied, maxStalenessMs, whenStale }: ReplicaReport): ProbeAnswer {
  source.guard();
  const now = source.clock();
  const { owner, head } = source.tables.ledger;
  if (name !== undefined) {
    source.replicas.set(name, { name, applied, seenAt: now, maxStalenessMs, whenStale });
    source.changed();
  }
  return { now, head: cursorOf(owner, head) };
}
