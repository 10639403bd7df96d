/** A verifier's local copy of the cut-offs of one issuer: it follows a feed, knows how old it is, and judges tokens. */
import { RevocableError, StoreError, TokenRevokedError } from '../errors.ts';
import type { Clock, Timers } from '../time.ts';
import { type Bearing, refusalOf } from './cutoff.ts';
import { type CutoffTable, createCutoffTable } from './cutoff-table.ts';
import { type CutEntry, concernsAccess } from './entry.ts';
import { type Cursor, type Feed, type Hold, placeOf, type StalePolicy } from './feed.ts';
import { createFreshness, type Freshness } from './freshness.ts';
import { bearingOf, guard, type ProvingKey, type TokenProfile } from './profile.ts';

/** A token as a verifier has proved it. */
export interface ProvedToken {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly typ: string | undefined;
  readonly key: ProvingKey;
}

export type RevokedListener = (entry: CutEntry) => void;

/** A local copy of the cut-offs of one issuer. Checks are synchronous and ask nobody. */
export interface Replica {
  /** Undefined while the feed has never been heard. */
  readonly issuer: string | undefined;
  /** Resolves when it can judge: a first snapshot and a first answered probe. */
  readonly ready: Promise<void>;
  /** Milliseconds since it is known to have had everything; infinite before it is ready. */
  readonly age: number;
  /**
   * Refuses a token that is cut off.
   * @throws {TokenRevokedError} ERR_TOKEN_REVOKED
   * @throws {TokenClaimError} ERR_TOKEN_CLAIM a stamp that is missing, malformed or from the future
   * @throws {StoreError} ERR_REPLICA_STALE it has heard nothing for longer than `maxStaleness`
   */
  judge(token: ProvedToken): void;
  /** For other libraries' hooks: claims that they have verified. `kid` of the key that proved the token. */
  isRevoked(claims: Readonly<Record<string, unknown>>, kid?: string): boolean;
  /** Called for each cut that arrives, after it counts. Returns how to stop. */
  onRevoked(listener: RevokedListener): () => void;
  /** How many scopes it holds. */
  readonly size: number;
  close(): void;
  [Symbol.dispose](): void;
}

/** A replica as its maker sees it: entries can also be handed to it at once, before the feed brings them. */
export interface LocalReplica extends Replica {
  apply(entries: readonly CutEntry[]): void;
}

export interface ReplicaOptions {
  readonly feed: Feed;
  readonly hold: Hold;
  readonly name: string | undefined;
  readonly maxStalenessMs: number;
  readonly whenStale: StalePolicy;
  readonly clock: Clock;
  readonly timers: Timers;
  /** The feed lies in this process and cannot be apart from its store. */
  readonly neverStale?: boolean;
  readonly onKey?: () => void;
  readonly onClose?: () => void;
}

const PROBE_EVERY_MS = 1000;
const RETRY_MS = 250;
const FORGET_AT_ONCE = 500;

/** What the parts of a replica share. */
interface Held {
  readonly options: ReplicaOptions;
  readonly table: CutoffTable;
  readonly freshness: Freshness;
  readonly listeners: Set<RevokedListener>;
  /** When each scope's newest entry arrived here, by the monotonic clock. */
  readonly arrived: Map<string, number>;
  profile: TokenProfile | undefined;
  cursor: Cursor | undefined;
  closed: boolean;
  loaded: boolean;
  seeding: boolean;
  /** Something was applied since the last probe was sent. */
  unsaid: boolean;
  stopFollowing: () => void;
  becameReady: () => void;
  wake: () => void;
}

export function createReplica(options: ReplicaOptions): LocalReplica {
  const held = createHeld(options);
  const ready = new Promise<void>(resolve => {
    held.becameReady = resolve;
  });
  void seed(held);
  void probeForEver(held);
  return {
    get issuer() {
      return held.profile?.issuer;
    },
    ready,
    get age() {
      return ageOf(held);
    },
    get size() {
      return held.table.size;
    },
    judge: token => judge(held, token),
    isRevoked: (claims, kid) => isRevoked(held, claims, kid),
    onRevoked: listener => listen(held.listeners, listener),
    apply: entries => take(held, entries),
    close: () => close(held),
    [Symbol.dispose]: () => close(held),
  };
}

function createHeld(options: ReplicaOptions): Held {
  const nothing = (): void => {};
  return {
    options,
    table: createCutoffTable(),
    freshness: createFreshness(options.clock),
    listeners: new Set(),
    arrived: new Map(),
    profile: undefined,
    cursor: undefined,
    closed: false,
    loaded: false,
    seeding: false,
    unsaid: false,
    stopFollowing: nothing,
    becameReady: nothing,
    wake: nothing,
  };
}

function ageOf(held: Held): number {
  if (!held.loaded) return Number.POSITIVE_INFINITY;
  return held.options.neverStale ? 0 : held.freshness.age();
}

function judge(held: Held, token: ProvedToken): void {
  const { clock, maxStalenessMs, whenStale } = held.options;
  const { profile } = held;
  if (profile === undefined || (ageOf(held) > maxStalenessMs && whenStale === 'reject'))
    throw stale('The revocations have not been heard for too long to judge this token.');
  if (token.claims['iss'] !== profile.issuer)
    throw stale('The revocations at hand are those of another issuer than the token names.');
  const bearing = bearingOf(token.claims, token.typ, token.key, profile);
  guard(token.claims, bearing, profile, clock.wall(), held.table.newest(bearing.scopes));
  refuse(held.table, bearing);
}

