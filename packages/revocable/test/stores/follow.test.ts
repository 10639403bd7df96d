import { afterEach, describe, expect, it } from 'vitest';
import type { Replica } from '#revocation/index';
import type { Store } from '#store';
import { followRevocations } from '#stores/follow';
import type { FollowEvent, FollowOptions } from '#stores/follow-options';
import { createMemoryStore } from '#stores/memory';
import { openStore } from '#stores/open';
import { PROFILE } from '../contracts/store-feed.ts';
import { cutUser, revoke, until } from '../contracts/store-world.ts';
import { dataFolders } from './data-folder.ts';
import { createFeedService, FEED_URL, type FeedService } from './feed-service.ts';
import { startRedis } from './redis-server.ts';

const newFolder = dataFolders();
const replicas: Replica[] = [];
afterEach(() => {
  for (const replica of replicas.splice(0)) replica.close();
});

async function followed(from: string | Store, options: FollowOptions = {}): Promise<Replica> {
  const replica = await followRevocations(from, options);
  replicas.push(replica);
  return replica;
}

async function declaredStore(): Promise<Store> {
  const store = createMemoryStore();
  await store.declare(PROFILE);
  return store;
}

/** A service, and who follows it. */
async function served(
  options: FollowOptions = {},
  prepare: (service: FeedService, store: Store) => void = () => {},
): Promise<{ store: Store; service: FeedService; replica: Replica; events: FollowEvent[] }> {
  const store = await declaredStore();
  const service = createFeedService(store);
  prepare(service, store);
  const events: FollowEvent[] = [];
  const onEvent = (event: FollowEvent): void => void events.push(event);
  const replica = await followed(FEED_URL, { fetch: service.fetch, onEvent, timeout: 0.5, ...options });
  return { store, service, replica, events };
}

/** Claims of a token of that user, stamped long ago. */
const claimsOf = (sub: string) => ({
  iss: PROFILE.issuer,
  sub,
  iat: Math.floor(Date.now() / 1000) - 10,
  modified_at: Date.now() - 10_000,
  refresh_modified_at: Date.now() - 10_000,
});
const refuses = (replica: Replica, sub: string) => () => replica.isRevoked(claimsOf(sub));
const isStale = (replica: Replica): boolean => {
  try {
    replica.isRevoked(claimsOf('anybody'));
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_REPLICA_STALE';
  }
};
const codesOf = (events: readonly FollowEvent[]): unknown[] =>
  events.map(event => (event.type === 'feed.problem' ? event.error.code : event.type));

describe('followRevocations', () => {
  it('follows a store at hand', async () => {
    const store = await declaredStore();
    await cutUser(store, Date.now, { subject: 'before' });
    const replica = await followed(store);
    expect([refuses(replica, 'before')(), refuses(replica, 'later')()]).toEqual([true, false]);
    await cutUser(store, Date.now, { subject: 'later' });
    await until(refuses(replica, 'later'));
  });

  it('follows a folder that a service writes, and lets go of it', async () => {
    const folder = newFolder();
    const store = await openStore(`file:${folder}`, { exclusive: true });
    await store.declare(PROFILE);
    const replica = await followed(`file:${folder}`, { name: 'api' });
    await cutUser(store, Date.now, { subject: 'a' });
    await until(refuses(replica, 'a'));
    await until(async () => (await store.replicas()).some(row => row.name === 'api'));
    await store.close();
  });

  it('follows a service over HTTP, and reports what it has applied', async () => {
    const { store, replica, service, events } = await served({
      name: 'api',
      hold: 'all',
      maxStaleness: '20s',
    });
    expect(replica.issuer).toBe(PROFILE.issuer);
    const { cursor } = await cutUser(store, Date.now, { subject: 'a' });
    await until(refuses(replica, 'a'));
    await until(async () => (await store.replicas()).some(row => row.applied === cursor));
    expect(await store.replicas()).toMatchObject([
      { name: 'api', maxStalenessMs: 20_000, whenStale: 'reject' },
    ]);
    await store.putKeys(0, [
      { kid: 'k', alg: 'RS256', state: 'active', sealed: 's', publicJwk: '{}', createdAt: 1 },
    ]);
    await until(() => codesOf(events).includes('key'));
    expect(service.streams.at(-1)?.get('accept')).toBe('text/event-stream');
  });

  it('resumes where the stream broke, and misses nothing', async () => {
    const { store, service, replica, events } = await served({ hold: 'all' });
    const { cursor } = await cutUser(store, Date.now, { subject: 'a' });
    await until(refuses(replica, 'a'));
    const before = service.streams.length;
    service.cut();
    await cutUser(store, Date.now, { subject: 'b' });
    await until(refuses(replica, 'b'));
    expect(service.streams.length).toBe(before + 1);
    expect(service.streams.at(-1)?.get('last-event-id')).toBe(cursor);
    expect(codesOf(events)).toEqual(['ERR_STORE_UNAVAILABLE']);
  });

  it('loads again where the log cannot be continued', async () => {
    const [first, second] = [await declaredStore(), await declaredStore()];
    const services = [createFeedService(first), createFeedService(second)];
    let current = services[0];
    const fetch: FeedService['fetch'] = (url, init) => (current as FeedService).fetch(url, init);
    await cutUser(first, Date.now, { subject: 'a' });
    const replica = await followed(FEED_URL, { fetch, hold: 'all' });
    await cutUser(second, Date.now, { subject: 'b' });
    current = services[1];
    services[0]?.cut();
    await until(refuses(replica, 'b'));
    expect(refuses(replica, 'a')()).toBe(true);
    await until(() => replica.age < 5000);
  });

  it('sends its credentials form-encoded, and headers asked for before each request', async () => {
    let asked = 0;
    const headers = (): Record<string, string> => {
      asked += 1;
      return { 'x-asked': String(asked) };
    };
    const { service } = await served({ clientId: 'a b:c', clientSecret: 'ü%', headers });
    const encoded = service.streams[0]?.get('authorization')?.slice('Basic '.length) ?? '';
    expect(atob(encoded)).toBe('a+b%3Ac:%C3%BC%25');
    expect(new Set(service.streams.map(sent => sent.get('x-asked'))).size).toBe(service.streams.length);
  });
});

