/** The memory store: the atomic steps over maps. What it holds is gone with the process. */
import { ConfigError, refuseUnknown, StoreError } from '../errors.ts';
import { type Random, systemRandom } from '../random.ts';
import { type CutEntry, userScope } from '../revocation/index.ts';
import { endOf, type SessionRow } from '../sessions/index.ts';
import type { KeyRow, KeyShelf, ReplicaRow, SessionFilter, Store } from '../store.ts';
import { clockFrom, type WallClock } from '../time.ts';
import { type Declared, declare, profileAt } from './declared.ts';
import { healStep, vouchStep } from './healing-steps.ts';
import { openJournal } from './journal.ts';
import { continuedAt, createMemoryFeed, type MemoryFeed } from './memory-feed.ts';
import { createMemoryAudit, createMemoryRecords, type MemoryRecords } from './memory-records.ts';
import { createMemoryTables, type MemoryTables, removeSession, runAtomically } from './memory-state.ts';
import { byUser, createTally, isLive, isNamedBy, newestFirst } from './session-listing.ts';
import type { StepState } from './state.ts';
import { beginStep, issueStep, refreshStep, rememberStep, revokeStep, takeoverStep } from './steps.ts';
import { systemDisk } from './system-disk.ts';
import { isLapsed, KEEP_ENDED_MS, PURGED_AT_ONCE, signingKid } from './upkeep.ts';

export interface MemoryStoreOptions {
  /** Milliseconds, like `Date.now`. @default Date.now */
  readonly clock?: WallClock;
  readonly random?: Random;
}

/** What the parts of the store hold together. */
export interface Held {
  readonly tables: MemoryTables;
  readonly clock: WallClock;
  readonly replicas: Map<string, ReplicaRow>;
  readonly offers: CutEntry[];
  readonly listeners: Set<() => void>;
  readonly records: MemoryRecords;
  readonly feed: MemoryFeed;
  /** One for all authorities of this store. */
  readonly secret: Uint8Array;
  shelf: KeyShelf;
  declared: Declared | undefined;
  closed: boolean;
}

