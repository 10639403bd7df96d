/** The Redis store when things break: servers, connections, data. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { sessionScope, tokenScope, userScope } from '#revocation/index';
import type { Store } from '#store';
import { openStore } from '#stores/open';
import { CUT_STEP } from '#stores/redis/cut-scripts';
import { childrenKey } from '#stores/redis/keys';
import {
  begun,
  cutUser,
  endSession,
  LIVES,
  login,
  type Reader,
  read,
  until,
} from '../contracts/store-world.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

const alice = { tenant: 'acme', subject: 'alice', client: 'web' };
const UNAVAILABLE = { code: 'ERR_STORE_UNAVAILABLE' };

const stores: Store[] = [];
const servers: RedisServer[] = [];
let server: RedisServer;

async function opened(url: string = server.url, options = {}): Promise<Store> {
  const store = await openStore(url, options);
  stores.push(store);
  return store;
}

async function started(...options: string[]): Promise<RedisServer> {
  const redis = await startRedis(...options);
  servers.push(redis);
  return redis;
}

function opening(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>(open => {
    resolve = open;
  });
  return { promise, resolve };
}

/** A client whose connections hold one script back until a gate opens. */
function heldBack(client: Redis, hash: string, gate: Promise<void>, arrived: () => void): Redis {
  const duplicate = client.duplicate.bind(client);
  client.duplicate = options => {
    const own = duplicate(options);
    const call = own.call.bind(own) as (...words: string[]) => Promise<unknown>;
    own.call = (async (...words: string[]) => {
      if (words[1] === hash) {
        arrived();
        await gate;
      }
      return call(...words);
    }) as typeof own.call;
    return own;
  };
  return client;
}

beforeAll(async () => {
  server = await startRedis('--repl-diskless-sync-delay', '0');
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const redis of servers.splice(0)) await redis.stop();
  await server.command('FLUSHALL');
});
afterAll(() => server.stop());

describe('a server that ends', () => {
  it('kill -9 with appendfsync always loses no acknowledged revocation', { timeout: 60_000 }, async () => {
    const durable = await started('--appendonly', 'yes', '--appendfsync', 'always');
    const store = await opened(durable.url);
    const acknowledged: string[] = [];
    let count = 0;
    const write = async (): Promise<void> => {
      for (;;) {
        count += 1;
        const scope = `j:${count}`;
        const order = { kind: 'forever', scope, plane: 'a', tokenExpires: Date.now() + 9e6 } as const;
        await store.revoke({ orders: [order], caller: Date.now(), lives: LIVES });
        acknowledged.push(scope);
      }
    };
    const failures = [write(), write(), write()].map(work => work.catch(error => error));
    await until(() => acknowledged.length > 300);
    await durable.kill();
    for (const error of await Promise.all(failures)) expect(error).toMatchObject(UNAVAILABLE);
    await durable.start();
    const kept = new Set<string>();
    await store.feed.load('all', entries => {
      for (const { scope } of entries) kept.add(scope);
    });
    expect(acknowledged.filter(scope => !kept.has(scope))).toEqual([]);
  });

  it('another run of it is closed until an authority has taken over; later stamps lie above all before', async () => {
    const durable = await started('--appendonly', 'yes', '--appendfsync', 'always');
    const store = await opened(durable.url);
    const before = await login(store, Date.now, alice);
    const { owner } = await begun(store);
    await durable.kill();
    await expect(store.begin()).rejects.toMatchObject(UNAVAILABLE);
    await durable.start();
    expect(await store.begin()).toEqual({ refused: 'closed' });
    const order = { kind: 'finite', scope: 'g', plane: 's' } as const;
    const step = { orders: [order], caller: Date.now(), lives: LIVES };
    expect(await store.revoke(step)).toEqual({ refused: 'closed' });
    expect(await store.takeover(Date.now())).toEqual({ tookOver: true });
    expect(await store.takeover(Date.now())).toEqual({ tookOver: false });
    expect((await begun(store)).owner).not.toBe(owner);
    const after = await login(store, Date.now, alice);
    expect(after.stamp).toBeGreaterThan(before.stamp + 4000);
  });

  it('a flush closes it for whoever knows that there was something, and followers load again', async () => {
    const store = await opened();
    await cutUser(store, Date.now, alice);
    const reader = await read(store);
    await server.command('FLUSHALL');
    expect(await store.begin()).toEqual({ refused: 'closed', lost: true });
    await opened().then(other => other.begin()); // A newcomer opens what it takes for a new store,
    expect(await store.begin()).toEqual({ refused: 'closed', lost: true }); // which deceives nobody who knows better.
    expect(await store.takeover(Date.now())).toEqual({ tookOver: true });
    await cutUser(store, Date.now, alice);
    await until(() => reader.lost === 1);
  });
});