describe('a replica that polls a service', () => {
  /** As a verifier does: it may ask, then judges. */
  async function judgesLater(replica: Replica, sub: string): Promise<boolean> {
    await replica.judgeLater?.({ claims: claimsOf(sub), typ: 'at+jwt', key: {} }, '').catch(() => {});
    return replica.isRevoked(claimsOf(sub));
  }

  it('loads and catches up by conditional questions, and opens no stream', async () => {
    const { store, service, replica, events } = await served({ poll: 0 });
    await cutUser(store, Date.now, { subject: 'a' });
    expect(await judgesLater(replica, 'a')).toBe(true);
    const { cursor } = await cutUser(store, Date.now, { subject: 'b' });
    expect(await judgesLater(replica, 'b')).toBe(true);
    await new Promise(resolve => setTimeout(resolve, 5));
    expect(await judgesLater(replica, 'c')).toBe(false);
    const last = service.polls.at(-1);
    expect(Object.fromEntries(last?.query ?? [])).toMatchObject({ after: cursor, wait: '0', hold: 'access' });
    expect(last?.headers.get('if-none-match')).toBe(`"${cursor}"`);
    expect(last?.headers.get('cache-control')).toBe('no-cache');
    expect(new Set(service.polls.map(({ query }) => query.get('nonce'))).size).toBe(service.polls.length);
    expect([service.streams, events]).toEqual([[], []]);
  });

  it('asks nobody while it is young enough', async () => {
    const { service, replica } = await served({ poll: '5s' });
    const { length } = service.polls;
    for (let i = 0; i < 10; i++) expect(await judgesLater(replica, 'a')).toBe(false);
    expect(service.polls).toHaveLength(length);
  });

  it('with a name is seen by operators, and waited for', async () => {
    const { store, replica } = await served({ poll: 0, name: 'lambda' });
    const { cursor } = await cutUser(store, Date.now, { subject: 'a' });
    await judgesLater(replica, 'a');
    await new Promise(resolve => setTimeout(resolve, 5));
    await judgesLater(replica, 'a');
    expect(await store.replicas()).toMatchObject([{ name: 'lambda', applied: cursor }]);
  });

  it('loads again where the log cannot be continued', async () => {
    const [first, second] = [await declaredStore(), await declaredStore()];
    const services = [createFeedService(first), createFeedService(second)];
    let current = services[0];
    const fetch: FeedService['fetch'] = (url, init) => (current as FeedService).fetch(url, init);
    await cutUser(first, Date.now, { subject: 'a' });
    const replica = await followed(FEED_URL, { fetch, poll: 0 });
    await cutUser(second, Date.now, { subject: 'b' });
    current = services[1];
    expect(await judgesLater(replica, 'b')).toBe(true);
    expect(await judgesLater(replica, 'a')).toBe(true);
    expect(services[1]?.polls.map(({ query }) => query.has('after')).slice(0, 2)).toEqual([true, false]);
  });

  it('hears of a longest life that was raised, though nothing else followed', async () => {
    const { store, service, replica } = await served({ poll: 0 });
    const long = { ...claimsOf('a'), exp: Math.floor(Date.now() / 1000) + 600 };
    const judge = () => replica.judgeLater?.({ claims: long, typ: 'at+jwt', key: {} }, '');
    await expect(judge()).rejects.toMatchObject({ code: 'ERR_TOKEN_CLAIM' });
    await store.declare({ ...PROFILE, accessMaxMs: 900_000 });
    await new Promise(resolve => setTimeout(resolve, 5));
    await judge();
    expect(service.polls.filter(({ query }) => !query.has('after'))).toHaveLength(1);
  });

  const changed = async (answer: Response, change: (text: string) => string): Promise<Response> =>
    new Response(change(await answer.text()), { status: answer.status, headers: answer.headers });

  const nonced = (nonce: string | undefined): FeedService['onPoll'] => {
    return ({ body, status }) =>
      new Response(body, { status, ...(nonce && { headers: { 'revocable-nonce': nonce } }) });
  };

  it.each<[string, FeedService['onPoll'], string]>([
    ['an answer of a cache', nonced('another'), 'UNAVAILABLE'],
    ['an answer without the nonce', nonced(undefined), 'UNAVAILABLE'],
    ['a page', answer => changed(answer, () => '<p>'), 'UNAVAILABLE'],
    ['an error', () => new Response('', { status: 502 }), 'UNAVAILABLE'],
    ['no cursor', answer => changed(answer, text => text.replace('"cursor"', '"c"')), 'CORRUPT'],
    ['no events', answer => changed(answer, text => text.replace('"events"', '"e"')), 'CORRUPT'],
    ['nothing', answer => changed(answer, () => 'null'), 'CORRUPT'],
    [
      'a cut that it cannot read',
      answer => changed(answer, text => text.replace('["u::a",', '["u::a",-')),
      'CORRUPT',
    ],
    ['a newer format', answer => changed(answer, text => text.replace('"format":1', '"format":2')), 'STALE'],
    [
      'a scope that it does not know',
      answer => changed(answer, text => text.replace('"u::a"', '"x:a"')),
      'STALE',
    ],
  ])('never opens for %s', async (_, onPoll, code) => {
    const { replica, events } = await served({ poll: 0 }, (service, store) => {
      service.onPoll = onPoll;
      void cutUser(store, Date.now, { subject: 'a' });
    });
    expect(isStale(replica)).toBe(true);
    expect(codesOf(events)[0]).toContain(code);
  });

  it('catches up from a folder that a service writes', async () => {
    const folder = newFolder();
    const store = await openStore(`file:${folder}`, { exclusive: true });
    await store.declare(PROFILE);
    const replica = await followed(`file:${folder}`, { poll: 0 });
    await cutUser(store, Date.now, { subject: 'a' });
    expect(await judgesLater(replica, 'a')).toBe(true);
    await store.close();
  });
});

