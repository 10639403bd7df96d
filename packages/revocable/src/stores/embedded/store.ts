/** The embedded store: a folder with a SQLite database, and no server. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../../errors.ts';
import { systemRandom } from '../../random.ts';
import type { Audit, Records } from '../../records.ts';
import type { SessionRow } from '../../sessions/index.ts';
import type { SessionFilter, Store } from '../../store.ts';
import { clockFrom, type WallClock } from '../../time.ts';
import { profileAt } from '../declared.ts';
import { openJournal } from '../journal.ts';
import { auditPage, jsonText, recordKey, recordPage } from '../record-arguments.ts';
import { createTally, LISTED, newestFirst } from '../session-listing.ts';
import { systemDisk } from '../system-disk.ts';
import { PURGED_AT_ONCE } from '../upkeep.ts';
import { backUp } from './backup.ts';
import { createEmbeddedFeed, type EmbeddedFeed } from './feed.ts';
import { type Line, processHub } from './hub.ts';
import { PURGE_START, type PurgePlace } from './purge.ts';
import { type Ask, createQueue, type Queue } from './queue.ts';
import type { SessionPage } from './session-pages.ts';

export interface EmbeddedStoreOptions {
  readonly clock?: WallClock | undefined;
  readonly exclusive?: boolean | undefined;
}

/** What the parts of the store share. */
interface Held {
  readonly folder: string;
  readonly line: Line;
  readonly queue: Queue;
  readonly feed: EmbeddedFeed;
  readonly listeners: Set<() => void>;
  readonly now: WallClock;
  closing: Promise<void> | undefined;
}

/**
 * Opens the store in a folder, which is made where there is none.
 * @param location what `Store.location` says
 * @throws {ConfigError} ERR_CONFIG_INVALID for a folder that cannot be used, no SQLite that is new enough, a newer format
 * @throws {StoreError} ERR_STORE_CORRUPT for a file that is damaged; ERR_STORE_UNAVAILABLE for a disk that fails
 */