describe('connections that break', () => {
  it('CLIENT KILL: what is on its way fails, then all goes on, followers too', {
    timeout: 30_000,
  }, async () => {
    const store = await opened();
    const reader = await read(store);
    let failed = 0;
    for (let i = 0; i < 40; i += 1) {
      const steps = [1, 2, 3].map(() => cutUser(store, Date.now, { subject: `u${i}` }));
      if (i % 4 === 0) void server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      for (const result of await Promise.allSettled(steps)) {
        if (result.status === 'fulfilled') continue;
        expect(result.reason).toMatchObject(UNAVAILABLE);
        failed += 1;
      }
    }
    const { cursor } = await cutUser(store, Date.now, alice);
    await until(() => reader.cursor === cursor);
    expect(reader.lost).toBe(0);
    expect(reader.cuts.get(userScope('acme', 'alice'))).toBeDefined();
    expect(failed).toBeGreaterThan(0);
  });

  it('CLIENT PAUSE: an error within the deadline, and then it works', { timeout: 30_000 }, async () => {
    const store = await opened();
    await begun(store);
    void server.command('CLIENT', 'PAUSE', '7000', 'ALL'); // Its own QUIT waits too.
    await new Promise(resolve => setTimeout(resolve, 200));
    const start = performance.now();
    await expect(store.begin()).rejects.toMatchObject(UNAVAILABLE);
    expect(performance.now() - start).toBeLessThan(6500);
    await until(() => store.begin().then(Boolean, () => false), 20_000);
    expect(await store.begin()).toMatchObject({ head: 0 });
  });
});

describe('a log that is not the one that was read', () => {
  const broken = async (breakIt: () => Promise<unknown>): Promise<Reader> => {
    const store = await opened();
    await cutUser(store, Date.now, alice);
    const reader = await read(store);
    await cutUser(store, Date.now, alice);
    await until(() => reader.order.length === 1);
    await breakIt();
    await cutUser(store, Date.now, { subject: 'later' });
    await until(() => reader.lost === 1);
    return reader;
  };

  it('is noticed by the tag of the entry before', async () => {
    const reader = await broken(() => server.command('HSET', 'revocable:{cuts}:ledger', 'tag', 'another'));
    expect(reader.order).toHaveLength(1);
  });

  it('is noticed by a number that does not follow', async () => {
    const reader = await broken(() => server.command('HINCRBY', 'revocable:{cuts}:ledger', 'head', '3'));
    expect(reader.order).toHaveLength(1);
  });

  it('is noticed by an entry that is damaged', async () => {
    const reader = await broken(async () => {
      const tag = (await server.command('HGET', 'revocable:{cuts}:ledger', 'tag')).split('\r\n')[1] ?? '';
      const fields = ['scope', 'g', 'entry', 'damaged', 'tag', 'x', 'prev', tag];
      await server.command('XADD', 'revocable:{cuts}:log', '3-0', ...fields);
      await server.command('HSET', 'revocable:{cuts}:ledger', 'head', '3', 'tag', 'x');
    });
    expect(reader.order).toHaveLength(1);
  });

  it('is noticed where it was trimmed behind the cursor', async () => {
    const store = await opened();
    const first = await cutUser(store, Date.now, alice);
    for (const subject of ['a', 'b', 'c']) await cutUser(store, Date.now, { subject });
    await server.command('XTRIM', 'revocable:{cuts}:log', 'MAXLEN', '1');
    let lost = 0;
    const nothing = (): void => {};
    const heard = (): void => {
      lost += 1;
    };
    const sink = { entries: nothing, key: nothing, profile: nothing, lost: heard };
    store.feed.follow(first.cursor, 'all', sink);
    await until(() => lost === 1);
  });

  it('a cut that is damaged is no cut that is dropped', async () => {
    const store = await opened();
    await cutUser(store, Date.now, alice);
    await server.command('HSET', 'revocable:{cuts}:entries', userScope('acme', 'alice'), 'nonsense');
    await expect(store.feed.load('all', () => {})).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' });
    await expect(login(store, Date.now, alice)).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' });
  });
});

