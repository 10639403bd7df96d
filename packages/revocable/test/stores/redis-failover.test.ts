/** Another server than before: a failover, a restart, a primary that was deposed. With authorities and followers as they run. */
import { type Authority, createAuthority, followRevocations, openStore, type Replica } from 'revocable';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Store } from '#store';
import { until } from '../contracts/store-world.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { moveCuts, NAME, type RedisSet, startCluster, startSentinelSet } from './redis-sets.ts';

const UNAVAILABLE = { code: 'ERR_STORE_UNAVAILABLE' };
const SECRET = 'a root secret of the test, 32 bytes';
const GUARDED = ['--min-replicas-to-write', '1', '--min-replicas-max-lag', '1'];

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function opened(url: string, options = {}): Promise<Store> {
  const store = await openStore(url, options);
  closing.push(() => store.close());
  return store;
}

async function authorityOn(store: Store): Promise<Authority> {
  const authority = await createAuthority({
    ...{ store, secret: SECRET, issuer: 'https://auth.example', audience: 'api' },
    signing: { alg: 'ES256' },
  });
  closing.push(() => authority.close());
  return authority;
}

async function following(url: string): Promise<Replica> {
  const replica = await followRevocations(url, { hold: 'all', name: 'api' });
  closing.push(() => replica.close());
  await replica.ready;
  return replica;
}

const sentinelUrl = (set: RedisSet): string =>
  `redis+sentinel://${set.ports.map(port => `127.0.0.1:${port}`).join(',')}/${NAME}`;

async function replicaCaughtUp(replica: RedisServer | undefined): Promise<void> {
  await until(async () => (await replica?.command('INFO', 'replication'))?.includes('status:up') === true);
}

describe('Sentinels promote the replica', () => {
  it('an authority takes over by itself; what was kept by the replica is there, and nobody who logs in is refused', {
    timeout: 60_000,
  }, async () => {
    const set = await startSentinelSet();
    closing.push(() => set.stop());
    const url = sentinelUrl(set);
    const store = await opened(url, { waitForReplicas: 1 });
    const authority = await authorityOn(store);
    const follower = await following(url);
    const old = await authority.issue({ subject: 'ann' });
    const other = await authority.issue({ subject: 'bob' });
    const before = await authority.begin();
    await authority.revoke({ subject: 'ann' });

    await set.servers[0]?.kill();
    await until(
      () =>
        authority.begin().then(
          ({ owner }) => owner !== before.owner,
          () => false,
        ),
      20_000,
    );
    expect(authority.verifier.check(old.accessToken)).toMatchObject({ code: 'ERR_TOKEN_REVOKED' });
    await expect(authority.refresh(old.refreshToken)).rejects.toMatchObject({ code: 'ERR_TOKEN_REVOKED' });
    const next = await authority.refresh(other.refreshToken);
    const fresh = await authority.issue({ subject: 'ann' });
    for (const token of [next, fresh])
      expect(authority.verifier.check(token.accessToken)).toMatchObject({ ok: true });
    await until(() => follower.age < 3000, 10_000);

    const alone = await opened(url, { waitForReplicas: 1 });
    const order = { kind: 'forever', scope: 'j:x', plane: 'a' } as const;
    const lives = { accessMs: 1000, refreshMs: 1000, leewayMs: 1000 };
    await expect(alone.revoke({ orders: [order], caller: Date.now(), lives })).rejects.toMatchObject(
      UNAVAILABLE,
    );
  });
});

/** What a Sentinel says of the set by SENTINEL MASTER: the port of its primary, and the epoch. */
async function saidBy(sentinel: RedisServer): Promise<{ port: number; epoch: number }> {
  const reply = await sentinel.command('SENTINEL', 'MASTER', NAME);
  const of = (name: string): number =>
    Number(new RegExp(`${name}\\r\\n\\$\\d+\\r\\n(\\d+)`).exec(reply)?.[1]);
  return { port: of('port'), epoch: of('config-epoch') };
}

describe('a failover on its way', () => {
  it('the Sentinel that leads it names the old primary in the new epoch, and is not believed', {
    timeout: 60_000,
  }, async () => {
    const set = await startSentinelSet({ replicas: 2, failoverMs: 20_000 });
    closing.push(() => set.stop());
    const [old, , never] = set.servers as [RedisServer, RedisServer, RedisServer];
    // It is not promoted, and cannot follow the one that is: the failover does not end.
    await never.command('CONFIG', 'SET', 'replica-priority', '0');
    await never.command('CONFIG', 'SET', 'masteruser', 'nobody');
    await never.command('CONFIG', 'SET', 'masterauth', 'wrong');
    await new Promise(resolve => setTimeout(resolve, 1500));
    await old.kill();
    let leader = 0;
    await until(async () => {
      for (const [i, sentinel] of set.sentinels.entries()) {
        const { port, epoch } = await saidBy(sentinel);
        if (epoch > 0 && port === old.port) leader = set.ports[i] ?? 0;
      }
      return leader > 0;
    }, 15_000);
    const url = `redis+sentinel://127.0.0.1:${leader}/${NAME}`;
    await until(
      () =>
        openStore(url)
          .then(store => store.close().then(() => true))
          .catch(() => false),
      3000,
    );
    expect((await saidBy(set.sentinels[set.ports.indexOf(leader)] as RedisServer)).port).toBe(old.port);
  });

  it('one that an operator orders: the old primary is left before it has been told, which takes ten seconds', {
    timeout: 60_000,
  }, async () => {
    const set = await startSentinelSet({ replicas: 2 }, ...GUARDED);
    closing.push(() => set.stop());
    const url = sentinelUrl(set);
    const authority = await authorityOn(await opened(url));
    const follower = await following(url);
    const { owner } = await authority.begin();
    const [old] = set.servers as [RedisServer];
    await old.command('ACL', 'SETUSER', 'default', '-slaveof', '-replicaof'); // Here it is never told.
    expect(await set.sentinels[0]?.command('SENTINEL', 'FAILOVER', NAME)).toContain('OK');
    await until(
      () =>
        authority.begin().then(
          begun => begun.owner !== owner,
          () => false,
        ),
      30_000,
    );
    await until(() => follower.age < 1500, 10_000);
  });
});

