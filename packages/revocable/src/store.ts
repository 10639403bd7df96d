/** The port of an authority's state. Each method is one atomic step over cuts, sessions and keys. All times in milliseconds. */
import type { RingKey } from './keys/index.ts';
import type { Audit, Records } from './records.ts';
import type {
  Begun,
  Cursor,
  CutEntry,
  Feed,
  Lifetimes,
  Plane,
  ProvedCursor,
  Prover,
  Refusal,
  Scope,
  StalePolicy,
  StepRefusal,
  TokenProfile,
} from './revocation/index.ts';
import type { SessionRow, Verdict } from './sessions/index.ts';

/** Where a login or refresh begins, and the time there. */
export interface Beginning extends Begun {
  readonly now: number;
  /** When the owner took the store over, by its own clock; 0 of a first start. */
  readonly since: number;
}

/** A session as the authority asks for it; the step adds its stamps. */
export type NewSession = Omit<SessionRow, 'login' | 'created' | 'used' | 'expires' | 'p' | 'c' | 'at'> & {
  readonly lifeMs: number;
};

export interface IssueStep {
  readonly tenant: string;
  readonly subject: string;
  readonly client: string;
  /** Without one, an access token alone. */
  readonly session?: NewSession;
  readonly begun: Begun;
  /** The authority's own clock. */
  readonly caller: number;
  readonly lives: Lifetimes;
}

export interface Refused {
  readonly refused: StepRefusal | 'revoked' | 'expired' | 'gone' | 'reused';
  readonly refusal?: Refusal;
  /** Closed, and empty of what somebody remembers of it: heal before you take over. */
  readonly lost?: boolean;
  /** What the step itself wrote: the end of a family that two held. */
  readonly wrote?: readonly CutEntry[];
}

export interface Issued {
  readonly now: number;
  /** `modified_at` and `refresh_modified_at`. */
  readonly stamp: number;
  readonly login: number;
  readonly session?: SessionRow;
  /** Sessions that ended to keep the user within the limit. */
  readonly wrote?: readonly CutEntry[];
}

export interface RefreshStep {
  readonly session: string;
  readonly generation: number;
  /** Its row as it was read to prove the token: a store may begin with it, and must not trust it. */
  readonly seen?: SessionRow;
  /** The key that proved the token: a cut of it refuses like one of the session. */
  readonly provedBy?: Scope;
  /** Before the claims were looked up. Without it nothing was: the step is its own beginning. */
  readonly begun?: Begun;
  readonly caller: number;
  readonly lives: Lifetimes;
  /** Replaces what the session keeps. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface Refreshed {
  readonly now: number;
  readonly stamp: number;
  readonly verdict: Verdict;
  readonly session: SessionRow;
}

/** One thing to take back. `users`: a scope whose stamps are those of one user. */
export type CutOrder =
  | { readonly kind: 'finite'; readonly scope: Scope; readonly plane: Plane; readonly user?: Scope }
  | { readonly kind: 'forever'; readonly scope: Scope; readonly plane: Plane; readonly tokenExpires?: number }
  | { readonly kind: 'session'; readonly session: string; readonly plane: Plane }
  | { readonly kind: 'others'; readonly session: string };

export interface RevokeStep {
  readonly orders: readonly CutOrder[];
  readonly caller: number;
  readonly lives: Lifetimes;
}

export interface Revoked {
  /** The highest cut of the step. */
  readonly cutoff: number;
  readonly cursor: Cursor;
  readonly wrote: readonly CutEntry[];
  /** Sessions that ended, where the orders name sessions. */
  readonly ended: number;
}

/** Cut-offs that somebody still has, their MACs verified. */
export interface HealStep {
  readonly entries: readonly CutEntry[];
  /** The authority's own clock: what is past its end by both clocks is passed over. */
  readonly caller: number;
}

/** What a step appended to the log. */
export interface Appended {
  readonly cursor: Cursor;
  readonly wrote: readonly CutEntry[];
}

/** Entries that followers have offered, not yet verified, and how far they were read. */
export interface Offers {
  readonly entries: readonly CutEntry[];
  readonly place: string;
}

/** A signing key as it is kept: public half in the open, private half sealed. */
export interface KeyRow extends RingKey {
  readonly alg: string;
  /** The private JWK, encrypted under the root secret; base64url. */
  readonly sealed: string;
  /** The public JWK as JSON; empty for a shared secret. */
  readonly publicJwk: string;
}

/** All keys, and a number that changes with them, so that two authorities cannot both rotate. */
export interface KeyShelf {
  readonly revision: number;
  readonly rows: readonly KeyRow[];
}

/** Whom sessions are listed or counted for. */
export type SessionFilter =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'tenant'; readonly tenant: string }
  | { readonly kind: 'client'; readonly client: string }
  | { readonly kind: 'user'; readonly tenant: string; readonly subject: string }
  | { readonly kind: 'session'; readonly session: string };

export interface SessionCount {
  readonly sessions: number;
  readonly devices: number;
  readonly subjects: number;
}