describe('followers', () => {
  const scriptsRun = async (): Promise<number> =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await server.command('INFO', 'commandstats'))?.[1] ?? 0);

  it('take what the bell brings as it is, and ask again only where it does not go on from what they have', async () => {
    const [writing, reading] = [await opened(), await opened()];
    await begun(writing);
    const readers = [await read(reading), await read(reading), await read(reading)];
    const cutOne = async (subject: string): Promise<void> => {
      const { cursor } = await cutUser(writing, Date.now, { subject });
      await until(() => readers.every(reader => reader.cursor === cursor));
    };
    await cutOne('first'); // The bell has begun to listen by now.
    const before = await scriptsRun();
    for (let i = 0; i < 20; i += 1) await cutOne(`user-${i}`);
    const asked = (await scriptsRun()) - before - 20; // A cut is a script too.
    expect(asked).toBeLessThan(20); // Three each would be sixty; a moment of silence costs one each.
    for (const reader of readers) {
      expect(reader.cuts.get(userScope('', 'user-19'))).toBeDefined();
      expect(reader.lost).toBe(0);
    }
  });
});

describe('two processes', () => {
  it('hear of each other: cuts, keys, reports', async () => {
    const [one, two] = [await opened(), await opened()];
    const reader = await read(two);
    let told = 0;
    one.onChange(() => {
      told += 1;
    });
    const { cursor } = await cutUser(one, Date.now, alice);
    await until(() => reader.cursor === cursor);
    await until(() => told > 0);
    const before = told;
    const report = { applied: cursor, maxStalenessMs: 1000, whenStale: 'reject' } as const;
    await two.feed.probe({ name: 'two', ...report });
    await until(() => told > before);
    expect(await one.replicas()).toMatchObject([{ name: 'two', applied: cursor }]);
  });

  it('a session opened under one whose end is on its way ends too', async () => {
    const gate = opening();
    const arrived = opening();
    const client = new Redis(server.port, '127.0.0.1', { lazyConnect: true });
    const halting = heldBack(client, CUT_STEP.hash, gate.promise, arrived.resolve);
    const one = await openStore({ redis: halting });
    stores.push(one);
    const two = await opened();
    const parent = (await login(one, Date.now, alice)).session?.id ?? '';
    const ending = endSession(one, Date.now, parent);
    await arrived.promise;
    const child = (await login(two, Date.now, alice, { parent })).session?.id ?? '';
    gate.resolve();
    const { wrote, ended } = await ending;
    expect(wrote.map(entry => entry.scope)).toEqual([sessionScope(parent), sessionScope(child)]);
    expect(ended).toBe(2);
  });
});

/** The replica has said that it has whatever the server has sent. */
function hasAll(info: string): boolean {
  const [, sent] = /master_repl_offset:(\d+)/.exec(info) ?? [];
  const [, had] = /slave0:.*offset=(\d+)/.exec(info) ?? [];
  return sent !== undefined && sent === had;
}

