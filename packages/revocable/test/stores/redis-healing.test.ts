/** A Redis that loses everything while authorities and verifiers go on: who gives it back, and what becomes of tokens. */
import {
  type Authority,
  type AuthorityEvent,
  createAuthority,
  followRevocations,
  openStore,
  type Store,
} from 'revocable';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cutUser, until } from '../contracts/store-world.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

const secret = 'a root secret of thirty-two bytes or more';
let server: RedisServer;
let events: AuthorityEvent[] = [];
const everything: { close(): unknown }[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterEach(async () => {
  for (const each of everything.splice(0).reverse()) await each.close();
  await server.command('FLUSHALL');
  events = [];
});
afterAll(() => server.stop());

const kept = <T extends { close(): unknown }>(value: T): T => {
  everything.push(value);
  return value;
};
async function begin(options: object = {}): Promise<{ store: Store; authority: Authority }> {
  const store = kept(await openStore(server.url));
  const onEvent = (event: AuthorityEvent): void => void events.push(event);
  const common = {
    issuer: 'https://a.example',
    audience: 'api',
    signing: { alg: 'ES256' },
    secret,
    onEvent,
  } as const;
  return { store, authority: kept(await createAuthority({ store, ...common, ...options })) };
}
async function statesOf(store: Store): Promise<unknown[]> {
  const cuts = new Map<string, unknown>();
  await store.feed
    .load('all', entries => {
      for (const { number: _, ...state } of entries) cuts.set(state.scope, state);
    })
    .catch(() => undefined);
  return [...cuts.values()].sort((x, y) =>
    (x as { scope: string }).scope < (y as { scope: string }).scope ? -1 : 1,
  );
}
const took = (): number => events.filter(({ type }) => type === 'store.takeover').length;
const follow = async (options: object) => kept(await followRevocations(server.url, options));

describe('FLUSHALL', () => {
  it('under an authority that runs: it gives all back, and nothing revoked is ever accepted', {
    timeout: 30_000,
  }, async () => {
    const { store, authority } = await begin();
    const old = await authority.issue({ subject: 'ada' });
    await authority.revoke([{ subject: 'ada' }, { key: 'stolen' }, { tenant: 'acme' }]);
    const before = await statesOf(store);
    await server.command('FLUSHALL');
    await until(async () => (await statesOf(store)).length === 3, 10_000);
    expect(await statesOf(store)).toEqual(before);
    await until(() => took() === 1);
    expect(authority.verifier.check(old.accessToken).ok).toBe(false);
    const fresh = await authority.issue({ subject: 'ada' });
    expect(authority.verifier.check(fresh.accessToken).ok).toBe(true);
    const newcomer = await follow({});
    expect(
      newcomer.isRevoked({ iss: 'https://a.example', sub: 'ada', modified_at: 1, refresh_modified_at: 1 }),
    ).toBe(true);
  });

  it('19: a login that comes before anybody has healed waits, and its stamp lies above every cut', {
    timeout: 30_000,
  }, async () => {
    const { store, authority } = await begin();
    const { cutoff } = await authority.revoke({ everyone: true });
    await server.command('FLUSHALL');
    const stranger = kept(await openStore(server.url)); // It remembers nothing, and takes the store for a new one.
    await stranger.begin();
    const { accessToken } = await authority.issue({ subject: 'ada' });
    expect((await statesOf(store)).length).toBe(1);
    expect(authority.verifier.check(accessToken).ok).toBe(true);
    const { claims } = await authority.verifier.verify(accessToken);
    expect(claims.modified_at).toBeGreaterThan(cutoff);
    expect(took()).toBe(1);
  });

  it('18: with no authority alive, one that holds all gives back to the next one', {
    timeout: 40_000,
  }, async () => {
    const { store, authority } = await begin();
    await follow({ hold: 'all', name: 'healer' });
    await authority.revoke([{ subject: 'ada' }, { key: 'stolen' }]);
    const before = await statesOf(store);
    await new Promise(resolve => setTimeout(resolve, 300));
    await authority.close();
    await store.close();
    await server.command('FLUSHALL');
    const next = await begin();
    await until(async () => (await statesOf(next.store)).length === 2, 20_000);
    expect(await statesOf(next.store)).toEqual(before);
    await until(() => took() === 1);
    expect(events.some(event => event.type === 'store.healed' && event.cuts === 2)).toBe(true);
  });

  it('with only a verifier of access tokens left, everyone is cut off', { timeout: 40_000 }, async () => {
    const { store, authority } = await begin();
    const replica = await follow({ name: 'api' });
    await authority.revoke({ subject: 'ada' });
    await until(() => replica.size === 1);
    await authority.close();
    await store.close();
    await server.command('FLUSHALL');
    const next = await begin();
    const pair = await next.authority.issue({ subject: 'eve' });
    await until(() => took() === 1, 30_000);
    expect(await statesOf(next.store)).toMatchObject([{ scope: 'g' }]);
    await until(() => !next.authority.verifier.check(pair.accessToken).ok);
    const fresh = await next.authority.issue({ subject: 'eve' });
    await until(() => replica.size === 2);
    expect(next.authority.verifier.check(fresh.accessToken).ok).toBe(true);
  });

  it('an empty Redis that nobody remembers is a first start', async () => {
    const { store, authority } = await begin();
    await authority.issue({ subject: 'ada' });
    expect(await store.cuts()).toBe(0);
    expect(events.map(({ type }) => type)).toEqual(['token.issued']);
  });
});

describe('a restart of Redis', () => {
  it('that lost its last second: the authority gives it back before it opens the store', {
    timeout: 30_000,
  }, async () => {
    const redis = await startRedis();
    try {
      const store = kept(await openStore(redis.url));
      const common = {
        issuer: 'https://a.example',
        audience: 'api',
        signing: { alg: 'ES256' },
        secret,
      } as const;
      const authority = kept(await createAuthority({ store, ...common }));
      await authority.revoke({ subject: 'ada' });
      await redis.command('SAVE');
      await authority.revoke({ subject: 'bob' });
      await redis.kill();
      await redis.start();
      await until(async () => (await statesOf(store)).length === 2, 15_000);
      await authority.issue({ subject: 'ada' });
      expect((await statesOf(store)).length).toBe(2);
    } finally {
      await redis.stop();
    }
  });
});

describe('an authority that dies between a cut and its proof', () => {
  it('28: has the cut all the same, and the next one proves it', { timeout: 15_000 }, async () => {
    const { store } = await begin();
    await cutUser(store, Date.now, { subject: 'ada' });
    expect(await store.unproved(10)).toHaveLength(1);
    await begin();
    await until(async () => (await store.unproved(10)).length === 0);
    expect(await statesOf(store)).toMatchObject([{ scope: 'u::ada', mac: expect.stringMatching(/^.{22}$/) }]);
  });
});
