/** Live connections, on clocks that the test turns. */
import { expect, test } from 'vitest';
import { INFINITE } from '#revocation/cutoff';
import type { CutEntry } from '#revocation/entry';
import type { Feed, FeedSink } from '#revocation/feed';
import { createReplica, type ReplicaOptions } from '#revocation/replica';
import type { Timers } from '#time';

const ISSUER = 'https://auth.example';
const START = 1_760_000_000_000;
const profile = {
  issuer: ISSUER,
  format: 1,
  scopes: ['g', 'k', 't', 'c', 'u', 's', 'j'],
  accessMaxMs: 300_000,
  refreshMaxMs: 3600_000,
  leewayMs: 65_000,
  stamps: true,
};

interface World {
  readonly replica: ReturnType<typeof createReplica>;
  readonly reports: (string | undefined)[];
  cut(scope: string, cuts: Partial<CutEntry>): void;
  /** Time goes on; the store answers probes unless it is down. */
  pass(ms: number, clocks?: { wall?: number }): Promise<void>;
  isDown: boolean;
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

async function createWorld(options: Partial<ReplicaOptions> = {}): Promise<World> {
  let wall = START;
  let monotonic = 0;
  let head = 1;
  let sink: FeedSink | undefined;
  const waiting = new Map<symbol, { at: number; callback: () => void }>();
  const timers: Timers = {
    set(callback, delayMs) {
      const id = Symbol('timer');
      waiting.set(id, { at: monotonic + delayMs, callback });
      return () => waiting.delete(id);
    },
  };
  const reports: (string | undefined)[] = [];
  const feed: Feed = {
    profile: async () => profile,
    load: async () => 'o.1.',
    giveBack: async () => {},
    follow: (_cursor, _hold, into) => {
      sink = into;
      return () => {};
    },
    async probe({ applied }) {
      reports.push(applied);
      if (world.isDown) throw new Error('nobody answers');
      return { now: wall, head: `o.${head}.` };
    },
  };
  const clock = { wall: () => wall, monotonic: () => monotonic };
  const common = { name: 'v', maxStalenessMs: 5000, whenStale: 'reject', hold: 'access' } as const;
  const replica = createReplica({ feed, clock, timers, ...common, ...options });
  const world: World = {
    replica,
    reports,
    isDown: false,
    cut(scope, cuts) {
      head += 1;
      const entry = {
        scope,
        number: head,
        at: wall,
        expires: wall + 400_000,
        a: 0,
        r: 0,
        s: 0,
        mac: '',
        ...cuts,
      };
      sink?.entries([entry], `o.${head}.`);
    },
    async pass(ms, clocks = {}) {
      for (let left = ms; left > 0; left -= 50) {
        monotonic += 50;
        wall += 50;
        for (const [id, { at, callback }] of [...waiting])
          if (at <= monotonic && waiting.delete(id)) callback();
        await settle();
      }
      wall += clocks.wall ?? 0;
    },
  };
  await settle();
  await world.pass(50);
  return world;
}

const accepted = (claims: object = {}) => ({
  header: { typ: 'at+jwt' },
  claims: {
    iss: ISSUER,
    sub: 'ada',
    sid: 'one',
    jti: 'x',
    modified_at: START - 1000,
    refresh_modified_at: START - 1000,
    exp: START / 1000 + 60,
    iat: START / 1000 - 1,
    ...claims,
  },
  key: { kid: 'k1', thumbprint: 'thumb' },
});

/** Codes that each connection was closed with. */
const closing = (closed: string[]) => (reason: { code: string }) => void closed.push(reason.code);

test.each([
  ['its session', 's:one', { s: INFINITE }],
  ['its user', 'u::ada', { s: START }],
  ['its access alone', 'u::ada', { a: START }],
  ['one token', 'j:x', { a: INFINITE }],
  ['its key by thumbprint', 'k:thumb', { s: INFINITE }],
  ['everyone', 'g', { s: START }],
])('21: a cut of %s closes the connection before the cursor is acknowledged', async (_, scope, cuts) => {
  const { replica, cut, reports, pass } = await createWorld();
  const closed: string[] = [];
  replica.watch(accepted(), closing(closed));
  const other: string[] = [];
  replica.watch(
    accepted({ sub: 'eve', sid: 'two', jti: 'y', modified_at: START + 5, refresh_modified_at: START + 5 }),
    closing(other),
  );
  replica.onRevoked(() => expect(closed).toEqual(['ERR_TOKEN_REVOKED']));
  cut(scope, cuts);
  expect(closed).toEqual(['ERR_TOKEN_REVOKED']);
  expect(reports).not.toContain('o.2.');
  await pass(50);
  expect(reports).toContain('o.2.');
  cut('g', { s: START + 1 });
  expect(closed).toHaveLength(1);
  expect(other).toEqual(scope === 'k:thumb' ? ['ERR_TOKEN_REVOKED'] : []);
  replica.close();
});

test('21: around a cut a connection is closed or refused, never neither', async () => {
  for (const isBefore of [true, false]) {
    const { replica, cut } = await createWorld();
    const closed: string[] = [];
    const open = (): unknown => replica.watch(accepted(), closing(closed));
    if (isBefore) open();
    cut('u::ada', { s: START });
    if (!isBefore) expect(open).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_REVOKED' }));
    expect(closed).toEqual(isBefore ? ['ERR_TOKEN_REVOKED'] : []);
    replica.close();
  }
});

test('21: a connection that a closing listener opens is judged too', async () => {
  const { replica, cut } = await createWorld();
  let refused = '';
  replica.watch(accepted(), () => {
    try {
      replica.watch(accepted(), () => {});
    } catch (error) {
      refused = (error as { code: string }).code;
    }
  });
  cut('u::ada', { s: START });
  expect(refused).toBe('ERR_TOKEN_REVOKED');
  replica.close();
});

test('20: no connection stays open once the replica has been stale, nor can one be opened', async () => {
  const world = await createWorld();
  const closed: string[] = [];
  world.replica.watch(accepted(), closing(closed));
  world.isDown = true;
  await world.pass(4800);
  expect(closed).toEqual([]);
  await world.pass(400);
  expect(closed).toEqual(['ERR_REPLICA_STALE']);
  expect(() => world.replica.watch(accepted(), () => {})).toThrow(
    expect.objectContaining({ code: 'ERR_REPLICA_STALE' }),
  );
  world.replica.close();
});

test('2: a machine that slept closes them within a second of waking', async () => {
  const world = await createWorld();
  const closed: string[] = [];
  world.replica.watch(accepted(), closing(closed));
  world.isDown = true;
  await world.pass(50, { wall: 30_000 });
  await world.pass(1050);
  expect(closed).toEqual(['ERR_REPLICA_STALE']);
  world.replica.close();
});

test('a policy that allows keeps them open; the token still expires', async () => {
  const world = await createWorld({ whenStale: 'allow' });
  const closed: string[] = [];
  world.replica.watch(accepted({ exp: START / 1000 + 10 }), closing(closed));
  world.isDown = true;
  await world.pass(9800);
  expect(closed).toEqual([]);
  await world.pass(300);
  expect(closed).toEqual(['ERR_TOKEN_EXPIRED']);
  expect(() => world.replica.watch(accepted({ exp: START / 1000 + 10 }), () => {})).toThrow(
    expect.objectContaining({ code: 'ERR_TOKEN_EXPIRED' }),
  );
  world.replica.close();
});

test('one that is stopped is not closed; the others are when the replica is', async () => {
  const { replica, cut } = await createWorld();
  const closed: string[] = [];
  const stop = replica.watch(accepted(), closing(closed));
  replica.watch(accepted(), closing(closed));
  stop();
  replica.close();
  expect(closed).toEqual(['ERR_REPLICA_STALE']);
  cut('u::ada', { s: START });
  expect(closed).toHaveLength(1);
});

test("4: judged by the token's own claims and typ, whatever a schema made of them", async () => {
  const { replica, cut } = await createWorld();
  const closed: string[] = [];
  const token = accepted();
  replica.watch({ ...token, claims: { id: 7 }, tokenClaims: token.claims }, closing(closed));
  cut('u::ada', { r: START });
  expect(closed).toEqual([]);
  cut('u::ada', { s: START });
  expect(closed).toEqual(['ERR_TOKEN_REVOKED']);
  replica.close();
});

test('29: an entry goes when both clocks say so, and keys stay', async () => {
  const world = await createWorld({ maxStalenessMs: 3600_000, whenStale: 'allow' });
  const judge = (claims: object): void => world.replica.judge({ ...accepted(claims), typ: 'at+jwt' });
  world.cut('u::ada', { s: START });
  world.cut('k:stolen', { s: INFINITE });
  await world.pass(50, { wall: 400_000 });
  await world.pass(5000);
  expect(() => judge({})).toThrow('revoked');
  expect(world.replica.size).toBe(2);
  await world.pass(365_000);
  expect(world.replica.size).toBe(1);
  expect(() => judge({})).not.toThrow();
  world.replica.close();
}, 60_000);