describe('waitForReplicas', () => {
  it('fewer replicas than asked for: not known to be kept', { timeout: 20_000 }, async () => {
    const store = await opened(server.url, { waitForReplicas: 1 });
    const order = { kind: 'forever', scope: tokenScope('x'), plane: 'a' } as const;
    const step = { orders: [order], caller: Date.now(), lives: LIVES };
    await expect(store.revoke(step)).rejects.toMatchObject(UNAVAILABLE);
    expect(await store.cuts()).toBe(1);
    const replica = await started('--replicaof', '127.0.0.1', String(server.port));
    await until(async () => (await replica.command('INFO', 'replication')).includes('master_link_status:up'));
    expect(await store.revoke(step)).toMatchObject({ ended: 0 });
    await expect.poll(() => replica.command('HLEN', 'revocable:{cuts}:entries')).toContain(':1');
  });

  it('28: a replica that has stopped keeps nothing: what it knew before does not count', {
    timeout: 30_000,
  }, async () => {
    const store = await opened(server.url, { waitForReplicas: 1 });
    const replica = await started('--replicaof', '127.0.0.1', String(server.port));
    await until(async () => (await replica.command('INFO', 'replication')).includes('master_link_status:up'));
    const order = { kind: 'forever', scope: tokenScope('y'), plane: 'a' } as const;
    const step = { orders: [order], caller: Date.now(), lives: LIVES };
    expect(await store.revoke(step)).toMatchObject({ ended: 0 });
    // What was asked of the server before counts as had, on every connection: only the next write tells them apart.
    await until(async () => hasAll(await server.command('INFO', 'replication')));
    replica.freeze();
    await expect(store.revoke(step)).rejects.toMatchObject(UNAVAILABLE);
    replica.thaw();
    await expect.poll(() => store.revoke(step).catch(() => undefined), { timeout: 15_000 }).toBeDefined();
  });

  it('7: a child of which fewer know is not opened; of one that is, a replica knows that it ends with its parent', {
    timeout: 30_000,
  }, async () => {
    const store = await opened(server.url, { waitForReplicas: 1 });
    const parent = (await login(store, Date.now, alice)).session?.id ?? '';
    await expect(login(store, Date.now, alice, { parent })).rejects.toMatchObject(UNAVAILABLE);
    expect(await server.command('EXISTS', childrenKey(parent))).toContain(':0');
    expect((await store.count({ kind: 'session', session: parent })).sessions).toBe(1);
    const replica = await started('--replicaof', '127.0.0.1', String(server.port));
    await until(
      async () => (await replica.command('INFO', 'replication')).includes('master_link_status:up'),
      15_000,
    );
    const child = (await login(store, Date.now, alice, { parent })).session?.id ?? '';
    expect(await replica.command('SISMEMBER', childrenKey(parent), child)).toContain(':1');
  });
});

describe('openStore', () => {
  it('warns where Redis may evict', async () => {
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await opened();
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await opened();
    expect(emitted.mock.calls.map(([message]) => message)).toEqual([
      expect.stringContaining('maxmemory-policy allkeys-lru'),
    ]);
    emitted.mockRestore();
  });

  it.each([
    ['no URL', 'redis://:s3cret@ho st', /no Redis URL/],
    ['a database that is none', 'redis://:s3cret@127.0.0.1/x', /no Redis URL/],
  ])('refuses %s', async (_, url, message) => {
    const error = await openStore(url).catch(e => e);
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', message: expect.stringMatching(message) });
    expect(JSON.stringify(error) + error.message).not.toContain('s3cret');
  });

  it.each([
    ['no client', { redis: {} }],
    ['nothing', { redis: undefined }],
    ['a misspelt name', { reddis: {} }],
  ])('refuses %s handed in', async (_, given) => {
    await expect(openStore(given as never)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  it('refuses waitForReplicas that is no number of replicas, or of a store that has none', async () => {
    const wrong = { waitForReplicas: -1 };
    await expect(openStore(server.url, wrong)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await expect(openStore('memory:', { waitForReplicas: 1 })).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
  });

  it('says what is wrong with user and password, without saying them', async () => {
    const locked = await started('--requirepass', 'right');
    const store = await opened(`redis://:right@127.0.0.1:${locked.port}/2`);
    expect(store.location).toBe(`redis://127.0.0.1:${locked.port}/2`);
    const error = await openStore(`redis://:s3cret@127.0.0.1:${locked.port}`).catch(e => e);
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    expect(error.message).not.toContain('s3cret');
  });

  it('says what to install where the package is not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'revocable-alone-'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    cpSync(fileURLToPath(new URL('../../dist', import.meta.url)), join(folder, 'dist'), { recursive: true });
    const alone: { openStore: typeof openStore } = await import(
      pathToFileURL(join(folder, 'dist/stores/open.js')).href
    );
    const error = await alone.openStore(server.url).catch(e => e);
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    expect(error.message).toContain('npm install redis');
    rmSync(folder, { recursive: true });
  });

  it('says that a server cannot be reached', async () => {
    const gone = await started();
    await gone.stop();
    await expect(openStore(gone.url)).rejects.toMatchObject(UNAVAILABLE);
  });
});
