/** The feed as many followers of a service get it: one line for all, written now and then, and nobody holds up the others. */
import { describe, expect, it } from 'vitest';
import { createFeedEvents, type FeedEvents, type FeedOptions } from '#authority/feed-events';
import { createTurns } from '#authority/turns';
import type { Cursor, FeedEvent } from '#revocation/index';
import type { Store } from '#store';
import { createMemoryStore } from '#stores/memory';
import { PROFILE } from '../contracts/store-feed.ts';
import { cutUser, revoke } from '../contracts/store-world.ts';
import { createTurnedClock, settle, type TurnedClock } from '../revocation/turned-clock.ts';

interface World {
  readonly store: Store;
  readonly clock: TurnedClock;
  readonly feed: FeedEvents;
  /** How many followers the store itself has. */
  readonly followers: { count: number };
  cut(...subjects: string[]): Promise<Cursor>;
}

async function createWorld(): Promise<World> {
  const clock = createTurnedClock();
  const store = createMemoryStore({ clock: clock.wall });
  await store.declare(PROFILE);
  const followers = { count: 0 };
  const { follow } = store.feed;
  store.feed.follow = (cursor, hold, sink) => {
    followers.count += 1;
    const stop = follow(cursor, hold, sink);
    return () => {
      followers.count -= 1;
      stop();
    };
  };
  const feed = createFeedEvents(store, { clock, timers: clock.timers });
  const cut = async (...subjects: string[]): Promise<Cursor> => {
    const scopes = subjects.map(subject => `u::${subject}`);
    const orders = scopes.map(scope => ({ kind: 'finite', scope, plane: 's', user: scope }) as const);
    return (await revoke(store, clock.wall, orders)).cursor;
  };
  return { store, clock, feed, followers, cut };
}

interface Reader {
  readonly events: FeedEvent[];
  isOver: boolean;
  stop(): void;
}

/** Reads on and on; or only what it is told to. */
function read(feed: FeedEvents, options: FeedOptions = {}): Reader {
  const end = new AbortController();
  const reader: Reader = { events: [], isOver: false, stop: () => end.abort() };
  const run = async (): Promise<void> => {
    for await (const event of feed.events({ signal: end.signal, ...options })) reader.events.push(event);
    reader.isOver = true;
  };
  void run();
  return reader;
}

const cutsOf = ({ events }: Reader): FeedEvent[] => events.filter(({ event }) => event === 'cut');
const scopesOf = (reader: Reader): string[] =>
  cutsOf(reader).flatMap(({ data }) => (JSON.parse(data) as [string][]).map(([scope]) => scope));

describe('the feed of many followers', () => {
  it('is read once from the store, and each line is made once for all', async () => {
    const world = await createWorld();
    const readers = Array.from({ length: 50 }, () => read(world.feed));
    await settle();
    await world.cut('a');
    await settle();
    const lines = new Set(readers.map(reader => cutsOf(reader)[0]));
    expect([lines.size, [...lines][0]?.event, world.followers.count]).toEqual([1, 'cut', 1]);
    for (const reader of readers) reader.stop();
    await settle();
    expect(world.followers.count).toBe(0);
  });

  it('has the first line at once, and the next ones every 50 ms at most', async () => {
    const world = await createWorld();
    const reader = read(world.feed);
    await settle();
    for (let i = 0; i < 100; i += 1) {
      await world.cut(`u${i}`);
      await world.clock.pass(5);
      if (i === 0) expect(scopesOf(reader)).toEqual(['u::u0']);
    }
    await world.clock.pass(50);
    expect(scopesOf(reader)).toEqual(Array.from({ length: 100 }, (_, i) => `u::u${i}`));
    expect(cutsOf(reader).length).toBeLessThanOrEqual(12);
    reader.stop();
  });

  it('has the proof of a new owner a second after it was given, not ten', async () => {
    const world = await createWorld();
    const reader = read(world.feed);
    await settle();
    const { owner = '' } = (await world.store.begin()) as { owner?: string };
    await world.store.declare({ ...PROFILE, ownerProof: `${owner}.proof` });
    await world.clock.pass(1000);
    const profiles = reader.events.filter(({ event }) => event === 'profile');
    expect(profiles.map(({ data }) => JSON.parse(data).owner_proof)).toEqual([undefined, `${owner}.proof`]);
    reader.stop();
  });

  it('misses nothing for whoever joins with an older cursor, or in the middle of a pause', async () => {
    const world = await createWorld();
    const start = (
      await world.store.feed.probe({
        name: undefined,
        applied: undefined,
        maxStalenessMs: 1,
        whenStale: 'reject',
      })
    ).head;
    const first = read(world.feed, { hold: 'all' });
    await settle();
    const cursors = [start];
    for (const subject of ['a', 'b', 'c']) cursors.push(await world.cut(subject));
    await settle();
    const later = cursors.map(after => read(world.feed, { hold: 'all', after }));
    await settle();
    await world.cut('d');
    await world.clock.pass(100);
    await world.cut('e');
    await world.clock.pass(100);
    const expected = ['a', 'b', 'c', 'd', 'e'].map(subject => `u::${subject}`);
    expect(scopesOf(first)).toEqual(expected);
    for (const [i, reader] of later.entries()) {
      // A line that lies across its cursor says some of it again, which does no harm.
      expect(scopesOf(reader), `from ${cursors[i]}`).toEqual(expect.arrayContaining(expected.slice(i)));
      const ids = cutsOf(reader).map(({ id }) => Number(id?.split('.')[1]));
      expect(ids).toEqual([...ids].sort((x, y) => x - y));
    }
    expect(world.followers.count).toBe(1);
    for (const reader of [first, ...later]) reader.stop();
  });

  it('goes on for the others when the one who came first leaves, and begins anew when all have left', async () => {
    const world = await createWorld();
    const [first, second] = [read(world.feed), read(world.feed)];
    await settle();
    first.stop();
    await settle();
    await world.cut('a');
    await settle();
    expect(scopesOf(second)).toEqual(['u::a']);
    second.stop();
    await settle();
    await world.cut('b');
    const third = read(world.feed, { after: cutsOf(second)[0]?.id ?? '' });
    await world.clock.pass(100);
    expect(scopesOf(third)).toEqual(['u::b']);
    third.stop();
  });

  it('says at once that another key signs, after the cuts before it', async () => {
    const world = await createWorld();
    const reader = read(world.feed);
    await settle();
    await world.cut('a');
    await settle();
    await world.cut('b');
    await world.store.putKeys(0, [
      { kid: 'k', alg: 'ES256', state: 'active', sealed: 's', publicJwk: '{}', createdAt: 1 },
    ]);
    await settle();
    expect(reader.events.slice(-3).map(({ event }) => event)).toEqual(['cut', 'cut', 'key']);
    reader.stop();
  });
});

