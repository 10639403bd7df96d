/** Who follows a Redis that is not there yet: it is tried again until it is. What waiting does not mend is said at once. */
import { createAuthority, followRevocations, openStore, type Replica } from 'revocable';
import { afterEach, describe, expect, it } from 'vitest';
import type { FollowEvent } from '#stores/follow-options';
import { until } from '../contracts/store-world.ts';
import { freePort, type RedisServer, startRedis, startServer } from './redis-server.ts';
import { NAME, type RedisSet, startCluster, startSentinelSet } from './redis-sets.ts';

const SECRET = 'a root secret of the test, 32 bytes';
const CLAIMS = { iss: 'https://auth.example', sub: 'ann', iat: 1, modified_at: 1, refresh_modified_at: 1 };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const listed = ({ ports }: RedisSet): string => ports.map(port => `127.0.0.1:${port}`).join(',');
const isStale = (replica: Replica): boolean => {
  try {
    replica.isRevoked(CLAIMS);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_REPLICA_STALE';
  }
};

/** A place with a Redis that has gone before anybody came. */
interface Gone {
  readonly url: string;
  start(): Promise<unknown>;
}

async function goneServer(): Promise<Gone> {
  const server = await startRedis();
  closing.push(() => server.stop());
  await server.kill();
  return { url: server.url, start: () => server.start() };
}

/** The Sentinels go on naming the primary, for there is no other. */
async function gonePrimary(): Promise<Gone> {
  const set = await startSentinelSet({ replicas: 0 });
  closing.push(() => set.stop());
  const [primary] = set.servers as [RedisServer];
  await primary.kill();
  return { url: `redis+sentinel://${listed(set)}/${NAME}`, start: () => primary.start() };
}

async function goneSentinels(): Promise<Gone> {
  const set = await startSentinelSet({ replicas: 0 });
  closing.push(() => set.stop());
  for (const sentinel of set.sentinels) await sentinel.kill();
  const start = (): Promise<unknown> => Promise.all(set.sentinels.map(sentinel => sentinel.start()));
  return { url: `redis+sentinel://${listed(set)}/${NAME}`, start };
}

async function goneCluster(): Promise<Gone> {
  const set = await startCluster();
  closing.push(() => set.stop());
  for (const server of set.servers) await server.kill();
  const start = (): Promise<unknown> => Promise.all(set.servers.map(server => server.start()));
  return { url: `redis+cluster://${listed(set)}`, start };
}

/** Login and revocation, when it is there. */
async function revokeAnn(url: string): Promise<void> {
  for (;;) {
    const store = await openStore(url).catch(() => undefined);
    if (store === undefined) continue;
    closing.push(() => store.close());
    const authority = await createAuthority({
      ...{ store, secret: SECRET, issuer: CLAIMS.iss, audience: 'api' },
      signing: { alg: 'ES256' },
    }).catch(() => undefined);
    if (authority === undefined) continue;
    closing.push(() => authority.close());
    await authority.revoke({ subject: 'ann' });
    return;
  }
}

