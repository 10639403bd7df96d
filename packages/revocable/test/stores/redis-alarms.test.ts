/** What a Redis says of itself that somebody has to look at. */
import { type AuthorityEvent, createAuthority, openStore } from 'revocable';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../contracts/store-world.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

const base = {
  issuer: 'https://auth.example',
  audience: 'api',
  signing: { alg: 'ES256' },
  secret: 'a root secret of thirty-two bytes or more',
} as const;
let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

const set = (name: string, value: string) => server.command('CONFIG', 'SET', name, value);

describe('the alarms of a Redis', () => {
  it('are none where all is well, and its eviction policy while that may drop revocations', async () => {
    await using store = await openStore(server.url);
    expect(await store.alarms()).toEqual([]);
    await set('maxmemory-policy', 'volatile-lru');
    const [alarm, ...more] = await store.alarms();
    await set('maxmemory-policy', 'noeviction');
    expect(alarm).toEqual({ alarm: 'eviction', message: expect.stringContaining('volatile-lru') });
    expect(more).toEqual([]);
    expect(await store.alarms()).toEqual([]);
  });

  it('are replicas that are demanded and not there: it takes no writes', async () => {
    await using store = await openStore(server.url);
    await set('min-replicas-to-write', '1');
    const alarms = await store.alarms();
    await set('min-replicas-to-write', '0');
    expect(alarms).toEqual([{ alarm: 'replicas', message: expect.stringContaining('takes no writes') }]);
  });

  it('are a revocation that too few replicas had, until one that enough have', {
    timeout: 30_000,
  }, async () => {
    await using store = await openStore(server.url, { waitForReplicas: 1 });
    const events: AuthorityEvent[] = [];
    await using authority = await createAuthority({ ...base, store, onEvent: event => events.push(event) });
    await expect(authority.revoke({ subject: 'ada' })).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      message: expect.stringContaining('0 of 1 replicas'),
    });
    await until(() => events.some(({ type }) => type === 'store.alarm'), 10_000);
    expect(events.find(({ type }) => type === 'store.alarm')).toEqual({
      type: 'store.alarm',
      alarm: 'replicas',
      message: expect.stringContaining('only 0 of 1 had what was written last'),
    });
    const replica = await startRedis('--replicaof', '127.0.0.1', String(server.port));
    try {
      await until(async () => (await server.command('WAIT', '1', '100')).includes('1'), 15_000);
      await authority.revoke({ subject: 'ada' });
      // It is a primary with a replica now, and takes writes without: that is what is left to be said.
      expect(await store.alarms()).toEqual([
        { alarm: 'replicas', message: expect.stringContaining('takes writes without any') },
      ]);
    } finally {
      await replica.stop();
    }
  });
});