const stale = (message: string): StoreError => new StoreError('ERR_REPLICA_STALE', message);

function refuse(table: CutoffTable, bearing: Bearing): void {
  const refusal = refusalOf(bearing, scope => table.get(scope));
  if (refusal !== undefined) throw new TokenRevokedError(refusal.scope, refusal.plane, refusal.action);
}

function isRevoked(held: Held, claims: Readonly<Record<string, unknown>>, kid: string | undefined): boolean {
  try {
    judge(held, { claims, typ: undefined, key: { kid } });
    return false;
  } catch (error) {
    if (error instanceof RevocableError && error.code === 'ERR_TOKEN_REVOKED') return true;
    throw error;
  }
}

function listen(listeners: Set<RevokedListener>, listener: RevokedListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Entries count first, then the listeners hear of them, and only then may a probe say that they were applied. */
function take(held: Held, entries: readonly CutEntry[]): void {
  for (const entry of entries) {
    held.arrived.set(entry.scope, held.options.clock.monotonic());
    if (held.table.put(entry)) for (const listener of held.listeners) tell(listener, entry);
  }
}

/** A listener that throws fails by itself: it keeps no cut from counting. */
function tell(listener: RevokedListener, entry: CutEntry): void {
  try {
    listener(entry);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function advance(held: Held, cursor: Cursor): void {
  held.cursor = cursor;
  held.freshness.applied(cursor);
  held.unsaid = true;
  held.wake();
}

/** A snapshot, cursor first; then what follows. On a log that cannot be continued, again from the start; nothing is dropped. */
async function seed(held: Held): Promise<void> {
  if (held.seeding) return;
  held.seeding = true;
  held.stopFollowing();
  await load(held);
  held.seeding = false;
}

async function load(held: Held): Promise<void> {
  const { feed, hold, timers } = held.options;
  while (!held.closed) {
    try {
      accept(held, await feed.profile());
      const cursor = await feed.load(hold, entries => take(held, entries));
      if (held.closed) return;
      follow(held, cursor);
      return;
    } catch {
      await new Promise<void>(resolve => timers.set(resolve, RETRY_MS));
    }
  }
}

/** Maxima may change, the issuer may not: its cuts would be mixed with another's. */
function accept(held: Held, profile: TokenProfile): void {
  if (held.profile !== undefined && held.profile.issuer !== profile.issuer)
    throw stale('The feed has become that of another issuer.');
  held.profile = profile;
}

function follow(held: Held, cursor: Cursor): void {
  const { feed, hold, onKey } = held.options;
  held.loaded = true;
  advance(held, cursor);
  held.stopFollowing = feed.follow(cursor, hold, {
    entries(entries, next) {
      take(held, entries);
      advance(held, next);
    },
    lost: () => void seed(held),
    key: () => onKey?.(),
    profile: profile => accept(held, profile),
  });
}

/** Once a second, and at once after something was applied, so that `settled` need not wait. */
async function probeForEver(held: Held): Promise<void> {
  while (!held.closed) {
    await probe(held);
    await quiet(held);
    forgetOld(held);
  }
}

async function probe(held: Held): Promise<void> {
  const { feed, name, maxStalenessMs, whenStale } = held.options;
  const sent = held.freshness.sending();
  held.unsaid = false;
  try {
    const { head } = await feed.probe({ name, applied: held.cursor, maxStalenessMs, whenStale });
    const place = placeOf(head);
    if (held.cursor !== undefined && place?.owner !== placeOf(held.cursor)?.owner) return void seed(held);
    held.freshness.answered(sent, head);
    if (ageOf(held) < Number.POSITIVE_INFINITY) held.becameReady();
  } catch {
    // Unanswered: the age goes on growing, which is the whole consequence.
  }
}

function quiet(held: Held): Promise<void> {
  if (held.unsaid) return Promise.resolve();
  return new Promise(resolve => {
    const stop = held.options.timers.set(resolve, PROBE_EVERY_MS);
    held.wake = () => {
      stop();
      resolve();
    };
  });
}

/** An entry goes when it has been here for its retention and the wall clock is past its end: both clocks must agree. */
function forgetOld(held: Held): void {
  const { clock, hold } = held.options;
  const { profile } = held;
  if (profile === undefined) return;
  const windowMs = profile.accessMaxMs + profile.leewayMs;
  const keepMs = hold === 'access' ? windowMs : profile.refreshMaxMs + profile.leewayMs;
  const isOver = (entry: CutEntry): boolean => {
    const since = clock.monotonic() - (held.arrived.get(entry.scope) ?? 0);
    const over =
      since >= keepMs &&
      (hold === 'access' ? !concernsAccess(entry, clock.wall(), windowMs) : entry.expires <= clock.wall());
    if (over) held.arrived.delete(entry.scope);
    return over;
  };
  held.table.forget(isOver, FORGET_AT_ONCE);
}

function close(held: Held): void {
  held.closed = true;
  held.stopFollowing();
  held.wake();
  held.options.onClose?.();
}
