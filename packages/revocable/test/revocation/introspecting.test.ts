/** A replica that is too old asks the issuer; nothing of its answer outlives the moment. */

import { createKeySet, createSigner, createVerifier, generateKey, type Replica, StoreError } from 'revocable';
import { afterEach, describe, expect, it } from 'vitest';
import type { Store } from '#store';
import { followRevocations } from '#stores/follow';
import type { FollowOptions } from '#stores/follow-options';
import { createMemoryStore } from '#stores/memory';
import { PROFILE } from '../contracts/store-feed.ts';
import { cutUser, until } from '../contracts/store-world.ts';
import { createFeedService, FEED_URL, type FeedService } from '../stores/feed-service.ts';

const INTROSPECT_URL = 'https://auth.example/introspect';
const keys = createKeySet([generateKey('ES256')]);
const signer = createSigner({ key: keys, issuer: PROFILE.issuer, audience: 'api', expiresIn: '5m' });
const replicas: Replica[] = [];
afterEach(() => {
  for (const replica of replicas.splice(0)) replica.close();
});

interface Asked {
  readonly token: string | null;
  readonly headers: Headers;
}
interface World {
  readonly store: Store;
  readonly service: FeedService;
  readonly replica: Replica;
  readonly asked: Asked[];
  readonly verifier: ReturnType<typeof createVerifier>;
  /** What the introspection endpoint says. */
  introspect: (token: string) => Response | Promise<Response>;
}

/** A service whose feed has gone, if it ever was there. */
async function createWorld(options: FollowOptions = {}, wasThere = true): Promise<World> {
  const store = createMemoryStore();
  await store.declare(PROFILE);
  const service = createFeedService(store);
  service.isDown = !wasThere;
  const asked: Asked[] = [];
  const fetch: NonNullable<FollowOptions['fetch']> = (url, init) => {
    if (!url.endsWith('/introspect')) return service.fetch(url, init);
    const token = new URLSearchParams(init.body).get('token');
    asked.push({ token, headers: new Headers(init.headers) });
    return Promise.resolve(world.introspect(token ?? ''));
  };
  const introspection = { introspection: { url: INTROSPECT_URL }, whenStale: 'introspect' } as const;
  const rules = { ...introspection, fetch, maxStaleness: 1, timeout: wasThere ? 10 : 0, ...options };
  const replica = await followRevocations(FEED_URL, rules);
  replicas.push(replica);
  const verifier = createVerifier({ keys, issuer: PROFILE.issuer, audience: 'api', revocation: replica });
  const introspect = (): Response => Response.json({ active: true });
  const world: World = { store, service, replica, asked, verifier, introspect };
  return world;
}

async function goStale({ service, replica }: World): Promise<void> {
  service.isDown = true;
  service.cut();
  await until(() => replica.age > 1000);
}

const past = Date.now() - 10_000;
const tokenOf = (sub: string, jti = 'j1'): string =>
  signer.sign({ sub, jti, modified_at: past, refresh_modified_at: past });
const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'accepted',
    (error: unknown) => error,
  );

