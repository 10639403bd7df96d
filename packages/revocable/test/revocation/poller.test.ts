/** A replica without a stream: who judges asks for what is new. On clocks that the test turns, over a real store's feed. */
import { describe, expect, it } from 'vitest';
import type { Cursor, Feed } from '#revocation/feed';
import { createReplica, type ReplicaOptions } from '#revocation/replica';
import type { Store } from '#store';
import { createMemoryStore } from '#stores/memory';
import { PROFILE } from '../contracts/store-feed.ts';
import { cutUser } from '../contracts/store-world.ts';
import { createTurnedClock, settle, type TurnedClock } from './turned-clock.ts';

interface World {
  readonly store: Store;
  readonly clock: TurnedClock;
  readonly replica: ReturnType<typeof createReplica>;
  /** Questions that reached the feed. */
  readonly asked: (Cursor | undefined)[];
  /** Each question waits for this first; it may throw. */
  answer: () => Promise<void> | void;
  cut(subject: string): Promise<Cursor>;
  judgeLater(subject: string): Promise<'accepted' | string>;
  judge(subject: string): 'accepted' | string;
}

async function createWorld(
  options: Partial<ReplicaOptions> = {},
  answer: World['answer'] = () => {},
): Promise<World> {
  const clock = createTurnedClock();
  // The store's clock is right, whatever becomes of the verifier's.
  const start = clock.wall();
  const storeClock = (): number => start + clock.monotonic();
  const store = createMemoryStore({ clock: storeClock });
  await store.declare(PROFILE);
  const asked: (Cursor | undefined)[] = [];
  const feed: Feed = {
    profile: () => store.feed.profile(),
    load: (hold, take) => store.feed.load(hold, take),
    follow: (cursor, hold, sink) => store.feed.follow(cursor, hold, sink),
    giveBack: entries => store.feed.giveBack(entries),
    async probe(report) {
      asked.push(report.applied);
      await world.answer();
      return store.feed.probe(report);
    },
  };
  const world: World = {
    store,
    clock,
    asked,
    answer,
    replica: undefined as never,
    cut: async subject => (await cutUser(store, storeClock, { subject })).cursor,
    judgeLater: async subject =>
      outcome(() => world.replica.judgeLater?.(tokenOf(subject), 'the token') ?? Promise.reject()),
    judge: subject => outcomeNow(() => world.replica.judge(tokenOf(subject))),
  };
  const tokenOf = (sub: string) => {
    const stamps = { modified_at: start - 60_000, refresh_modified_at: start - 60_000 };
    return { claims: { iss: PROFILE.issuer, sub, ...stamps }, typ: 'at+jwt', key: {} };
  };
  const policy = { name: undefined, maxStalenessMs: 30_000, whenStale: 'reject', hold: 'access' } as const;
  const rules = { ...policy, pollMs: 5000, timers: clock.timers, clock, ...options };
  Object.assign(world, { replica: createReplica({ feed, ...rules }) });
  await settle();
  return world;
}

const codeOf = (error: unknown): string => (error as { code: string }).code;
const outcome = (work: () => Promise<void>): Promise<string> => work().then(() => 'accepted', codeOf);
function outcomeNow(work: () => void): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return codeOf(error);
  }
}

