/** What happens to a Redis on a bad day: each fault on servers of its own, under load. In a short form for every run, and a long one. */
import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from 'revocable';
import { until } from '../contracts/store-world.ts';
import { type RedisServer, startRedis } from '../stores/redis-server.ts';
import { moveCuts, NAME, type RedisSet, startCluster, startSentinelSet } from '../stores/redis-sets.ts';
import { again, type Fault, type Outcome, on, type World } from './bad-day.ts';
import { type BadNetwork, startBadNetwork } from './bad-network.ts';

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** One server, which the verifier reaches through a network that can be made bad. */
async function behindBadNetwork(
  fault: (world: World, network: BadNetwork, server: RedisServer) => Promise<unknown>,
): Promise<Outcome> {
  const server = await startRedis();
  const network = await startBadNetwork(server.port);
  try {
    const followerUrl = `redis://127.0.0.1:${network.port}`;
    return await on(server, { url: server.url, followerUrl }, world => fault(world, network, server));
  } finally {
    network.close();
  }
}

const listed = ({ ports }: RedisSet): string => ports.map(port => `127.0.0.1:${port}`).join(',');

/** Empty while it does not answer. */
const infoOf = (server: RedisServer): Promise<string> =>
  server.command('INFO', 'replication').catch(() => '');

const isStale = (world: World): Promise<boolean> => world.follows().then(follows => !follows);

async function killDurable(isLong: boolean): Promise<Outcome> {
  const server = await startRedis(...DURABLE);
  return on(server, { url: server.url }, (world, redis) =>
    again(isLong ? 10 : 1, async () => {
      await redis.kill();
      await pause(200);
      await redis.start();
      await world.recovers();
      await world.work(20);
    }),
  );
}

/** It comes back with nothing: what is left lies with the authority and with those who follow. */
async function killForgetful(isLong: boolean): Promise<Outcome> {
  const server = await startRedis();
  return on(server, { url: server.url }, (world, redis) =>
    again(isLong ? 5 : 1, async () => {
      await redis.kill();
      await redis.start();
      await world.recovers();
      await world.work(20);
    }),
  );
}

async function flush(isLong: boolean): Promise<Outcome> {
  const server = await startRedis();
  return on(server, { url: server.url }, (world, redis) =>
    again(isLong ? 5 : 1, async () => {
      await redis.command('FLUSHALL');
      await world.recovers();
      await world.work(20);
    }),
  );
}

async function killConnections(isLong: boolean): Promise<Outcome> {
  const server = await startRedis();
  return on(server, { url: server.url }, (world, redis) =>
    again(isLong ? 200 : 20, async () => {
      await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await world.recovers();
      await world.work(1);
    }),
  );
}

async function pauseClients(isLong: boolean): Promise<Outcome> {
  const server = await startRedis();
  return on(server, { url: server.url }, async (world, redis) => {
    const pauseMs = isLong ? 20_000 : 3000;
    await redis.command('CLIENT', 'PAUSE', String(pauseMs), 'ALL');
    await pause(pauseMs);
    await world.recovers();
  });
}

/** The log comes no more, the probes do: they say that there is more, and so the verifier judges nothing when it is too old. */
const holdTheFeed = (isLong: boolean): Promise<Outcome> =>
  behindBadNetwork(async (world, network) => {
    network.holdFeed(true);
    await until(() => isStale(world), 20_000);
    await pause(isLong ? 60_000 : 1000);
    if (await world.follows()) throw new Error('The verifier trusts a feed that is held back.');
    network.holdFeed(false);
    await world.recovers();
  });

const halfOpen = (isLong: boolean): Promise<Outcome> =>
  behindBadNetwork(async (world, network) => {
    network.swallow(true);
    await until(() => isStale(world), 20_000);
    await pause(isLong ? 30_000 : 500);
    network.swallow(false);
    await world.recovers();
  });

/** It reads more slowly than is written, falls behind, and loads anew when it can. */
const slowConsumer = (isLong: boolean): Promise<Outcome> =>
  behindBadNetwork(async (world, network) => {
    network.slow(500);
    await world.work(isLong ? 2000 : 100);
    await until(() => isStale(world), 30_000);
    await pause(isLong ? 30_000 : 500);
    network.slow(undefined);
    await world.recovers();
  });

const trimTheLog = (isLong: boolean): Promise<Outcome> =>
  behindBadNetwork(async (world, network, server) => {
    network.swallow(true);
    await world.work(isLong ? 500 : 20);
    await server.command('XTRIM', 'revocable:{cuts}:log', 'MAXLEN', '1');
    await until(() => isStale(world), 20_000);
    network.swallow(false);
    await world.recovers();
  });

/** What was acknowledged with a replica is on that replica, which is what is asked after its primary is gone for ever. */
async function stopBackup(isLong: boolean): Promise<Outcome> {
  const primary = await startRedis('--repl-diskless-sync-delay', '0');
  const backup = await startRedis('--replicaof', '127.0.0.1', String(primary.port));
  const servers = { stop: () => Promise.all([primary.stop(), backup.stop()]).then(() => {}) };
  await until(async () => (await infoOf(primary)).includes('state=online')).catch(() => undefined);
  return on(servers, { url: primary.url, waitForReplicas: 1 }, world =>
    again(isLong ? 5 : 1, async () => {
      backup.freeze();
      await pause(100);
      const before = world.acknowledged.length;
      await pause(isLong ? 8000 : 3500);
      const between = world.acknowledged.length - before;
      backup.thaw();
      await world.recovers();
      if (between > 3) throw new Error(`${between} were acknowledged that no replica had.`);
      await world.work(10);
      await demandOn(backup, world);
    }),
  );
}