/**
 * A store in this process's memory, for tests, demonstrations and single processes that may forget.
 * Followers in other processes cannot see it.
 * @throws {ConfigError} ERR_CONFIG_INVALID for an unknown option
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  refuseUnknown(options, ['clock', 'random'], 'createMemoryStore');
  return storeOn(createHeld(clockFrom(options.clock).wall, options.random ?? systemRandom));
}

/** The store over what it holds: a simulated server copies that, loses it and is given it back. */
export function storeOn(held: Held): Store {
  const close = async (): Promise<void> => {
    held.closed = true;
    held.feed.stop();
    held.listeners.clear();
  };
  return {
    kind: 'memory',
    location: 'memory:',
    ...stepsOf(held),
    ...healingOf(held),
    ...listingsOf(held),
    ...keysAndProfileOf(held),
    feed: held.feed,
    replicas: async () => open(held) && [...held.replicas.values()],
    onChange(listener) {
      held.listeners.add(listener);
      return () => held.listeners.delete(listener);
    },
    alarms: async () => [],
    purge: async caller => purge(held, caller),
    rootSecret: async () => (open(held) ? held.secret.slice() : undefined),
    journal: async folder =>
      folder === undefined
        ? undefined
        : openJournal(folder, { disk: systemDisk, random: systemRandom, clock: held.clock }),
    records: name => held.records.named(name),
    audit: createMemoryAudit(held.clock, () => open(held)),
    backup: async () => {
      throw new ConfigError('A "memory:" store has no file to back up; open a "file:" store instead.');
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

export function createHeld(clock: WallClock, random: Random): Held {
  const tables = createMemoryTables(random);
  const replicas = new Map<string, ReplicaRow>();
  const offers: CutEntry[] = [];
  const listeners = new Set<() => void>();
  const guard = (): void => void open(held);
  const changed = (): void => {
    for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener());
  };
  const profile = () => held.declared && profileAt(held.declared, clock());
  const held: Held = {
    tables,
    clock,
    replicas,
    offers,
    listeners,
    records: createMemoryRecords(clock, guard),
    feed: createMemoryFeed({ tables, clock, profile, replicas, offers, guard, changed }),
    secret: random.bytes(32),
    shelf: { revision: 0, rows: [] },
    declared: undefined,
    closed: false,
  };
  return held;
}

/** @throws {StoreError} ERR_STORE_UNAVAILABLE after `close` */
function open(held: Held): true {
  if (held.closed) throw new StoreError('ERR_STORE_UNAVAILABLE', 'The store is closed.');
  return true;
}

function changed(held: Held, appended: readonly CutEntry[]): void {
  if (appended.length === 0) return;
  held.feed.appended(appended);
  for (const listener of held.listeners) queueMicrotask(() => held.listeners.has(listener) && listener());
}

type Steps = Pick<
  Store,
  'begin' | 'issue' | 'refresh' | 'revoke' | 'takeover' | 'remember' | 'vouch' | 'heal'
>;

function stepsOf(held: Held): Steps {
  const run = async <T>(step: (state: StepState, now: number) => T): Promise<T> => {
    open(held);
    const now = held.clock();
    const { owner } = held.tables.ledger;
    const { reply, appended } = runAtomically(held.tables, state => step(state, now));
    if (held.tables.ledger.owner !== owner) held.feed.ownerChanged();
    changed(held, appended);
    return reply;
  };
  return {
    begin: () => run(beginStep),
    issue: step => run((state, now) => issueStep(state, step, now)),
    refresh: step => run((state, now) => refreshStep(state, step, now)),
    revoke: step => run((state, now) => revokeStep(state, step, now)),
    takeover: caller => run((state, now) => takeoverStep(state, caller, now)),
    remember: owner => run(state => rememberStep(state, owner)),
    vouch: entries => run(state => vouchStep(state, entries)),
    heal: step => run((state, now) => healStep(state, step, now)),
  };
}

function healingOf(
  held: Held,
): Pick<Store, 'proveWith' | 'unproved' | 'offers' | 'dropOffers' | 'continues'> {
  const { tables, offers } = held;
  return {
    async proveWith(prover) {
      tables.prover = prover;
    },
    async unproved(limit) {
      open(held);
      const found: CutEntry[] = [];
      for (const entry of tables.cuts.values())
        if (found.length < limit && entry.mac === '') found.push(entry);
      return found;
    },
    offers: async () => ({ entries: open(held) ? [...offers] : [], place: String(offers.length) }),
    async dropOffers(place) {
      offers.splice(0, Number(place));
    },
    continues: async cursor => open(held) && continuedAt(tables, cursor) !== undefined,
  };
}

function listingsOf(held: Held): Pick<Store, 'session' | 'sessions' | 'count' | 'cuts'> {
  return {
    session: async id => (open(held) ? held.tables.sessions.get(id) : undefined),
    sessions: async (filter, limit) => newestFirst(liveSessions(held, filter), limit),
    async count(filter) {
      const tally = createTally();
      tally.add(liveSessions(held, filter).toSorted(byUser));
      return tally.count;
    },
    cuts: async () => (open(held) ? held.tables.cuts.size : 0),
  };
}

function liveSessions(held: Held, filter: SessionFilter): SessionRow[] {
  open(held);
  const now = held.clock();
  return candidates(held.tables, filter).filter(
    row => isNamedBy(filter, row) && isLive(row, scope => held.tables.cuts.get(scope), now),
  );
}

/** By the index of users where there is one. */
function candidates({ sessions, byUser }: MemoryTables, filter: SessionFilter): SessionRow[] {
  if (filter.kind !== 'user') return [...sessions.values()];
  const ids = byUser.get(userScope(filter.tenant, filter.subject)) ?? [];
  return [...ids].map(id => sessions.get(id)).filter(row => row !== undefined);
}

function keysAndProfileOf(held: Held): Pick<Store, 'keys' | 'putKeys' | 'profile' | 'declare'> {
  return {
    keys: async () => (open(held) ? held.shelf : { revision: 0, rows: [] }),
    putKeys: async (revision, rows) => open(held) && putKeys(held, revision, rows),
    profile: async () => (open(held) && held.declared ? profileAt(held.declared, held.clock()) : undefined),
    async declare(profile) {
      open(held);
      held.declared = declare(held.declared, profile, held.clock());
    },
  };
}

function putKeys(held: Held, revision: number, rows: readonly KeyRow[]): boolean {
  if (held.shelf.revision !== revision) return false;
  const before = signingKid(held.shelf.rows);
  held.shelf = { revision: revision + 1, rows: structuredClone(rows) };
  if (signingKid(rows) !== before) held.feed.keyChanged();
  return true;
}

/** By both clocks: a store whose clock runs ahead must not forget a cut that an authority still counts on. */
function purge(held: Held, caller: number): number {
  open(held);
  const now = Math.min(held.clock(), caller);
  const { tables, replicas } = held;
  let left = PURGED_AT_ONCE;
  const removeFrom = <K, V>(
    map: Map<K, V>,
    isOver: (value: V) => boolean,
    remove: (key: K, value: V) => void,
  ): void => {
    for (const [key, value] of map) {
      if (left === 0) return;
      if (!isOver(value)) continue;
      remove(key, value);
      left -= 1;
    }
  };
  removeFrom(
    tables.cuts,
    cut => cut.expires <= now,
    scope => tables.cuts.delete(scope),
  );
  removeFrom(
    tables.stamps,
    stamp => stamp.expires <= now,
    user => tables.stamps.delete(user),
  );
  removeFrom(
    tables.sessions,
    row => endOf(row) + KEEP_ENDED_MS <= now,
    (_, row) => removeSession(tables, row),
  );
  removeFrom(
    replicas,
    row => isLapsed(row, now),
    name => replicas.delete(name),
  );
  left -= held.records.purge(now, left);
  return PURGED_AT_ONCE - left;
}
