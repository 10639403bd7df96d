/** Servers of the store: the real memory store on a machine that restarts, forgets, and is followed by a backup. */
import type { Random } from '#random';
import type { CutEntry } from '#revocation/index';
import type { Store } from '#store';
import { createHeld, type Held, storeOn } from '#stores/memory';
import { createMachine, type Machine } from './machine.ts';
import type { Queue } from './queue.ts';

type Copy = Pick<Held, 'tables' | 'shelf' | 'declared'> & {
  readonly replicas: Map<string, unknown>;
  readonly offers: readonly CutEntry[];
};

export interface Server {
  readonly machine: Machine;
  store: Store;
  held: Held;
  /** Its own history: the state after each of the last writes. */
  versions: Copy[];
  runs: number;
  /** Streams to followers that end with the process. */
  readonly streams: Set<() => void>;
  isPrimary: boolean;
}

/** Versions that stay, at least: a restart loses up to six writes, and another may follow. */
const KEPT = 32;

export interface Cluster {
  readonly servers: readonly Server[];
  readonly primary: Server;
  /** Where a client's connection leads. */
  serverOf(client: Machine): Server;
  /** After a write: the history grows. */
  wrote(server: Server): void;
  /** Ends the process; it comes back with what it had `lost` writes ago. */
  restart(server: Server, lost: number): void;
  /** The backup takes over with all but the last `lost` writes; some clients keep to the old one, which still answers. */
  failOver(lost: number, keepOld: (client: string) => boolean): void;
  /** The last clients of the old primary leave it. */
  demote(): void;
}

export function createCluster(queue: Queue, random: Random): Cluster {
  const servers = ['store-a', 'store-b'].map(name => createServer(createMachine(name, queue), random));
  let primary = servers[0] as Server;
  primary.isPrimary = true;
  let old: { readonly server: Server; readonly keeps: (client: string) => boolean } | undefined;
  return {
    servers,
    get primary() {
      return primary;
    },
    serverOf: client => (old?.keeps(client.name) ? old.server : primary),
    wrote(server) {
      server.versions.push(copyOf(server.held));
      if (server.versions.length > 2 * KEPT) server.versions.splice(0, KEPT);
    },
    restart(server, lost) {
      server.machine.crash();
      server.machine.start();
      const kept = server.versions.slice(0, Math.max(1, server.versions.length - lost));
      begin(server, random, kept);
    },
    failOver(lost, keeps) {
      const backup = servers.find(server => server !== primary) as Server;
      const kept = primary.versions.slice(0, Math.max(1, primary.versions.length - lost));
      begin(backup, random, kept);
      // Without a backup that follows it, it takes no writes: that is what min-replicas-to-write is for.
      primary.isPrimary = false;
      backup.isPrimary = true;
      old = { server: primary, keeps };
      primary = backup;
    },
    demote() {
      if (old === undefined) return;
      close(old.server);
      old = undefined;
    },
  };
}

function createServer(machine: Machine, random: Random): Server {
  const held = createHeld(machine.clock.wall, random);
  const store = storeOn(held);
  const server = {
    machine,
    held,
    store,
    versions: [],
    runs: 0,
    streams: new Set<() => void>(),
    isPrimary: false,
  };
  begin(server, random, []);
  return server;
}

/** A new process, with a copy of the newest version: its run has a name of its own. */
function begin(server: Server, random: Random, versions: Copy[]): void {
  close(server);
  server.runs += 1;
  server.held = createHeld(server.machine.clock.wall, random);
  server.store = storeOn(server.held);
  const newest = versions.at(-1);
  if (newest !== undefined) restore(server.held, newest);
  const run = `${server.machine.name}-run${server.runs}`;
  const { ledger } = server.held.tables;
  const isFirst = newest === undefined;
  server.held.tables.ledger = { ...ledger, server: run, ...(isFirst && { owner: run }) };
  server.versions = newest === undefined ? [copyOf(server.held)] : versions;
}

function close(server: Server): void {
  const { streams } = server;
  for (const end of [...streams]) end();
  streams.clear();
}

/** Rows are never changed in place, so copies of the maps are enough. */
function copyOf({ tables, shelf, declared, replicas, offers }: Held): Copy {
  return { tables: copied(tables), shelf, declared, replicas: new Map(replicas), offers: [...offers] };
}

function restore(held: Held, copy: Copy): void {
  Object.assign(held.tables, copied(copy.tables));
  held.shelf = copy.shelf;
  held.declared = copy.declared;
  held.offers.push(...copy.offers);
  held.replicas.clear();
  for (const [name, row] of copy.replicas) held.replicas.set(name, row as never);
}

function copied<T extends object>(tables: T): T {
  const entries = Object.entries(tables).map(([name, value]) => [name, copiedValue(value)]);
  return Object.fromEntries(entries) as T;
}

function copiedValue(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, copiedValue(each)]));
  if (value instanceof Set) return new Set(value);
  return Array.isArray(value) ? [...value] : value;
}