describe('a server that is no longer the primary', () => {
  it('a replica answers no probe', async () => {
    const primary = await startRedis('--repl-diskless-sync-delay', '0');
    const replica = await startRedis('--replicaof', '127.0.0.1', String(primary.port));
    closing.push(
      () => primary.stop(),
      () => replica.stop(),
    );
    await (await opened(primary.url)).begin();
    await replicaCaughtUp(replica);
    const there = await opened(replica.url);
    await until(() => there.feed.load('all', () => {}).then(Boolean, () => false));
    const report = { applied: undefined, maxStalenessMs: 1000, whenStale: 'reject' } as const;
    await expect(there.feed.probe({ name: undefined, ...report })).rejects.toMatchObject(UNAVAILABLE);
    await expect(there.feed.probe({ name: 'api', ...report })).rejects.toMatchObject(UNAVAILABLE);
  });

  it('a primary that has lost its replicas answers none either, with min-replicas-to-write', async () => {
    const primary = await startRedis('--repl-diskless-sync-delay', '0', ...GUARDED);
    const replica = await startRedis('--replicaof', '127.0.0.1', String(primary.port));
    closing.push(
      () => primary.stop(),
      () => replica.stop(),
    );
    const store = await opened(primary.url);
    await replicaCaughtUp(replica);
    await until(() => store.begin().then(Boolean, () => false));
    const report = {
      name: undefined,
      applied: undefined,
      maxStalenessMs: 1000,
      whenStale: 'reject',
    } as const;
    expect(await store.feed.probe(report)).toMatchObject({ head: expect.any(String) });
    replica.freeze();
    await until(
      () =>
        store.feed.probe(report).then(
          () => false,
          error => error.code === UNAVAILABLE.code,
        ),
      10_000,
    );
    replica.thaw();
    await until(() => store.feed.probe(report).then(Boolean, () => false), 10_000);
  });
});

describe('a server that was restarted', () => {
  it('makes nobody fresh until an authority has taken over, which it does within two seconds though nobody logs in', {
    timeout: 60_000,
  }, async () => {
    const server = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
    closing.push(() => server.stop());
    const authority = await authorityOn(await opened(server.url));
    await authority.issue({ subject: 'ann' });
    const { owner } = await authority.begin();
    const other = await opened(server.url);
    await authority.close();
    await server.kill();
    await server.start();
    const report = { name: 'api', applied: undefined, maxStalenessMs: 1000, whenStale: 'reject' } as const;
    await expect(other.feed.probe(report)).rejects.toMatchObject({ ...UNAVAILABLE, message: /taken over/ });

    const running = await authorityOn(await opened(server.url));
    expect((await running.begin()).owner).not.toBe(owner);
    await server.kill();
    await server.start();
    const start = performance.now();
    await until(() => other.feed.probe(report).then(Boolean, () => false), 10_000);
    expect(performance.now() - start).toBeLessThan(2500);
  });
});

describe('a slot of a Cluster that moves', () => {
  it('the cut state goes on where it is then, after a takeover; sessions on every server', {
    timeout: 60_000,
  }, async () => {
    const set = await startCluster();
    closing.push(() => set.stop());
    const url = `redis+cluster://${set.ports.map(port => `127.0.0.1:${port}`).join(',')}`;
    const authority = await authorityOn(await opened(url));
    const tokens = await Promise.all(
      Array.from({ length: 12 }, (_, i) => authority.issue({ subject: `user-${i}` })),
    );
    await authority.revoke({ subject: 'user-0' });
    const { owner } = await authority.begin();
    await moveCuts(set);
    await until(
      () =>
        authority.begin().then(
          begun => begun.owner !== owner,
          () => false,
        ),
      20_000,
    );
    await expect(authority.refresh(tokens[0]?.refreshToken ?? '')).rejects.toMatchObject({
      code: 'ERR_TOKEN_REVOKED',
    });
    for (const { refreshToken } of tokens.slice(1)) {
      const { accessToken } = await authority.refresh(refreshToken);
      expect(authority.verifier.check(accessToken)).toMatchObject({ ok: true });
    }
  });
});

describe('openStore warns', () => {
  it('of replicas without min-replicas-to-write, and of nothing with it', async () => {
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const primary = await startRedis('--repl-diskless-sync-delay', '0');
    const replica = await startRedis('--replicaof', '127.0.0.1', String(primary.port));
    closing.push(
      () => primary.stop(),
      () => replica.stop(),
    );
    await replicaCaughtUp(replica);
    await until(async () => (await primary.command('INFO', 'replication')).includes('state=online'));
    await opened(primary.url);
    await primary.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
    await opened(primary.url);
    expect(emitted.mock.calls.map(([message]) => message)).toEqual([
      expect.stringContaining('Set min-replicas-to-write to 1'),
    ]);
    emitted.mockRestore();
  });
});
