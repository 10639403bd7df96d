import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '#store';
import { openStore } from '#stores/open';
import { CUT_STATE, ENTRIES } from '#stores/redis/keys';
import { describeStore } from '../contracts/store.ts';
import { cutUser, login } from '../contracts/store-world.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

/**
 * The contract asks for a root secret that is kept; with Redis the operator keeps it, which here is the test.
 * What the store itself says is below.
 */
const withSecret = (store: Store): Store => ({ ...store, rootSecret: async () => new Uint8Array(32) });

describeStore('redis by URL', async options => {
  await server.command('FLUSHALL');
  return withSecret(await openStore(server.url, options));
});

describeStore('redis with a client of ioredis', async options => {
  await server.command('FLUSHALL');
  const client = new Redis(server.port, '127.0.0.1', { lazyConnect: true });
  return withSecret(await openStore({ redis: client }, options));
});

describe('the redis store', () => {
  it('takes a client of the package redis, and leaves it as it was', async () => {
    await server.command('FLUSHALL');
    const client = createClient({ url: server.url });
    await client.connect();
    const store = await openStore({ redis: client });
    expect(await store.begin()).toMatchObject({ head: 0 });
    await store.close();
    expect(await client.ping()).toBe('PONG');
    client.destroy();
  });

  it('29: lets no cut go by itself: what counts has no expiry of Redis', async () => {
    await server.command('FLUSHALL');
    const store = await openStore(server.url);
    await login(store, Date.now, { subject: 'ada' });
    await cutUser(store, Date.now, { subject: 'ada' });
    for (const key of CUT_STATE) expect(await server.command('PTTL', key), key).toMatch(/^:-[12]/);
    expect(await server.command('PTTL', ENTRIES)).toMatch(/^:-1/);
    await store.close();
  });

  it('keeps no root secret, and has no file to back up', async () => {
    const store = await openStore(server.url);
    expect(await store.rootSecret()).toBeUndefined();
    await expect(store.backup('copy.db')).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await store.close();
  });
});