it('a longest life that another authority raises is said within ten seconds, once', async () => {
  const world = await createWorld();
  const reader = read(world.feed);
  await settle();
  await world.clock.pass(25_000);
  expect(reader.events.map(({ event }) => event)).toEqual(['profile', 'ready']);
  await world.store.declare({ ...PROFILE, accessMaxMs: 900_000 });
  await world.clock.pass(60_000);
  expect(reader.events.map(({ event }) => event)).toEqual(['profile', 'ready', 'profile']);
  expect(reader.events.at(-1)?.data).toContain('900000');
  reader.stop();
});

describe('a follower that does not read', () => {
  const LONG = 'x'.repeat(900);
  const names = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, i) => `${LONG}${from + i}`);

  it('is dropped behind a mebibyte, keeps nobody waiting, and misses nothing when it resumes', async () => {
    const world = await createWorld();
    const slow = world.feed.events({});
    await slow.next();
    const ready = (await slow.next()).value as FeedEvent;
    const first = slow.next();
    const fast = read(world.feed);
    await settle();
    for (let i = 0; i < 40; i += 1) {
      await world.cut(...names(i * 50, i * 50 + 50));
      await world.clock.pass(60);
    }
    expect(new Set(scopesOf(fast)).size).toBe(2000);
    const taken = [(await first).value as FeedEvent];
    for await (const event of slow) taken.push(event);
    const characters = taken.reduce((sum, { data }) => sum + data.length, 0);
    expect(characters).toBeGreaterThan(1_000_000);
    expect(characters).toBeLessThan(1_400_000);
    const again = read(world.feed, { after: taken.at(-1)?.id ?? ready.id ?? '' });
    await world.clock.pass(100);
    const scopes = taken.flatMap(({ data }) => (JSON.parse(data) as [string][]).map(([scope]) => scope));
    expect(new Set([...scopes, ...scopesOf(again)]).size).toBe(2000);
    fast.stop();
    again.stop();
  });
});

describe('snapshots served at once', () => {
  it('are four; who waits hears the profile, and a reader that has gone silent keeps nobody waiting for long', async () => {
    const world = await createWorld();
    await world.cut('a');
    const silent = Array.from({ length: 4 }, () => world.feed.events({}));
    for (const events of silent) {
      expect((await events.next()).value?.event).toBe('profile');
      expect((await events.next()).value?.event).toBe('snapshot');
    }
    const waiting = read(world.feed);
    const gone = read(world.feed);
    await world.clock.pass(30_000);
    gone.stop();
    expect(waiting.events.map(({ event }) => event)).toEqual(['profile']);
    await silent[0]?.next();
    await settle();
    expect(waiting.events.map(({ event }) => event)).toEqual(['profile', 'snapshot', 'ready']);
    const late = read(world.feed);
    const later = read(world.feed);
    await world.clock.pass(31_000);
    for (const reader of [late, later])
      expect(reader.events.map(({ event }) => event)).toEqual(['profile', 'snapshot', 'ready']);
    expect([gone.isOver, gone.events.length]).toEqual([true, 1]);
    for (const reader of [waiting, late, later]) reader.stop();
  });

  it('are not counted for whoever resumes', async () => {
    const world = await createWorld();
    const cursor = await cutUser(world.store, world.clock.wall, { subject: 'a' });
    const silent = Array.from({ length: 4 }, () => world.feed.events({}));
    for (const events of silent) for (let i = 0; i < 2; i += 1) await events.next();
    const reader = read(world.feed, { after: cursor.cursor });
    await settle();
    expect(reader.events.map(({ event }) => event)).toEqual(['profile', 'ready']);
    reader.stop();
  });

  it('are taken in the order in which they were asked for', async () => {
    const { timers } = createTurnedClock();
    const turns = createTurns(1, 1000, timers);
    const order: string[] = [];
    const end = await turns.take();
    const waiting = ['a', 'b', 'c'].map(async name => {
      const endMine = await turns.take();
      order.push(name);
      endMine?.();
      endMine?.();
    });
    end?.();
    await Promise.all(waiting);
    expect(order).toEqual(['a', 'b', 'c']);
    const aborted = new AbortController();
    aborted.abort();
    expect(await turns.take(aborted.signal)).toBeUndefined();
    expect(await turns.take()).toBeDefined();
  });
});
