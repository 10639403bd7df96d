/** The connection to a service's feed on a clock that the test turns. */
import { describe, expect, it } from 'vitest';
import { systemRandom } from '#random';
import type { FeedFetch } from '#stores/index';
import { createMemoryStore } from '#stores/memory';
import { createRemoteFeed } from '#stores/remote';
import type { Timers } from '#time';
import { PROFILE } from '../contracts/store-feed.ts';
import { createReader, cutUser, until } from '../contracts/store-world.ts';
import { createFeedService, FEED_URL, type FeedService } from './feed-service.ts';

interface TurnedTimers extends Timers {
  /** What is waited for, in milliseconds. */
  readonly waits: number[];
  turn(milliseconds: number): void;
}

function turnedTimers(): TurnedTimers {
  const waiting = new Map<symbol, { at: number; callback: () => void }>();
  const waits: number[] = [];
  let now = 0;
  return {
    waits,
    set(callback, delayMs) {
      const id = Symbol('timer');
      waits.push(delayMs);
      waiting.set(id, { at: now + delayMs, callback });
      return () => waiting.delete(id);
    },
    turn(milliseconds) {
      now += milliseconds;
      for (const [id, { at, callback }] of waiting) if (at <= now && waiting.delete(id)) callback();
    },
  };
}

async function remote(): Promise<{
  store: ReturnType<typeof createMemoryStore>;
  service: FeedService;
  timers: TurnedTimers;
  feed: ReturnType<typeof createRemoteFeed>;
}> {
  const store = createMemoryStore();
  await store.declare(PROFILE);
  const service = createFeedService(store);
  const timers = turnedTimers();
  const options = {
    url: FEED_URL,
    fetch: fetchOf(service),
    headers: () => ({}),
    timers,
    random: systemRandom,
  };
  return { store, service, timers, feed: createRemoteFeed({ ...options, onProblem: () => {} }) };
}

/** Whatever the service's `fetch` is at the time. */
const fetchOf =
  (service: { fetch: FeedFetch }): FeedFetch =>
  (url, init) =>
    service.fetch(url, init);

async function following(feed: ReturnType<typeof createRemoteFeed>) {
  const reader = createReader();
  const cursor = await feed.load('all', entries => {
    for (const entry of entries) reader.cuts.set(entry.scope, entry);
  });
  reader.stop = feed.follow(cursor, 'all', {
    entries(entries) {
      for (const entry of entries) reader.cuts.set(entry.scope, entry);
    },
    lost() {},
    key() {},
    profile() {},
  });
  return reader;
}

describe('the feed of a service', () => {
  it('goes on with the stream that brought the snapshot', async () => {
    const { store, service, feed } = await remote();
    const reader = await following(feed);
    await cutUser(store, Date.now, { subject: 'a' });
    await until(() => reader.cuts.has('u::a'));
    expect(service.streams).toHaveLength(1);
    feed.close();
  });

  it('gives up a stream that is silent for longer than the service ever is', async () => {
    const { store, service, timers, feed } = await remote();
    const reader = await following(feed);
    service.onLine = () => undefined;
    await cutUser(store, Date.now, { subject: 'a' });
    timers.turn(44_000);
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(service.streams).toHaveLength(1);
    service.onLine = line => line;
    timers.turn(2000);
    await until(() => timers.waits.at(-1) !== 45_000);
    timers.turn(5000);
    await until(() => reader.cuts.has('u::a'));
    expect(service.streams).toHaveLength(2);
    feed.close();
  });

  it('2: takes no answer to a probe that is not one to its own question', async () => {
    const { store, service, feed } = await remote();
    const report = { name: 'api', applied: undefined, maxStalenessMs: 1000, whenStale: 'reject' } as const;
    const kept: Record<string, unknown>[] = [];
    service.onProbe = answer => {
      kept.push(answer);
      return answer;
    };
    expect(await feed.probe(report)).toMatchObject({ head: kept[0]?.['head'] });
    await cutUser(store, Date.now, { subject: 'a' });
    const others = [kept[0], { ...kept[0], nonce: undefined }, { ...kept[0], nonce: '' }, {}];
    for (const answer of others) {
      service.onProbe = () => answer;
      await expect(feed.probe(report)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    }
    service.onProbe = answer => answer;
    expect((await feed.probe(report)).head).not.toBe(kept[0]?.['head']);
    feed.close();
  });

  it('comes back after waits that grow, at random, and no longer than five seconds', async () => {
    const { service, timers, feed } = await remote();
    await following(feed);
    service.isDown = true;
    service.cut();
    const waits: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      const before = timers.waits.length;
      timers.turn(5000);
      await until(() => timers.waits.length > before);
      await new Promise(resolve => setTimeout(resolve, 2));
      waits.push(timers.waits.at(-1) ?? 0);
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(5000);
    expect(waits.slice(-3).every(wait => wait >= 2500)).toBe(true);
    expect(new Set(waits.slice(-6)).size).toBeGreaterThan(1);
    feed.close();
  });

  it('lets a stream that opens late harm no follower that came after', async () => {
    const { store, service, timers, feed } = await remote();
    const first = await following(feed);
    const { fetch } = service;
    let open = (): void => {};
    const isSlow = { next: true };
    service.fetch = async (url, init) => {
      if (isSlow.next && init.method !== 'POST') {
        isSlow.next = false;
        await new Promise<void>(resolve => {
          open = resolve;
        });
      }
      return fetch(url, init);
    };
    const before = timers.waits.length;
    service.cut();
    await until(() => timers.waits.length > before);
    timers.turn(5000);
    await until(() => !isSlow.next);
    first.stop();
    const second = await following(feed);
    open();
    await new Promise(resolve => setTimeout(resolve, 20));
    await cutUser(store, Date.now, { subject: 'a' });
    await until(() => second.cuts.has('u::a'));
    feed.close();
  });
});