async function demandOn(backup: RedisServer, world: World): Promise<void> {
  const names = world.acknowledged.map(({ subject }) => `u::${subject}`);
  const store = await openStore(backup.url);
  const held = new Set<string>();
  await store.feed.load('all', entries => {
    for (const { scope } of entries) held.add(scope);
  });
  await store.close();
  const missing = names.filter(name => !held.has(name));
  if (missing.length > 0) throw new Error(`${missing.length} that were acknowledged are not on the replica.`);
}

const GUARDED = ['--min-replicas-to-write', '1', '--min-replicas-max-lag', '2'];

/** What was acknowledged is on one replica; the Sentinels promote the one that has most. */
async function failOver(isLong: boolean): Promise<Outcome> {
  const set = await startSentinelSet({ replicas: 2 }, ...GUARDED);
  const url = `redis+sentinel://${listed(set)}/${NAME}`;
  return on(set, { url, waitForReplicas: 1 }, world =>
    again(isLong ? 4 : 1, async () => {
      const primary = await primaryOf(set);
      await primary.kill();
      await world.recovers();
      await world.work(10);
      await primary.start();
      if (isLong) await until(async () => (await infoOf(primary)).includes('link_status:up'), 120_000);
      await world.work(10);
    }),
  );
}

/**
 * The old primary lives, and is told that it is none any more ten seconds later. Counted from the order until another server than
 * it has the next login.
 */
async function failOverByOrder(isLong: boolean): Promise<Outcome> {
  const set = await startSentinelSet({ replicas: 2 }, ...GUARDED);
  const url = `redis+sentinel://${listed(set)}/${NAME}`;
  return on(set, { url, waitForReplicas: 1 }, world =>
    again(isLong ? 3 : 1, async () => {
      const before = await ownerOf(world);
      await until(async () => (await orderFailover(set)).includes('OK'), 60_000);
      const since = performance.now();
      await until(async () => ![before, undefined].includes(await ownerOf(world)), 60_000);
      await until(world.follows, 60_000);
      world.recoveredIn(performance.now() - since);
      await world.work(10);
      if (isLong) await until(async () => (await masters(set)) === 1, 120_000);
    }),
  );
}

/** Undefined while none answers, or none has taken over. */
const ownerOf = ({ authority }: World): Promise<string | undefined> =>
  authority.begin().then(
    ({ owner }) => owner,
    () => undefined,
  );

async function masters({ servers }: RedisSet): Promise<number> {
  const infos = await Promise.all(servers.map(infoOf));
  return infos.filter(info => info.includes('role:master')).length;
}

const orderFailover = ({ sentinels: [first] }: RedisSet): Promise<string> =>
  first?.command('SENTINEL', 'FAILOVER', NAME) ?? Promise.resolve('');

/** Replicas that stood still are promoted without what was acknowledged meanwhile. */
async function loseTheTail(isLong: boolean): Promise<Outcome> {
  const set = await startSentinelSet({ replicas: 2 });
  const url = `redis+sentinel://${listed(set)}/${NAME}`;
  return on(set, { url }, async world => {
    const [primary, ...replicas] = set.servers;
    for (const replica of replicas) replica.freeze();
    await world.work(isLong ? 200 : 20);
    await primary?.kill();
    for (const replica of replicas) replica.thaw();
    await world.recovers();
    await world.work(20);
  });
}

async function primaryOf({ servers }: RedisSet): Promise<RedisServer> {
  for (const server of servers) if ((await infoOf(server)).includes('role:master')) return server;
  throw new Error('No server is the primary.');
}

async function moveSlot(isLong: boolean): Promise<Outcome> {
  const set = await startCluster();
  return on(set, { url: `redis+cluster://${listed(set)}` }, world =>
    again(isLong ? 6 : 2, async () => {
      await moveCuts(set);
      await world.recovers();
      await world.work(20);
    }),
  );
}

export const REDIS_FAULTS: readonly Fault[] = [
  { name: 'kill -9, with appendfsync always', run: killDurable },
  { name: 'kill -9, without persistence', run: killForgetful },
  { name: 'FLUSHALL', run: flush },
  { name: 'CLIENT KILL, again and again', run: killConnections },
  { name: 'CLIENT PAUSE', run: pauseClients },
  { name: 'the feed held back while probes pass', run: holdTheFeed },
  { name: 'half-open connections', run: halfOpen },
  { name: 'a slow consumer', run: slowConsumer },
  { name: 'the log trimmed past a cursor', run: trimTheLog },
  { name: 'SIGSTOP of a backup during WAIT', run: stopBackup },
  { name: 'failover by Sentinels', run: failOver },
  { name: 'failover by the order of an operator', run: failOverByOrder },
  { name: 'failover with a lost tail', run: loseTheTail },
  { name: 'the slot of the cuts moved in a Cluster', run: moveSlot },
];