/** An authority's own revocations, in a folder of this machine. */
export interface Journal {
  /** Under which owner the newest of them was written; undefined while there is none. */
  readonly owner: string | undefined;
  /** What was there when it was opened, but for what is past its end. */
  entries(): readonly CutEntry[];
  /**
   * On the disk when it resolves.
   * @throws {StoreError} ERR_STORE_UNAVAILABLE
   */
  append(owner: string, entries: readonly CutEntry[]): Promise<void>;
  close(): Promise<void>;
}

/** A named follower, as its newest probe described it. */
export interface ReplicaRow {
  readonly name: string;
  readonly applied: Cursor | undefined;
  readonly seenAt: number;
  readonly maxStalenessMs: number;
  readonly whenStale: StalePolicy;
  /** Where it stood in the log of an owner before. */
  readonly before?: ProvedCursor | undefined;
}

/**
 * `eviction`: it may drop what it holds when its memory is full. `replicas`: copies of it do not keep up, so that it refuses to
 * write, or a failover may lose what was written.
 */
export interface StoreAlarm {
  readonly alarm: 'eviction' | 'replicas';
  /** For an operator; it names the store without a password. */
  readonly message: string;
}

export interface Store {
  readonly kind: 'memory' | 'file' | 'redis';
  /** What it was opened with, without a password. */
  readonly location: string;

  begin(): Promise<Beginning | Refused>;
  issue(step: IssueStep): Promise<Issued | Refused>;
  refresh(step: RefreshStep): Promise<Refreshed | Refused>;
  /** Durable before it resolves. */
  revoke(step: RevokeStep): Promise<Revoked | Refused>;
  /**
   * Raises the floor and opens a store whose server has changed, or that lost its past. Does nothing to an open one. Cut-offs that
   * it may lack are healed before.
   * @param caller the authority's own clock: the floor lies above both, for what a lost tail gave lies below one that is right
   */
  takeover(caller: number): Promise<{ readonly tookOver: boolean }>;
  /**
   * Somebody remembers entries of the store under that owner: one that opened itself as if it were new has lost its past, and is
   * closed until it is taken over.
   */
  remember(owner: string): Promise<{ readonly lost: boolean }>;
  /**
   * Lets the steps prove what they write, where the store runs them in this process: with Redis they run elsewhere, where no key
   * belongs, and the authority adds the proofs.
   */
  proveWith(prover: Prover): Promise<void>;
  /** Adds MACs, each where the state of its scope is still exactly the one that it proves; to a closed store none. */
  vouch(entries: readonly CutEntry[]): Promise<Appended>;
  /** Entries without a MAC, at most `limit`: their authority died before it could add them. */
  unproved(limit: number): Promise<CutEntry[]>;
  /** Merges entries by maximum, a few hundred a call; their ends are taken as they are. A closed store is healed too. */
  heal(step: HealStep): Promise<Appended>;
  /** What followers have given back through `feed`. */
  offers(): Promise<Offers>;
  dropOffers(place: string): Promise<void>;
  /** Whether the log can be continued from a cursor. */
  continues(cursor: Cursor): Promise<boolean>;

  session(id: string): Promise<SessionRow | undefined>;
  /** Those that are neither over nor cut off, newest use first. */
  sessions(filter: SessionFilter, limit?: number): Promise<SessionRow[]>;
  count(filter: SessionFilter): Promise<SessionCount>;
  /** How many cuts are held. */
  cuts(): Promise<number>;

  keys(): Promise<KeyShelf>;
  /** False when the shelf has changed since that revision. */
  putKeys(revision: number, rows: readonly KeyRow[]): Promise<boolean>;

  /** What this issuer's tokens are; undefined before an authority has declared it. */
  profile(): Promise<TokenProfile | undefined>;
  declare(profile: TokenProfile): Promise<void>;

  readonly feed: Feed;
  replicas(): Promise<ReplicaRow[]>;
  /** Called after something was appended or a replica reported, in this process or another. Returns how to stop. */
  onChange(listener: () => void): () => void;
  /** What somebody has to look at now; it is asked once a minute, and after a revocation that is not known to be kept. */
  alarms(): Promise<readonly StoreAlarm[]>;
  /** Removes what is past its end, at most a few hundred rows a call. Returns how many. */
  purge(caller: number): Promise<number>;

  /** The root secret kept beside the store; undefined where the authority must be given one. */
  rootSecret(): Promise<Uint8Array | undefined>;
  /**
   * The journal of one authority, in that folder; without one, beside the store where it has a place of its own.
   * @throws {StoreError} ERR_STORE_CORRUPT naming the place that cannot be read, ERR_STORE_UNAVAILABLE
   */
  journal(folder: string | undefined): Promise<Journal | undefined>;
  records(name: string): Records;
  readonly audit: Audit;
  /** A whole copy beside running writers. @throws {ConfigError} ERR_CONFIG_INVALID where the store has no file */
  backup(file: string): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