describe('followRevocations on a Redis that is not there', () => {
  it.each([
    ['one server', goneServer],
    ['a primary that the Sentinels go on naming', gonePrimary],
    ['Sentinels', goneSentinels],
    ['a Cluster', goneCluster],
  ])(
    '%s: resolves after its timeout, refuses as stale, and is ready when it comes',
    {
      timeout: 60_000,
    },
    async (_, goneFrom) => {
      const { url, start } = await goneFrom();
      const events: FollowEvent[] = [];
      const replica = await followRevocations(url, {
        timeout: 0.5,
        onEvent: event => void events.push(event),
      });
      closing.push(() => replica.close());
      expect(isStale(replica)).toBe(true);
      expect(events[0]).toMatchObject({ type: 'feed.problem', error: { code: 'ERR_STORE_UNAVAILABLE' } });
      await start();
      await revokeAnn(url);
      await replica.ready;
      await until(() => !isStale(replica) && replica.isRevoked(CLAIMS), 10_000);
      expect(replica.isRevoked({ ...CLAIMS, sub: 'bob' })).toBe(false);
    },
  );

  it('polls one that is not there: ready when it comes', { timeout: 60_000 }, async () => {
    const { url, start } = await goneServer();
    const replica = await followRevocations(url, { timeout: 0.5, poll: 1, maxStaleness: 10 });
    closing.push(() => replica.close());
    expect(isStale(replica)).toBe(true);
    await start();
    await revokeAnn(url);
    await replica.ready;
    expect(isStale(replica)).toBe(false);
  });

  it('does not wait longer than its timeout for one that takes connections and says nothing', async () => {
    const server = await startRedis();
    closing.push(() => server.stop());
    server.freeze();
    const replica = await followRevocations(server.url, { timeout: 0.5 });
    closing.push(() => replica.close());
    expect(isStale(replica)).toBe(true);
    server.thaw();
  });

  it('says nothing more once it is closed', async () => {
    const { url } = await goneServer();
    let said = 0;
    const tell = (): void => {
      said += 1;
    };
    const replica = await followRevocations(url, { timeout: 0.1, onEvent: tell });
    replica.close();
    const before = said;
    await new Promise(resolve => setTimeout(resolve, 600));
    expect(said).toBe(before);
  });
});

/** One server with a password, and a user who may do less than a follower must. */
async function lockedServer(): Promise<RedisServer> {
  const port = await freePort();
  const files = {
    'users.acl': 'user default on >right ~* &* +@all\nuser half on >right ~* &* -@all +info +ping +hello\n',
  };
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--aclfile', 'users.acl'];
  const server = await startServer({ port, words, files });
  closing.push(() => server.stop());
  return server;
}

describe('a Redis that refuses is no Redis that is down', () => {
  const refusedBy = async (url: string): Promise<{ code?: string; message: string }> =>
    followRevocations(url, { timeout: '1h' }).then(
      replica => {
        replica.close();
        return { message: 'it was followed' };
      },
      error => error,
    );

  it.each([
    ['a wrong password', 'redis://:s3cret@', /user or password/],
    ['no password', 'redis://', /user or password/],
    ['a user without EVAL', 'redis://half:right@', /ACL/],
  ])('%s is an error at once, which does not say it', async (_, front, message) => {
    const { port } = await lockedServer();
    const error = await refusedBy(`${front}127.0.0.1:${port}`);
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', message: expect.stringMatching(message) });
    expect(error.message).not.toMatch(/s3cret|right/);
  });

  it.each([
    ['a database that it does not have', '/999', 'redis', /database/],
    ['no Cluster', '', 'redis+cluster', /no Cluster/],
    ['a password that it does not ask for', '', 'redis://:s3cret@', /password/],
  ])('%s is an error at once', async (_, path, front, message) => {
    const server = await startRedis();
    closing.push(() => server.stop());
    const begin = front.includes('@') ? front : `${front}://`;
    const error = await refusedBy(`${begin}127.0.0.1:${server.port}${path}`);
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', message: expect.stringMatching(message) });
    expect(error.message).not.toContain('s3cret');
  });

  it('a set that no Sentinel knows, and a password that the Sentinels refuse, are errors at once', {
    timeout: 30_000,
  }, async () => {
    const set = await startSentinelSet({ replicas: 0 });
    closing.push(() => set.stop());
    const url = `redis+sentinel://${listed(set)}`;
    const unknown = {
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringMatching(/a set that its Sentinels/),
    };
    expect(await refusedBy(`${url}/another`)).toMatchObject(unknown);
    await expect(openStore(`${url}/another`)).rejects.toMatchObject(unknown);
    const error = await refusedBy(`${url}/${NAME}?sentinel_username=nobody&sentinel_password=s3cret`);
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', message: expect.stringMatching(/password/) });
    expect(error.message).not.toContain('s3cret');
  });
});
