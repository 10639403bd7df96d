/** The port between a store and the replicas that follow it. */
import type { CutEntry } from './entry.ts';
import type { TokenProfile } from './profile.ts';

/** A place in the log of one owner, and the random tag of the entry there: `owner.number.tag`. Opaque to whoever carries it. */
export type Cursor = string;

/** A cursor and behind it the proof of its owner, as the profile had it: `owner.number.tag.mac`. Without the proof nobody believes it. */
export type ProvedCursor = string;

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
  /** Where it stood in the log of an owner before this one: a store that knows of no such owner has lost its past. */
  readonly before?: ProvedCursor | undefined;
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

/**
 * Entries in a piece of a snapshot: whoever takes it, takes it in one go, and a thousand hold up the event loop for tens of
 * milliseconds while their code is cold.
 */
export const SNAPSHOT_PIECE = 250;

export interface Feed {
  /** @param after where its reader means to go on, for a feed that has to begin somewhere */
  profile(after?: Cursor): Promise<TokenProfile>;
  /** Every entry that counts, in pieces; resolves with a cursor taken before the first piece. */
  load(hold: Hold, take: (entries: readonly CutEntry[]) => void): Promise<Cursor>;
  /** What follows the cursor, as it comes, until the returned function is called. */
  follow(cursor: Cursor, hold: Hold, sink: FeedSink): () => void;
  probe(report: ReplicaReport): Promise<ProbeAnswer>;
  /** `pullFrom` in one question, where the feed has such a one. */
  pull?(question: Question, sink: FeedSink): Promise<Cursor | undefined>;
  /**
   * Offers entries to a store that has lost them. They are believed for their MAC, whoever brings them; what comes of it, the log
   * says.
   */
  giveBack(entries: readonly CutEntry[]): Promise<void>;
}

/** What follows a cursor; without one, everything. */
export interface Question {
  readonly after: Cursor | undefined;
  readonly hold: Hold;
  readonly report: ReplicaReport;
}

/** Where a cursor stands: whose log, behind which entry, and that entry's tag; empty at the start of a log. */
export interface Place {
  readonly owner: string;
  readonly number: number;
  readonly tag: string;
}

export const cursorOf = (owner: string, number: number, tag: string): Cursor => `${owner}.${number}.${tag}`;

/** Undefined for a text that is no cursor. */
export function placeOf(cursor: Cursor): Place | undefined {
  const [owner = '', digits = '', tag, ...more] = cursor.split('.');
  const number = Number(digits);
  const isNumber = Number.isSafeInteger(number) && number >= 0 && String(number) === digits;
  if (owner === '' || !isNumber || tag === undefined || more.length > 0) return undefined;
  return { owner, number, tag };
}

/** Whether whoever stands at `cursor` has everything up to `target`. */
export function hasReached(cursor: Cursor | undefined, target: Cursor): boolean {
  const at = cursor === undefined ? undefined : placeOf(cursor);
  const to = placeOf(target);
  if (at === undefined || to === undefined || at.owner !== to.owner) return false;
  return at.number === to.number ? at.tag === to.tag : at.number > to.number;
}
