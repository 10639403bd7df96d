/** The feed through a real nginx: as events, as one answer, and while nginx is away. */
import { type FollowOptions, followRevocations, type Replica } from 'revocable';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ListeningWorld, openListeningWorld } from './listening.ts';
import { type Nginx, openNginx } from './nginx.ts';

let world: ListeningWorld;
let nginx: Nginx;
beforeAll(async () => {
  world = await openListeningWorld({ feed: 'clients' });
  nginx = await openNginx(world.port);
});
afterAll(async () => {
  await nginx.stop();
  await world.close();
});
/** A proxy that buffers keeps a line for much longer: until the comments of minutes have filled its buffer. */
const AT_ONCE_MS = 5000;
const replicas: Replica[] = [];
afterEach(() => {
  for (const replica of replicas.splice(0)) replica.close();
});

async function followed(through: Nginx, options: FollowOptions = {}): Promise<Replica> {
  const credentials = { clientId: 'stock', clientSecret: 'stock-secret' };
  const replica = await followRevocations(`${through.url}/revocations`, { ...credentials, ...options });
  replicas.push(replica);
  return replica;
}

async function takeBack(subject: string): Promise<{ cursor: string }> {
  const json = { target: { subject }, plane: 'session' };
  return (await world.send('/admin/api/revocations', { json, cookie: await world.adminCookie() })).json();
}

const claimsOf = (sub: string) => {
  const stamps = { modified_at: Date.now() - 60_000, refresh_modified_at: Date.now() - 60_000 };
  return { iss: world.url, sub, ...stamps };
};
const judge = (replica: Replica, sub: string): string => {
  try {
    return replica.isRevoked(claimsOf(sub)) ? 'revoked' : 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** Milliseconds until it holds. */
async function until(holds: () => boolean, limitMs = 15_000): Promise<number> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > limitMs) throw new Error('It did not come to hold.');
    await new Promise(resolve => setTimeout(resolve, 2));
  }
  return performance.now() - start;
}

describe('through nginx as the page shows it', () => {
  it('events arrive one by one, at once', async () => {
    const replica = await followed(nginx, { name: 'behind-nginx' });
    for (const subject of ['a', 'b', 'c']) {
      expect(judge(replica, subject)).toBe('accepted');
      const answered = takeBack(subject);
      expect(await until(() => judge(replica, subject) === 'revoked')).toBeLessThan(AT_ONCE_MS);
      expect((await answered).cursor).toMatch(/^[^.]+\.\d+\./);
    }
    const { verifiers } = await (
      await world.send('/admin/api/verifiers', { cookie: await world.adminCookie() })
    ).json();
    expect(verifiers).toMatchObject([{ name: 'behind-nginx', state: 'live' }]);
  });

  it('probes keep a replica fresh', async () => {
    const replica = await followed(nginx, { maxStaleness: 3 });
    await new Promise(resolve => setTimeout(resolve, 3500));
    expect(judge(replica, 'd')).toBe('accepted');
    expect(replica.age).toBeLessThan(2500);
  });

  it('a long poll is answered when something follows', async () => {
    const headers = { authorization: `Basic ${btoa('stock:stock-secret')}` };
    const ask = (query: string) => fetch(`${nginx.url}/revocations?${query}`, { headers });
    const { cursor } = (await (await ask('wait=0')).json()) as { cursor: string };
    const waiting = ask(`after=${cursor}&wait=20&nonce=n-1`);
    const { cursor: next } = await takeBack('e');
    const answer = await waiting;
    expect(((await answer.json()) as { cursor: string }).cursor).toBe(next);
    expect(answer.headers.get('revocable-nonce')).toBe('n-1');
    const unchanged = await ask(`after=${next}&wait=0&nonce=n-2`);
    expect([unchanged.status, unchanged.headers.get('revocable-nonce')]).toEqual([304, 'n-2']);
  });

  it('a replica without a stream catches up', async () => {
    const replica = await followed(nginx, { poll: 0 });
    await takeBack('f');
    await replica.judgeLater?.({ claims: claimsOf('f'), typ: 'at+jwt', key: {} }, '').catch(() => {});
    expect(judge(replica, 'f')).toBe('revoked');
  });

  it('while nginx is away a replica becomes stale, then comes back with all that happened meanwhile', async () => {
    const replica = await followed(nginx, { maxStaleness: 2 });
    await nginx.kill();
    expect(judge(replica, 'h')).toBe('accepted');
    await takeBack('g');
    expect(await until(() => judge(replica, 'h') === 'ERR_REPLICA_STALE')).toBeLessThan(3000);
    await nginx.start();
    expect(await until(() => judge(replica, 'h') === 'accepted')).toBeLessThan(8000);
    expect(judge(replica, 'g')).toBe('revoked');
  });
});

describe('through an nginx that somebody set up in a hurry', () => {
  it.each<[string, (configuration: string) => string]>([
    ['without a place for the feed', text => text.replace('= /revocations', '= /nowhere')],
    [
      'that buffers and compresses all it can',
      text =>
        text
          .replace('proxy_buffering off;', 'proxy_buffering on;')
          .replace('gzip off;', 'gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;'),
    ],
  ])('%s, events arrive at once all the same', async (_, change) => {
    const other = await openNginx(world.port, change);
    try {
      const replica = await followed(other);
      const subject = `hurry ${other.url}`;
      expect(judge(replica, subject)).toBe('accepted');
      const [tookMs] = await Promise.all([
        until(() => judge(replica, subject) === 'revoked'),
        takeBack(subject),
      ]);
      expect(tookMs).toBeLessThan(AT_ONCE_MS);
    } finally {
      await other.stop();
    }
  });
});
