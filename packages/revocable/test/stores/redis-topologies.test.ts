/** The store on a server with TLS, on a set that Sentinels watch, on a Cluster; by URL, and with each client handed in. */
import { readFileSync } from 'node:fs';
import { Cluster, Redis } from 'ioredis';
import { createCluster, createSentinel } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '#store';
import type { RedisLocation } from '#stores/open';
import { openStore } from '#stores/open';
import { slotOf } from '#stores/redis/slots';
import { describeStore, type OpenFresh } from '../contracts/store.ts';
import { cutUser, login, read, refresh, until } from '../contracts/store-world.ts';
import {
  type Certificates,
  freePort,
  makeCertificates,
  type RedisServer,
  startRedis,
} from './redis-server.ts';
import { NAME, type RedisSet, startCluster, startSentinelSet, together } from './redis-sets.ts';

/** The rights that the documentation gives to authorities, under another name. */
const USER = readFileSync(new URL('../../../../docs/redis/authorities.acl', import.meta.url), 'utf8')
  .trim()
  .replace('revocable-authority', 'tokens')
  .replace('change-this-password', 'pass:word@1');
const USERS = [USER];
const AS_TOKENS = 'tokens:pass%3Aword%401';

/** The contract asks for a root secret that is kept; with Redis the operator keeps it, which here is the test. */
const withSecret = (store: Store): Store => ({ ...store, rootSecret: async () => new Uint8Array(32) });

const certificates: Certificates = makeCertificates();
let secure: RedisServer;
let securePort: number;
let watched: RedisSet;
let cluster: RedisSet;

const listed = (set: RedisSet): string => set.ports.map(port => `127.0.0.1:${port}`).join(',');
const addresses = (set: RedisSet): { host: string; port: number }[] =>
  set.ports.map(port => ({ host: '127.0.0.1', port }));
const secureUrl = (): string => `rediss://${AS_TOKENS}@127.0.0.1:${securePort}?ca=${certificates.ca}`;
const sentinelUrl = (): string => `redis+sentinel://${AS_TOKENS}@${listed(watched)}/${NAME}`;
const clusterUrl = (): string => `rediss+cluster://${AS_TOKENS}@${listed(cluster)}?ca=${certificates.ca}`;

beforeAll(async () => {
  securePort = await freePort();
  const files = ['--tls-ca-cert-file', certificates.ca, '--tls-cert-file', certificates.cert];
  const tls = ['--tls-port', String(securePort), ...files, '--tls-key-file', certificates.key];
  const user = ['--user', ...USER.split(' ').slice(1)];
  [secure, watched, cluster] = await together<[RedisServer, RedisSet, RedisSet]>([
    startRedis(...tls, '--tls-auth-clients', 'no', ...user),
    startSentinelSet({ users: USERS }, '--min-replicas-to-write', '1'),
    startCluster({ users: USERS, certificates }),
  ]);
});
afterAll(async () => {
  await Promise.all([secure?.stop(), watched?.stop(), cluster?.stop()]);
  certificates.remove();
});

const fresh =
  (empty: () => Promise<unknown>, location: () => string | RedisLocation): OpenFresh =>
  async options => {
    await empty();
    return withSecret(await openStore(location(), options));
  };

describeStore(
  'redis behind Sentinels',
  fresh(() => watched.command('FLUSHALL'), sentinelUrl),
);
describeStore(
  'a Redis Cluster with TLS',
  fresh(() => cluster.command('FLUSHALL'), clusterUrl),
);