export async function openEmbeddedStore(
  folder: string,
  location: string,
  options: EmbeddedStoreOptions = {},
): Promise<Store> {
  const held = await openHeld(folder, options);
  const { ask } = held.queue;
  const close = (): Promise<void> => {
    held.closing ??= closeHeld(held);
    return held.closing;
  };
  return {
    kind: 'file',
    location,
    begin: () => ask('begin'),
    issue: step => ask('issue', step),
    refresh: ({ seen: _, ...step }) => ask('refresh', step), // the worker reads it in the same transaction
    revoke: step => ask('revoke', step),
    takeover: caller => ask('takeover', caller),
    ...healingOf(ask),
    ...listingsOf(ask),
    ...keysAndProfileOf(held),
    feed: held.feed,
    replicas: () => ask('replicas'),
    onChange(listener) {
      held.listeners.add(listener);
      return () => held.listeners.delete(listener);
    },
    alarms: async () => [],
    purge: caller => purge(ask, caller),
    rootSecret: async () => Buffer.from(await held.line.secret()),
    journal: (path = join(held.folder, 'journal')) =>
      openJournal(path, { disk: systemDisk, random: systemRandom, clock: held.now }),
    records: name => recordsOf(ask, recordKey(name, 'name')),
    audit: auditOf(ask),
    backup: file => backUp(held.folder, file),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function openHeld(folder: string, { clock, exclusive = false }: EmbeddedStoreOptions): Promise<Held> {
  const now = clockFrom(clock).wall;
  const listeners = new Set<() => void>();
  let feed: EmbeddedFeed | undefined;
  const line = await processHub().open(folder, exclusive, watched => {
    feed?.changed(watched);
    for (const listener of listeners) listener();
  });
  if (line.opening.warning !== undefined) process.emitWarning(line.opening.warning, 'RevocableWarning');
  const queue = createQueue(requests => line.send(requests), clock);
  feed = createEmbeddedFeed(queue.ask, now, line.opening.watched);
  return { folder, line, queue, feed, listeners, now, closing: undefined };
}

/** All that was asked for before is answered first. */
async function closeHeld({ queue, feed, listeners, line }: Held): Promise<void> {
  feed.stop();
  listeners.clear();
  await queue.close();
  await line.close();
}

function listingsOf(ask: Ask): Pick<Store, 'session' | 'sessions' | 'count' | 'cuts'> {
  return {
    session: id => ask('session', id),
    async sessions(filter, limit = LISTED) {
      let newest: SessionRow[] = [];
      for await (const rows of pagesOf(place => ask('liveSessions', { filter, place })))
        newest = newestFirst([...newest, ...rows], limit);
      return newest;
    },
    count: filter => count(ask, filter),
    cuts: () => ask('cuts'),
  };
}

function healingOf(
  ask: Ask,
): Pick<
  Store,
  'remember' | 'proveWith' | 'vouch' | 'unproved' | 'heal' | 'offers' | 'dropOffers' | 'continues'
> {
  return {
    remember: owner => ask('remember', owner),
    proveWith: prover => ask('proveWith', prover),
    vouch: entries => ask('vouch', entries),
    unproved: limit => ask('unproved', limit),
    heal: step => ask('heal', step),
    offers: () => ask('offers'),
    dropOffers: place => ask('dropOffers', place),
    continues: cursor => ask('continues', cursor),
  };
}

async function count(ask: Ask, filter: SessionFilter): ReturnType<Store['count']> {
  const tally = createTally();
  for await (const rows of pagesOf(place => ask('countedSessions', { filter, place }))) tally.add(rows);
  return tally.count;
}

/** A page a transaction: other requests come in between. */
async function* pagesOf<T>(page: (place: number) => Promise<SessionPage<T>>): AsyncIterable<readonly T[]> {
  for (let place: number | undefined = 0; place !== undefined; ) {
    const { rows, next }: SessionPage<T> = await page(place);
    yield rows;
    place = next;
  }
}

function keysAndProfileOf({
  queue: { ask },
  now,
}: Held): Pick<Store, 'keys' | 'putKeys' | 'profile' | 'declare'> {
  return {
    keys: () => ask('keys'),
    putKeys: (revision, rows) => ask('putKeys', { revision, rows }),
    async profile() {
      const declared = await ask('declared');
      return declared && profileAt(declared, now());
    },
    declare: profile => ask('declare', profile),
  };
}

async function purge(ask: Ask, caller: number): Promise<number> {
  let removed = 0;
  let place: PurgePlace | undefined = PURGE_START;
  while (place !== undefined && removed < PURGED_AT_ONCE) {
    const slice: { removed: number; next: PurgePlace | undefined } = await ask('purge', {
      place,
      caller,
      limit: PURGED_AT_ONCE - removed,
    });
    removed += slice.removed;
    place = slice.next;
  }
  return removed;
}

function recordsOf(ask: Ask, collection: string): Records {
  const parsed = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));
  const named = (key: string): { collection: string; key: string } => ({
    collection,
    key: recordKey(key, 'key'),
  });
  return {
    get: async key => parsed(await ask('recordGet', named(key))),
    async put(key, value, { ifAbsent = false, until = Number.MAX_SAFE_INTEGER } = {}) {
      return ask('recordPut', { ...named(key), text: jsonText(value), ifAbsent, until });
    },
    take: async key => parsed(await ask('recordTake', named(key))),
    async list(options) {
      const rows = await ask('recordList', { collection, ...recordPage(options) });
      return rows.map(([key, text]) => ({ key, value: parsed(text) }));
    },
  };
}

function auditOf(ask: Ask): Audit {
  return {
    append: async ({ event, actor, subject, detail }) =>
      ask('auditAppend', { event, actor, subject, detail: detail && jsonText(detail) }),
    list: async options => ask('auditList', auditPage(options)),
  };
}

/**
 * The folder that a `file:` URL names: `file:./data`, `file:/var/lib/tokens`, `file:///var/lib/tokens`.
 * @throws {ConfigError} ERR_CONFIG_INVALID when it names none
 */
export function folderOf(location: string): string {
  const rest = location.slice('file:'.length);
  if (rest === '' || rest === '//')
    throw new ConfigError('A "file:" store names a folder, such as "file:./data".');
  if (!rest.startsWith('//')) return resolve(rest);
  try {
    return fileURLToPath(location);
  } catch (cause) {
    throw new ConfigError(`"${location}" names no folder of this machine.`, { cause });
  }
}