describe('a replica that polls', () => {
  it('loads at once, and then asks only when somebody judges with what is too old', async () => {
    const world = await createWorld();
    await world.replica.ready;
    const { length } = world.asked;
    await world.clock.pass(20_000);
    expect(world.asked).toHaveLength(length);
    expect(await world.judgeLater('a')).toBe('accepted');
    expect(world.asked).toHaveLength(length + 1);
    await world.clock.pass(4000);
    expect(await world.judgeLater('a')).toBe('accepted');
    expect(world.asked).toHaveLength(length + 1);
    expect(world.replica.age).toBe(4000);
  });

  it('knows what was cut before it judges, and what is synchronous judges by what is there', async () => {
    const world = await createWorld();
    const heard: string[] = [];
    world.replica.onRevoked(entry => heard.push(entry.scope));
    await world.cut('a');
    await world.clock.pass(6000);
    expect(world.judge('a')).toBe('accepted');
    expect(await world.judgeLater('a')).toBe('ERR_TOKEN_REVOKED');
    expect(world.judge('a')).toBe('ERR_TOKEN_REVOKED');
    expect(heard).toEqual(['u::a']);
    await world.clock.pass(31_000);
    expect(world.judge('b')).toBe('ERR_REPLICA_STALE');
    expect(await world.judgeLater('b')).toBe('accepted');
    expect(world.judge('b')).toBe('accepted');
  });

  it('asks once for many that wait', async () => {
    const world = await createWorld();
    await world.cut('a');
    await world.clock.pass(6000);
    const { length } = world.asked;
    const outcomes = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => world.judgeLater(i % 2 ? 'a' : 'b')),
    );
    expect(new Set(outcomes)).toEqual(new Set(['ERR_TOKEN_REVOKED', 'accepted']));
    expect(world.asked).toHaveLength(length + 1);
  });

  it('counts its age from when it asked, not from when it was answered', async () => {
    const world = await createWorld();
    await world.clock.pass(6000);
    let answer = (): void => {};
    world.answer = () =>
      new Promise(resolve => {
        answer = resolve;
      });
    const judged = world.judgeLater('a');
    await world.clock.pass(3000);
    await world.cut('a');
    answer();
    expect(await judged).toBe('ERR_TOKEN_REVOKED');
    expect(world.replica.age).toBe(3000);
  });

  it('judges by what it has while nobody answers, until that is too old; and does not ask at every token', async () => {
    const world = await createWorld();
    world.answer = () => {
      throw new Error('nobody answers');
    };
    await world.clock.pass(6000);
    const { length } = world.asked;
    for (let i = 0; i < 100; i++) expect(await world.judgeLater('a')).toBe('accepted');
    expect(world.asked).toHaveLength(length + 1);
    for (let i = 0; i < 100; i++) {
      await world.clock.pass(250);
      await world.judgeLater('a');
    }
    // 25 s of tokens, with rests that grow to between 2.5 and 5 s.
    expect(world.asked.length - length).toBeLessThan(18);
    expect(await world.judgeLater('a')).toBe('ERR_REPLICA_STALE');
    world.answer = () => {};
    await world.clock.pass(5000);
    expect(await world.judgeLater('a')).toBe('accepted');
  });

  it('is not ready before the first answer, and keeps asking until there is one', async () => {
    const world = await createWorld({}, () => {
      throw new Error('nobody answers');
    });
    expect(world.judge('a')).toBe('ERR_REPLICA_STALE');
    await world.clock.pass(20_000);
    expect(world.asked.length).toBeGreaterThan(3);
    world.answer = () => {};
    await world.clock.pass(5000);
    await world.replica.ready;
    expect(world.judge('a')).toBe('accepted');
  });

  it('catches up after a wall clock that went back, and after a machine that slept', async () => {
    const world = await createWorld();
    await world.cut('a');
    world.clock.stepWall(-3600_000);
    expect(world.judge('b')).toBe('ERR_REPLICA_STALE');
    expect(await world.judgeLater('a')).toBe('ERR_TOKEN_REVOKED');
    await world.cut('b');
    world.clock.stepWall(3600_000);
    expect(world.judge('c')).toBe('ERR_REPLICA_STALE');
    expect(await world.judgeLater('b')).toBe('ERR_TOKEN_REVOKED');
  });

  it('loads again where the log cannot be continued, and forgets nothing', async () => {
    const world = await createWorld();
    await world.cut('a');
    await world.clock.pass(6000);
    await world.judgeLater('a');
    const other = createMemoryStore({ clock: world.clock.wall });
    await other.declare(PROFILE);
    await cutUser(other, world.clock.wall, { subject: 'b' });
    Object.assign(world.store.feed, other.feed);
    await world.clock.pass(6000);
    expect(await world.judgeLater('b')).toBe('ERR_TOKEN_REVOKED');
    expect(await world.judgeLater('a')).toBe('ERR_TOKEN_REVOKED');
    expect(await world.judgeLater('c')).toBe('accepted');
  });

  it('is registered under its name when it asks, with what it has applied', async () => {
    const world = await createWorld({ name: 'lambda' });
    const cursor = await world.cut('a');
    await world.clock.pass(6000);
    await world.judgeLater('a');
    await world.clock.pass(6000);
    await world.judgeLater('a');
    expect(await world.store.replicas()).toMatchObject([{ name: 'lambda', applied: cursor }]);
  });

  it('asks on while a live connection is watched, and closes it for a cut', async () => {
    const world = await createWorld();
    const closed: string[] = [];
    const stamps = { modified_at: world.clock.wall() - 1, refresh_modified_at: world.clock.wall() - 1 };
    const claims = { iss: PROFILE.issuer, sub: 'a', ...stamps };
    world.replica.watch({ header: { typ: 'at+jwt' }, claims, key: {} }, reason => closed.push(reason.code));
    await world.clock.pass(60_000);
    expect(closed).toEqual([]);
    await world.cut('a');
    await world.clock.pass(7000);
    expect(closed).toEqual(['ERR_TOKEN_REVOKED']);
    const { length } = world.asked;
    await world.clock.pass(60_000);
    expect(world.asked).toHaveLength(length);
  });

  it('hears of a longest life that was raised, with its question or, without any, within ten seconds', async () => {
    for (const options of [{}, { pollMs: undefined as never }]) {
      const world = await createWorld(options);
      await world.replica.ready;
      const claims = {
        iss: PROFILE.issuer,
        sub: 'a',
        iat: 1,
        exp: 601,
        modified_at: 1,
        refresh_modified_at: 1,
      };
      const token = { claims, typ: 'at+jwt', key: {} };
      const judge = () => world.replica.judgeLater?.(token, '') ?? world.replica.judge(token);
      await expect(async () => judge()).rejects.toMatchObject({ code: 'ERR_TOKEN_CLAIM' });
      await world.store.declare({ ...PROFILE, accessMaxMs: 900_000 });
      await world.clock.pass(11_000);
      await judge();
    }
  });

  it('asks nothing once it is closed', async () => {
    const world = await createWorld();
    world.replica.close();
    await world.clock.pass(6000);
    const { length } = world.asked;
    await world.judgeLater('a');
    expect(world.asked).toHaveLength(length);
  });
});