describe('a replica that polls a Redis', () => {
  it('catches up, and asks nothing in between', async () => {
    const redis = await startRedis();
    const store = await openStore(redis.url);
    try {
      await store.declare(PROFILE);
      await cutUser(store, Date.now, { subject: 'a' });
      const replica = await followed(redis.url, { poll: 0, name: 'lambda' });
      const ask = (sub: string) =>
        replica.judgeLater?.({ claims: claimsOf(sub), typ: 'at+jwt', key: {} }, '').catch(() => {});
      expect(refuses(replica, 'a')()).toBe(true);
      await cutUser(store, Date.now, { subject: 'b' });
      await new Promise(resolve => setTimeout(resolve, 100));
      expect(refuses(replica, 'b')()).toBe(false);
      await ask('b');
      expect(refuses(replica, 'b')()).toBe(true);
      expect(await store.replicas()).toMatchObject([{ name: 'lambda' }]);
    } finally {
      await store.close();
      await redis.stop();
    }
  });
});

describe('a replica without a feed', () => {
  it('is stale until there is one, and says why', async () => {
    const { store, service, replica, events } = await served({}, each => {
      each.isDown = true;
    });
    expect(isStale(replica)).toBe(true);
    expect(codesOf(events)).toContain('ERR_STORE_UNAVAILABLE');
    await cutUser(store, Date.now, { subject: 'a' });
    service.isDown = false;
    await replica.ready;
    expect(refuses(replica, 'a')()).toBe(true);
  });

  it('is stale once it has heard nothing for too long, and only then', async () => {
    const { service, replica } = await served({ maxStaleness: 1.5 });
    expect(isStale(replica)).toBe(false);
    service.isDown = true;
    service.cut();
    expect(isStale(replica)).toBe(false);
    await until(() => isStale(replica));
    expect(replica.age).toBeGreaterThan(1500);
    service.isDown = false;
    await until(() => !isStale(replica));
  });

  it.each<[string, (service: FeedService) => void]>([
    ['answers of other probes', service => (service.onProbe = answer => ({ ...answer, nonce: 'another' }))],
    ['answers without a head', service => (service.onProbe = ({ nonce, now }) => ({ nonce, now }))],
    ['a stream that is held back', service => (service.onLine = () => undefined)],
    ['a newer format', service => (service.onLine = line => line.replace('"format":1', '"format":2'))],
    [
      'a scope that it does not know',
      service => (service.onLine = line => line.replace('["g",', '["x","g",')),
    ],
    [
      'a cut that it cannot read',
      service => (service.onLine = line => line.replace('["u::a",', '["u::a",-')),
    ],
    [
      'a cut of a scope that it does not know',
      service => (service.onLine = line => line.replace('"u::a"', '"x:a"')),
    ],
  ])('never opens for %s', async (_, spoil) => {
    const { replica } = await served({ hold: 'all' }, (service, store) => {
      spoil(service);
      void cutUser(store, Date.now, { subject: 'a' });
    });
    expect(isStale(replica)).toBe(true);
  });

  it('names what it does not know', async () => {
    const { events } = await served({}, service => {
      service.onLine = line => line.replace('["g",', '["x","g",');
    });
    const [problem] = events;
    expect(problem).toMatchObject({ type: 'feed.problem', error: { code: 'ERR_REPLICA_STALE' } });
    expect(problem?.type === 'feed.problem' && problem.error.message).toContain('the scope "x"');
  });

  it('goes stale when the stream is held back though probes are answered', async () => {
    const { store, service, replica } = await served({ maxStaleness: 1.5, hold: 'all' });
    service.onLine = () => undefined;
    await revoke(store, Date.now, [{ kind: 'finite', scope: 'u::a', plane: 's', user: 'u::a' }]);
    expect(isStale(replica)).toBe(false);
    await until(() => isStale(replica));
  });
});