describe('whenStale: introspect', () => {
  it('asks nobody while the replica is fresh', async () => {
    const world = await createWorld();
    await world.verifier.verify(tokenOf('a'));
    expect(world.asked).toEqual([]);
  });

  it('asks for each token once it is stale, and keeps no answer', async () => {
    const world = await createWorld({ clientId: 'orders', clientSecret: 'pw' });
    await goStale(world);
    const token = tokenOf('a');
    expect((await world.verifier.verify(token)).claims.sub).toBe('a');
    expect(world.asked[0]?.token).toBe(token);
    expect(world.asked[0]?.headers.get('content-type')).toBe('application/x-www-form-urlencoded');
    expect(world.asked[0]?.headers.get('authorization')).toBe(`Basic ${btoa('orders:pw')}`);
    world.introspect = () => Response.json({ active: false });
    expect(await refusal(world.verifier.verify(token))).toMatchObject({
      code: 'ERR_TOKEN_REVOKED',
      action: 'refresh',
      scope: 'j:j1',
    });
    expect(world.asked).toHaveLength(2);
  });

  it('asks for verify alone: what is synchronous, and live connections, get ERR_REPLICA_STALE', async () => {
    const world = await createWorld();
    const verified = await world.verifier.verify(tokenOf('a'));
    const closed: string[] = [];
    world.replica.watch(verified, reason => closed.push(reason.code));
    await goStale(world);
    expect(world.verifier.check(tokenOf('a'))).toMatchObject({ ok: false, code: 'ERR_REPLICA_STALE' });
    expect(() => world.verifier.verifySync(tokenOf('a'))).toThrow(StoreError);
    expect(() => world.replica.isRevoked(verified.claims)).toThrow(StoreError);
    await until(() => closed.length > 0);
    expect(closed).toEqual(['ERR_REPLICA_STALE']);
    expect(world.asked).toEqual([]);
  });

  it('does not ask about what it knows to be cut off, expired or forged', async () => {
    const world = await createWorld();
    await cutUser(world.store, Date.now, { subject: 'a' });
    await until(() => world.replica.size > 0);
    await goStale(world);
    expect(await refusal(world.verifier.verify(tokenOf('a')))).toMatchObject({
      scope: 'u::a',
      action: 'login',
    });
    const expired = createSigner({ key: keys, issuer: PROFILE.issuer, audience: 'api', expiresIn: null });
    const old = expired.sign({ exp: 1000, modified_at: past, refresh_modified_at: past });
    expect(await refusal(world.verifier.verify(old))).toMatchObject({ code: 'ERR_TOKEN_EXPIRED' });
    const forged = `${tokenOf('b').slice(0, -8)}AAAAAAAA`;
    expect(await refusal(world.verifier.verify(forged))).toMatchObject({ code: 'ERR_TOKEN_SIGNATURE' });
    expect(world.asked).toEqual([]);
  });

  it('asks where the feed was never heard', async () => {
    const world = await createWorld({}, false);
    expect((await world.verifier.verify(tokenOf('a'))).claims.sub).toBe('a');
    expect(world.asked).toHaveLength(1);
  });

  it.each<[string, World['introspect']]>([
    ['nobody answers', () => Promise.reject(new TypeError('fetch failed'))],
    ['it answers 401', () => Response.json({ error: 'invalid_client' }, { status: 401 })],
    ['it answers 500', () => new Response('', { status: 500 })],
    ['it answers with a page', () => new Response('<p>hello</p>')],
    ['it does not say', () => Response.json({})],
    ['it says it in words', () => Response.json({ active: 'true' })],
    ['it says nothing', () => Response.json(null)],
  ])('is stale when %s', async (_, introspect) => {
    const world = await createWorld({}, false);
    world.introspect = introspect;
    expect(await refusal(world.verifier.verify(tokenOf('a')))).toMatchObject({ code: 'ERR_REPLICA_STALE' });
  });

  it('waits no longer for an answer than it may be old', async () => {
    const world = await createWorld({}, false);
    world.introspect = () => new Promise(() => {});
    const from = performance.now();
    expect(await refusal(world.verifier.verify(tokenOf('a')))).toMatchObject({ code: 'ERR_REPLICA_STALE' });
    expect(performance.now() - from).toBeLessThan(3000);
  });

  it('has 64 questions open at most; the rest are told to come back', async () => {
    const world = await createWorld({}, false);
    let answer = (): void => {};
    const answered = new Promise<void>(resolve => {
      answer = resolve;
    });
    world.introspect = async () => {
      await answered;
      return Response.json({ active: true });
    };
    const all = Promise.all(
      Array.from({ length: 100 }, (_, i) => refusal(world.verifier.verify(tokenOf(`u${i}`)))),
    );
    await until(() => world.asked.length >= 64);
    answer();
    const outcomes = await all;
    expect(world.asked).toHaveLength(64);
    expect(outcomes.filter(each => each === 'accepted')).toHaveLength(64);
    expect(await refusal(world.verifier.verify(tokenOf('later')))).toBe('accepted');
  });

  it('sends the credentials of the feed to no other server', async () => {
    const elsewhere = { url: 'https://auth.example:8443/introspect' };
    const feed = { clientId: 'orders', clientSecret: 'pw' };
    const world = await createWorld({ ...feed, introspection: elsewhere }, false);
    await world.verifier.verify(tokenOf('a'));
    expect(world.asked[0]?.headers.get('authorization')).toBeNull();
  });
});

describe('what is refused', () => {
  it.each<[string, object]>([
    ['the policy without an endpoint', { whenStale: 'introspect' }],
    ['an endpoint without the policy', { introspection: { url: INTROSPECT_URL } }],
    [
      'an endpoint over http',
      { whenStale: 'introspect', introspection: { url: 'http://auth.example/introspect' } },
    ],
    ['no address', { whenStale: 'introspect', introspection: { url: 'introspect' } }],
    ['an unknown option', { whenStale: 'introspect', introspection: { url: INTROSPECT_URL, header: {} } }],
    ['to poll more seldom than it may be stale', { poll: '30s' }],
    ['a poll without a unit', { poll: '5' }],
  ])('is %s', async (_, options) => {
    await expect(followRevocations(FEED_URL, options as FollowOptions)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
  });
});
