/** The port of a store as a client on another machine has it: each step is a message, each answer another. */
import { StoreError } from '#errors';
import type { Refused, Store } from '#store';
import { createFeedClient } from './feed-client.ts';
import type { Machine } from './machine.ts';
import type { Server } from './server.ts';
import type { World } from './world.ts';

/** How long a client waits for an answer. */
const PATIENCE_MS = 2500;

export const unavailable = (): StoreError =>
  new StoreError('ERR_STORE_UNAVAILABLE', 'The store did not answer. Nothing is known of what was asked.');

/** Steps that change what the store holds. */
const WRITES: ReadonlySet<string> = new Set([
  ...['issue', 'refresh', 'revoke', 'takeover', 'putKeys', 'declare', 'purge'],
  ...['remember', 'vouch', 'heal', 'dropOffers', 'giveBack'],
]);

/** What an old primary must not answer: what it says of a session may be long past. */
const OF_THE_PRIMARY: ReadonlySet<string> = new Set([...WRITES, 'probe', 'session', 'sessions', 'count']);

/** Asks the server that this client is connected to. Rejects when no answer comes. */
export function ask<T>(
  world: World,
  client: Machine,
  name: string,
  serve: (server: Server) => Promise<T>,
): Promise<T> {
  const { cluster, network } = world;
  const server = cluster.serverOf(client);
  return new Promise<T>((resolve, reject) => {
    const stop = client.timers.set(() => reject(unavailable()), PATIENCE_MS);
    const answer = (label: string, work: () => void): void =>
      network.send(
        server.machine,
        client,
        label,
        client.bind(() => {
          stop();
          work();
        }),
      );
    network.send(client, server.machine, name, () => {
      if (!server.isPrimary && OF_THE_PRIMARY.has(name))
        return answer(`${name} moved`, () => reject(unavailable()));
      void serveStep(world, server, client, name, serve).then(
        reply => answer(`${name} reply`, () => resolve(reply)),
        error => answer(`${name} error`, () => reject(error)),
      );
    });
  });
}

async function serveStep<T>(
  world: World,
  server: Server,
  client: Machine,
  name: string,
  serve: (server: Server) => Promise<T>,
): Promise<T> {
  const reply = await serve(server);
  if (WRITES.has(name)) world.cluster.wrote(server);
  const refused = (reply as Refused | undefined)?.refused;
  world.note(`${client.name} ${name} -> ${refused ?? 'ok'}`);
  world.cover(`step ${name} ${refused ?? 'ok'}`);
  return reply;
}

export function createStoreClient(world: World, client: Machine): Store {
  const rpc = <T>(name: string, serve: (store: Store) => Promise<T>): Promise<T> =>
    ask(world, client, name, async server => {
      const reply = await serve(server.store);
      return reply;
    });
  const stepped = <S extends object, T extends object>(
    kind: 'issue' | 'refresh' | 'revoke',
    step: S,
    serve: (store: Store) => Promise<T>,
  ): Promise<T> =>
    ask(world, client, kind, async server => {
      const before = world.oracle.beforeStep(server, kind, step);
      const reply = await serve(server.store);
      world.oracle.step({ kind, step, reply, server, client, before });
      if (world.settings.forgetsLast && world.oracle.seq % 2 === 0) {
        server.held.tables.stamps.clear();
        world.oracle.forgotLast();
        world.fault('stamps forgotten');
      }
      return reply;
    });
  return {
    kind: 'redis',
    location: 'redis://world',
    begin: () =>
      ask(world, client, 'begin', async server => {
        const reply = await server.store.begin();
        return 'refused' in reply ? reply : { ...reply, begunAt: world.oracle.tick() };
      }),
    issue: step => stepped('issue', step, store => store.issue(step)),
    refresh: step => stepped('refresh', step, store => store.refresh(step)),
    revoke: async step => {
      const reply = await stepped('revoke', step, store => store.revoke(step));
      return 'refused' in reply ? reply : world.oracle.numbered(reply);
    },
    takeover: caller =>
      ask(world, client, 'takeover', async server => {
        const { top } = server.held.tables.ledger;
        const reply = await server.store.takeover(caller);
        // Above what a lost tail gave, only a clock within bounds can tell; above what is left, any must.
        if (reply.tookOver) world.oracle.tookOver(world.areClocksApart ? top : undefined);
        world.cover(`takeover ${reply.tookOver}`);
        return reply;
      }),
    remember: owner => rpc('remember', store => store.remember(owner)),
    vouch: entries => rpc('vouch', store => store.vouch(entries)),
    unproved: limit => rpc('unproved', store => store.unproved(limit)),
    heal: step => rpc('heal', store => store.heal(step)),
    offers: () => rpc('offers', store => store.offers()),
    dropOffers: place => rpc('dropOffers', store => store.dropOffers(place)),
    continues: cursor => rpc('continues', store => store.continues(cursor)),
    proveWith: async () => {},
    journal: async () => undefined,
    session: id => rpc('session', store => store.session(id)),
    sessions: (filter, limit) => rpc('sessions', store => store.sessions(filter, limit)),
    count: filter => rpc('count', store => store.count(filter)),
    cuts: () => rpc('cuts', store => store.cuts()),
    alarms: async () => [],
    keys: () => rpc('keys', store => store.keys()),
    putKeys: (revision, rows) => rpc('putKeys', store => store.putKeys(revision, rows)),
    profile: () => rpc('profile', store => store.profile()),
    declare: profile => rpc('declare', store => store.declare(profile)),
    feed: createFeedClient(world, client),
    replicas: () => rpc('replicas', store => store.replicas()),
    onChange: listener => ring(world, client, listener),
    purge: caller => rpc('purge', store => store.purge(caller)),
    rootSecret: async () => undefined,
    records: name => world.cluster.primary.store.records(name),
    audit: world.cluster.primary.store.audit,
    backup: async () => {
      throw unavailable();
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

/** The bell is a message like any other: it may be lost, and whoever waits for it looks by itself too. */
function ring(world: World, client: Machine, listener: () => void): () => void {
  const server = world.cluster.serverOf(client);
  return server.store.onChange(() =>
    world.network.send(server.machine, client, 'bell', client.bind(listener)),
  );
}