const HANDED_IN: readonly [string, () => RedisSet, () => { redis: object; end: () => unknown }][] = [
  [
    'ioredis, of a set that Sentinels watch',
    () => watched,
    () => {
      const sentinels = addresses(watched);
      const redis = new Redis({
        sentinels,
        name: NAME,
        username: 'tokens',
        password: 'pass:word@1',
        lazyConnect: true,
      });
      return { redis, end: () => redis.disconnect() };
    },
  ],
  [
    'ioredis, of a Cluster',
    () => cluster,
    () => {
      const tls = { ca: [certificates.text] };
      const redisOptions = { username: 'tokens', password: 'pass:word@1', tls };
      const redis = new Cluster(addresses(cluster), { redisOptions, lazyConnect: true });
      return { redis, end: () => redis.disconnect() };
    },
  ],
  [
    'redis, of a set that Sentinels watch',
    () => watched,
    () => {
      const nodeClientOptions = { username: 'tokens', password: 'pass:word@1' };
      const redis = createSentinel({ name: NAME, sentinelRootNodes: addresses(watched), nodeClientOptions });
      return { redis, end: () => undefined };
    },
  ],
  [
    'redis, of a Cluster',
    () => cluster,
    () => {
      const socket = { tls: true as const, ca: certificates.text };
      const defaults = { username: 'tokens', password: 'pass:word@1', socket };
      const rootNodes = addresses(cluster).map(address => ({ socket: { ...address, ...socket } }));
      const redis = createCluster({ rootNodes, defaults });
      return { redis, end: () => undefined };
    },
  ],
];

/** Login, refresh, revoke and follow. */
async function worksOn(store: Store): Promise<void> {
  await store.begin();
  const reader = await read(store);
  const { session } = await login(store, Date.now, { subject: 'ann' });
  expect(await refresh(store, Date.now, session?.id ?? '', 0)).toMatchObject({ verdict: 'rotated' });
  const { cursor } = await cutUser(store, Date.now, { subject: 'ann' });
  await until(() => reader.cursor === cursor);
  expect(await refresh(store, Date.now, session?.id ?? '', 0)).toMatchObject({ refused: 'revoked' });
  expect(await store.count({ kind: 'everyone' })).toMatchObject({ sessions: 0 });
  await store.close();
}

describe('a client handed in', () => {
  it.each(HANDED_IN)('of %s: login, refresh, revoke and follow', async (_, set, make) => {
    await set().command('FLUSHALL');
    const { redis, end } = make();
    await worksOn(await openStore({ redis } as RedisLocation));
    end();
  });
});

describe('one server with TLS', () => {
  it('is reached as an ACL user, by an authority of its own: login, refresh, revoke and follow', async () => {
    await worksOn(await openStore(secureUrl()));
  });

  it('is refused where that authority is not known, and nothing of it is told but why', async () => {
    const error = await openStore(secureUrl().replace(/\?.*/, '')).catch(e => e);
    expect(error).toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      message: expect.stringMatching(/certificate/),
    });
    expect(error.message).not.toContain('word');
  });
});

describe('hash slots', () => {
  it('are those of Redis, also of keys with braces', async () => {
    const keys = [
      '',
      'a',
      'revocable:{cuts}:log',
      'x{}y',
      '{{a}b',
      '{a',
      'a}b{c}',
      'ü{ß€}',
      'revocable:{u:a:{b}}',
    ];
    for (const key of keys) {
      const [said = ''] = await cluster.command('CLUSTER', 'KEYSLOT', key);
      expect(`${key} ${/^:(\d+)/.exec(said)?.[1]}`).toBe(`${key} ${slotOf(key)}`);
    }
  });

  it('hold the cut state together, and spread the users', async () => {
    await cluster.command('FLUSHALL');
    const store = await openStore(clusterUrl());
    for (let i = 0; i < 20; i += 1) await login(store, Date.now, { subject: `user-${i}` });
    await cutUser(store, Date.now, { subject: 'user-1' });
    const held = await cluster.command('KEYS', 'revocable:*');
    const serving = held.filter(keys => keys.includes('{u:'));
    expect(held.filter(keys => keys.includes('{cuts}'))).toHaveLength(1);
    expect(serving.length).toBeGreaterThan(1);
    expect(await store.count({ kind: 'everyone' })).toMatchObject({ subjects: 19 });
    await store.close();
  });
});
