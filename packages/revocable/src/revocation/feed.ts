/** The port between a store and the replicas that follow it. */
import type { CutEntry } from './entry.ts';
import type { TokenProfile } from './profile.ts';

/** A place in the log of one owner: `owner.number`. Opaque to whoever carries it. */
export type Cursor = string;

/** What a replica needs: the window of one access lifetime, or everything. */
export type Hold = 'access' | 'all';

/** What becomes of a token when the replica is too old to judge it. */
export type StalePolicy = 'reject' | 'allow' | 'introspect';

/** What a replica says of itself with each probe. Nameless ones are not registered. */
export interface ReplicaReport {
  readonly name: string | undefined;
  readonly applied: Cursor | undefined;
  readonly maxStalenessMs: number;
  readonly whenStale: StalePolicy;
}

/** The primary's answer: its store's clock (ms) and the head of its log at that moment. */
export interface ProbeAnswer {
  readonly now: number;
  readonly head: Cursor;
}

export interface FeedSink {
  /** Entries in the order of the log, and the cursor behind them. */
  entries(entries: readonly CutEntry[], cursor: Cursor): void;
  /** The log cannot be continued from the cursor: load again. */
  lost(): void;
  /** A new key signs: fetch the JWK Set. */
  key(): void;
  /**
   * What the issuer declares now; a feed that is connected to anew says it again.
   * @throws {StoreError} ERR_REPLICA_STALE when it is another issuer's
   */
  profile(profile: TokenProfile): void;
}

export interface Feed {
  profile(): Promise<TokenProfile>;
  /** Every entry that counts, in pieces; resolves with a cursor taken before the first piece. */
  load(hold: Hold, take: (entries: readonly CutEntry[]) => void): Promise<Cursor>;
  /** What follows the cursor, as it comes, until the returned function is called. */
  follow(cursor: Cursor, hold: Hold, sink: FeedSink): () => void;
  probe(report: ReplicaReport): Promise<ProbeAnswer>;
  /** `pullFrom` in one question, where the feed has such a one. */
  pull?(question: Question, sink: FeedSink): Promise<Cursor | undefined>;
}

/** What follows a cursor; without one, everything. */
export interface Question {
  readonly after: Cursor | undefined;
  readonly hold: Hold;
  readonly report: ReplicaReport;
}

export const cursorOf = (owner: string, number: number): Cursor => `${owner}.${number}`;

/** Owner and number of a cursor; undefined for a text that is none. */
export function placeOf(cursor: Cursor): { readonly owner: string; readonly number: number } | undefined {
  const dot = cursor.lastIndexOf('.');
  const digits = cursor.slice(dot + 1);
  const number = Number(digits);
  const isPlace = dot > 0 && Number.isSafeInteger(number) && number >= 0 && String(number) === digits;
  return isPlace ? { owner: cursor.slice(0, dot), number } : undefined;
}

/** Whether whoever stands at `cursor` has everything up to `target`. */
export function hasReached(cursor: Cursor | undefined, target: Cursor): boolean {
  const at = cursor === undefined ? undefined : placeOf(cursor);
  const to = placeOf(target);
  return at !== undefined && to !== undefined && at.owner === to.owner && at.number >= to.number;
}