describe('a line that cannot be read, in the middle of a stream', () => {
  /** Spoils the line of `bad` as often as it is told to. */
  function spoil(service: FeedService, from: string | RegExp, to: string, times: number): void {
    let left = times;
    service.onLine = line => {
      if (!line.includes('"u::bad"') || left === 0) return line;
      left -= 1;
      return line.replace(from, to);
    };
  }

  it.each([
    ['a cut that is none', '["u::bad",', '["u::bad",-', 'ERR_STORE_CORRUPT', /"cut" line/],
    ['an entry of a wrong type', '["u::bad",', '["u::bad","', 'ERR_STORE_CORRUPT', /"cut"/],
    ['a missing member', /,\d+\]\]/, ']]', 'ERR_STORE_CORRUPT', /"cut" line.*entry 1/],
    ['no cursor', /id: .*\n/, '', 'ERR_STORE_CORRUPT', /without a cursor/],
    ['a scope that is not known', '"u::bad"', '"x:bad"', 'ERR_REPLICA_STALE', /the scope "x"/],
  ] as const)('drops nothing silently: %s', async (_, from, to, code, message) => {
    const { store, service, replica, events } = await served({ maxStaleness: 2 });
    expect(refuses(replica, 'bad')()).toBe(false);
    spoil(service, from, to, 1);
    await cutUser(store, Date.now, { subject: 'bad' });
    await cutUser(store, Date.now, { subject: 'next' });
    await until(refuses(replica, 'bad'));
    await until(refuses(replica, 'next'));
    const [problem] = events.filter(event => event.type === 'feed.problem');
    expect(problem?.error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('makes the replica stale for as long as it cannot be read', async () => {
    const { store, service, replica } = await served({ maxStaleness: 1.5 });
    spoil(service, '["u::bad",', '["u::bad",-', Number.POSITIVE_INFINITY);
    await cutUser(store, Date.now, { subject: 'bad' });
    await until(() => isStale(replica));
    service.onLine = line => line;
    await until(() => !isStale(replica), 12_000);
    expect(refuses(replica, 'bad')()).toBe(true);
  });
});

describe('what cannot be followed', () => {
  it.each([
    ['http:// elsewhere', 'http://auth.example/revocations', {}],
    ['a store in another memory', 'memory:', {}],
    ['an unknown scheme', 'ftp://auth.example', {}],
    ['half a credential', FEED_URL, { clientId: 'a' }],
    ['an unknown option', FEED_URL, { maxStalenes: 1 }],
    ['an unknown hold', FEED_URL, { hold: 'some' }],
    ['a policy that does not exist', FEED_URL, { whenStale: 'ignore' }],
    ['a duration without a unit', FEED_URL, { maxStaleness: '30' }],
  ])('is %s', async (_, from, options) => {
    await expect(followRevocations(from, options as FollowOptions)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
  });
});
