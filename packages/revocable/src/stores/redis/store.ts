/** The Redis store: atomic steps in Lua, a stream as the log, the clock of the server. */
import { ConfigError } from '../../errors.ts';
import { systemRandom } from '../../random.ts';
import type { Store, StoreAlarm } from '../../store.ts';
import { clockFrom, pause, systemTimers, type WallClock } from '../../time.ts';
import { openJournal } from '../journal.ts';
import { recordKey } from '../record-arguments.ts';
import { systemDisk } from '../system-disk.ts';
import { PURGED_AT_ONCE } from '../upkeep.ts';
import { type Bell, createBell } from './bell.ts';
import { PURGE } from './cut-scripts.ts';
import { createRedisFeed, type RedisFeed } from './feed.ts';
import { ENTRIES } from './keys.ts';
import type { Line } from './line.ts';
import { createListing } from './listing.ts';
import { createPrimary, type Primary } from './primary.ts';
import { lineOver, type Reach } from './reach.ts';
import { auditOf, purgeRecords, recordsOf, type Shelf } from './records.ts';
import { inspectServers } from './server.ts';
import { findSession, purgeSessions } from './sessions.ts';
import { createShelf } from './shelf.ts';
import { createSteps } from './steps.ts';

export interface RedisStoreOptions {
  /** Instead of the clock of Redis: for tests. */
  readonly clock?: WallClock | undefined;
  /** How many replicas of Redis must have a revocation before it resolves. @default 0 */
  readonly waitForReplicas?: number | undefined;
}

/** Ends are counted by the clock of this machine, as is a day of patience. */
const JOURNAL = { disk: systemDisk, random: systemRandom, clock: () => Date.now() };

const RETRY_MS = 250;

/** What the parts of the store share. */
interface Held {
  readonly primary: Primary;
  readonly shelf: Shelf;
  readonly feed: RedisFeed;
  readonly bell: Bell;
  readonly listeners: Set<() => void>;
  close(): void;
}

/** A store that has asked nothing yet. */
export interface UnseenStore {
  readonly store: Store;
  /** Looks at the servers, and warns of what it finds. */
  inspect(): Promise<void>;
}

/**
 * @param location what `Store.location` says
 * @throws {ConfigError} ERR_CONFIG_INVALID
 */
export function createRedisStore(
  reach: Reach,
  location: string,
  options: RedisStoreOptions = {},
): UnseenStore {
  const replicas = replicasWanted(options.waitForReplicas);
  const held = createHeld(reach, options);
  return {
    store: storeOf(held, location, replicas),
    async inspect() {
      for (const { message } of await inspectServers(held.primary.line, location))
        process.emitWarning(message, 'RevocableWarning');
    },
  };
}

/**
 * Opens the store on a Redis 7 or later.
 * @param location what `Store.location` says
 * @throws {ConfigError} ERR_CONFIG_INVALID for a client of another package, a Redis that is too old or refuses the user
 * @throws {StoreError} ERR_STORE_UNAVAILABLE when it cannot be reached
 */
export async function openRedisStore(
  reach: Reach,
  location: string,
  options: RedisStoreOptions = {},
): Promise<Store> {
  const { store, inspect } = createRedisStore(reach, location, options);
  try {
    await inspect();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

function replicasWanted(count: number = 0): number {
  if (Number.isSafeInteger(count) && count >= 0 && count <= 100) return count;
  throw new ConfigError('"waitForReplicas" is a whole number of replicas, 0 to 100.');
}

function createHeld(reach: Reach, options: RedisStoreOptions): Held {
  const clock = options.clock === undefined ? undefined : clockFrom(options.clock).wall;
  const [line, waiting, blocking] = [0, 1, 2].map(() => lineOver(reach, systemTimers)) as [Line, Line, Line];
  const primary = createPrimary({ line, waiting, random: systemRandom, clock });
  const feed = createRedisFeed(primary, () => pause(systemTimers, RETRY_MS));
  const listeners = new Set<() => void>();
  const bell = createBell({
    line: blocking,
    timers: systemTimers,
    hearsReports: () => listeners.size > 0,
    onRing(items) {
      feed.followers.wake(items);
      for (const listener of [...listeners]) listener();
    },
  });
  const close = (): void => {
    bell.stop();
    feed.followers.stop();
    listeners.clear();
    line.close();
    waiting.close();
  };
  return { primary, shelf: { line, clock }, feed, bell, listeners, close };
}

function storeOf(held: Held, location: string, replicas: number): Store {
  const { primary, shelf, feed, bell, listeners } = held;
  const close = async (): Promise<void> => held.close();
  return {
    kind: 'redis',
    location,
    ...createSteps(primary, replicas),
    session: async id => (await findSession(primary, id))?.row,
    ...createListing(primary),
    async cuts() {
      const [count] = await primary.line.send([['HLEN', ENTRIES]]);
      return Number(count);
    },
    ...createShelf(primary),
    feed: {
      profile: () => feed.profile(),
      load: (hold, take) => feed.load(hold, take),
      follow(cursor, hold, sink) {
        bell.start();
        return feed.follow(cursor, hold, sink);
      },
      probe: report => feed.probe(report),
      giveBack: entries => feed.giveBack(entries),
    },
    offers: () => feed.offers(),
    dropOffers: place => feed.dropOffers(place),
    continues: cursor => feed.continues(cursor),
    replicas: () => feed.replicas(),
    onChange(listener) {
      listeners.add(listener);
      bell.start();
      return () => listeners.delete(listener);
    },
    alarms: () => alarmsOf(primary, location),
    purge: caller => purge(held, caller),
    rootSecret: async () => undefined,
    journal: async folder => (folder === undefined ? undefined : openJournal(folder, JOURNAL)),
    records: name => recordsOf(shelf, recordKey(name, 'name')),
    audit: auditOf(shelf),
    backup: async () => {
      throw new ConfigError(
        'A Redis store has no file to back up: use the persistence of Redis (BGSAVE, AOF).',
      );
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function alarmsOf(primary: Primary, location: string): Promise<StoreAlarm[]> {
  const alarms = await inspectServers(primary.line, location);
  const { shortage } = primary;
  if (shortage !== undefined)
    alarms.push({
      alarm: 'replicas',
      message: `${location} lacks replicas: only ${shortage} had what was written last. Look at them.`,
    });
  return alarms;
}

/** By both clocks: a store whose clock runs ahead must not forget a cut that an authority still counts on. */
async function purge({ primary, shelf, feed }: Held, caller: number): Promise<number> {
  const { rest, now } = await primary.step(PURGE, { caller, limit: PURGED_AT_ONCE });
  const time = Math.min(now, caller);
  let removed = Number(rest[0]);
  const left = (): number => PURGED_AT_ONCE - removed;
  if (left() > 0) removed += await purgeSessions(primary, time, left());
  if (left() > 0) removed += await feed.purgeReplicas(caller, left());
  if (left() > 0) removed += await purgeRecords(shelf, time, left());
  return removed;
}
