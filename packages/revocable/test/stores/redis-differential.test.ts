/** The rules in Lua against the rules in TypeScript: the same steps at the same times on Redis and in memory, seeded. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CutEntry, EVERYONE, INFINITE, keyScope, tokenScope, userScope } from '#revocation/index';
import type { CutOrder, Store } from '#store';
import { createMemoryStore } from '#stores/memory';
import { openStore } from '#stores/open';
import { createSetClock, LIVES, NOW, newSession, type SetClock, until } from '../contracts/store-world.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { type RedisSet, startCluster, together } from './redis-sets.ts';

const RUNS = Number(process.env.RUNS ?? 16);
const FIRST_SEED = Number(process.env.SEED ?? 1);
const STEPS = 150;

let server: RedisServer;
let cluster: RedisSet;
/** A Cluster of one, which a URL of a single server reaches: it takes no script over two slots. */
let shard: RedisServer;
beforeAll(async () => {
  [server, cluster, shard] = await together<[RedisServer, RedisSet, RedisServer]>([
    startRedis(),
    startCluster(),
    startRedis('--cluster-enabled', 'yes'),
  ]);
  await shard.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await until(async () => (await shard.command('CLUSTER', 'INFO')).includes('cluster_state:ok'), 30_000);
});
afterAll(() => Promise.all([server?.stop(), cluster?.stop(), shard?.stop()]));

/** An empty store to compare with memory. */
type OpenEmpty = (clock: SetClock) => Promise<Store>;

const onServer: OpenEmpty = async clock => {
  await server.command('FLUSHALL');
  return openStore(server.url, { clock });
};
const onShard: OpenEmpty = async clock => {
  await shard.command('FLUSHALL');
  return openStore(shard.url, { clock });
};
const onCluster: OpenEmpty = async clock => {
  await cluster.command('FLUSHALL');
  return openStore(`redis+cluster://${cluster.ports.map(port => `127.0.0.1:${port}`).join(',')}`, { clock });
};

/** mulberry32: small, and the same everywhere. */
function dice(seed: number): <T>(choices: readonly T[]) => T {
  let state = seed;
  return choices => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return choices[((t ^ (t >>> 14)) >>> 0) % choices.length] as never;
  };
}

type Pick = ReturnType<typeof dice>;

interface World {
  /** Few in some runs, so that they meet often. */
  readonly people: typeof everybody;
  readonly pick: Pick;
  readonly clock: SetClock;
  readonly ids: string[];
  readonly begins: { readonly owner: string; readonly head: number }[][];
}

/** One step, as a function of a store and of where that store's begins began. */
type Step = (store: Store, begun: { readonly owner: string; readonly head: number }) => Promise<unknown>;

const everybody = [
  { tenant: '', subject: 'ann', client: 'web' },
  { tenant: 'acme', subject: 'ann', client: '' },
  { tenant: 'a:%', subject: 'b\u0000{x}é', client: 'app' },
];

function orderOf(world: World): CutOrder {
  const { pick, ids, clock } = world;
  const plane = pick(['a', 'r', 's'] as const);
  const { tenant, subject } = pick(world.people);
  const user = userScope(tenant, subject);
  const session = pick([...ids, 'nobody']);
  return pick<() => CutOrder>([
    () => ({ kind: 'finite', scope: user, plane, user }),
    () => ({ kind: 'finite', scope: pick([EVERYONE, 't:acme', 'c:web', 't:x', 'c:y', 't:z']), plane }),
    () => ({
      kind: 'forever',
      scope: tokenScope(`j${pick([1, 2, 3])}`),
      plane: 'a',
      tokenExpires: clock.now + 5000,
    }),
    () => ({ kind: 'forever', scope: keyScope('k1'), plane: 's' }),
    () => ({ kind: 'session', session, plane }),
    () => ({ kind: 'session', session, plane: 's' }),
    () => ({ kind: 'others', session }),
  ])();
}

function loginOf(world: World): Step {
  const { pick, ids, clock } = world;
  const person = pick(world.people);
  const id = `s${ids.length}`;
  const parent = pick(['', '', '', '', '', pick([...ids.slice(-4), 'nobody'])]);
  const policy = pick(['recover', 'grace', 'strict', 'none'] as const);
  const wish = { id, salt: 'x', policy, parent, idleMs: pick([50_000, 500_000, LIVES.refreshMs]) };
  const session = newSession(person, wish);
  const withSession = pick([{ session }, { session }, { session }, { session }, { session }, {}]);
  const caller = clock.now + pick([0, 0, 0, 0, 0, 0, 0, 1500, -1500, 2001, -2001]);
  if ('session' in withSession) ids.push(id);
  return (store, begun) => store.issue({ ...person, ...withSession, begun, caller, lives: LIVES });
}

function refreshOf({ pick, ids, clock }: World): Step {
  const session = pick([...ids.slice(-3), ...ids.slice(-2), pick(ids.length === 0 ? ['nobody'] : ids)]);
  const generation = pick([0, 0, 0, 0, 1, 1, 1, 2, 2, 5]);
  const caller = clock.now + pick([0, 0, 0, 0, 0, 900, -900, 2001]);
  const claims = pick([{}, {}, { claims: { n: [1, null, 'ü\u0000'], o: {} } }]);
  const looksFirst = pick([true, true, true, false]);
  return (store, begun) =>
    store.refresh({
      ...{ session, generation, caller, lives: LIVES, ...claims },
      ...(looksFirst && { begun }),
    });
}

function revokeOf(world: World): Step {
  const { pick, clock } = world;
  const orders = Array.from({ length: pick([1, 1, 2, 5]) }, () => orderOf(world));
  const caller = clock.now + pick([0, 0, 0, 5000, -5000]);
  return store => store.revoke({ orders, caller, lives: LIVES });
}

function readOf(world: World): Step {
  const { pick, ids, clock } = world;
  const id = pick([...ids, 'nobody']);
  const { tenant, subject } = pick(world.people);
  const filter = pick([
    { kind: 'everyone' },
    { kind: 'tenant', tenant },
    { kind: 'client', client: 'web' },
    { kind: 'user', tenant, subject },
    { kind: 'session', session: id },
  ] as const);
  const caller = clock.now + pick([0, -4000]);
  return pick<Step>([
    store => store.session(id),
    store => store.count(filter),
    store => store.sessions(filter),
    store => store.purge(caller),
    store => store.takeover(caller),
    store => store.cuts(),
    async store => (await store.unproved(1000)).sort((x, y) => x.number - y.number),
  ]);
}

/** Entries that are given back or proved: some of those that the stores hold, some as they were, some changed. */
function healOf({ pick, clock }: World): Step {
  const changes = Array.from({ length: pick([1, 3]) }, () => ({
    place: pick([0, 1, 2, 5]),
    plane: pick(['a', 'r', 's'] as const),
    cut: pick([0, 0, clock.now, INFINITE]),
    later: pick([0, 0, -50, 7]),
    end: pick([0, 0, 1000, -1e9]),
    scope: pick(['', '', '', 'u::zoe', 'k:k1', 't:acme']),
    mac: pick(['', 'p1', 'p2']),
  }));
  const caller = clock.now + pick([0, -4000]);
  const how = pick(['vouch', 'heal'] as const);
  return async store => {
    const held: CutEntry[] = [];
    await store.feed.load('all', entries => held.push(...entries));
    held.sort((x, y) => x.number - y.number);
    const fresh = {
      scope: 'u::new',
      number: 0,
      at: clock.now,
      expires: clock.now + 1e6,
      a: 0,
      r: 0,
      s: 0,
      mac: '',
    };
    const entries = changes.map(({ place, plane, cut, later, end, scope, mac }) => {
      const base = held[place] ?? fresh;
      const changed = { at: base.at + later, [plane]: Math.max(base[plane], cut) };
      const expires = Math.max(0, Math.min(INFINITE, base.expires + (base.expires === INFINITE ? 0 : end)));
      return { ...base, ...changed, expires, scope: scope || base.scope, mac };
    });
    return how === 'vouch' ? store.vouch(entries) : store.heal({ entries, caller });
  };
}

const stepOf = (world: World): Step =>
  world.pick([loginOf, loginOf, ...Array(5).fill(refreshOf), revokeOf, revokeOf, readOf, healOf])(world);

/** Owners and tags differ from store to store; nothing else may. */
const sameOwner = (value: unknown, owner: string): unknown =>
  JSON.parse(
    (JSON.stringify(value) ?? 'null').replaceAll(owner, 'OWNER').replace(/OWNER\.(\d+)\.[\w-]*/g, 'OWNER.$1'),
  );

async function stateOf(store: Store, ids: readonly string[], owner: string): Promise<unknown> {
  const cuts: CutEntry[] = [];
  const cursor = await store.feed.load('all', entries => cuts.push(...entries));
  const sessions = await Promise.all(ids.map(id => store.session(id)));
  return sameOwner({ cursor, sessions, cuts: cuts.sort((x, y) => x.number - y.number) }, owner);
}

async function compare(seed: number, openEmpty: OpenEmpty): Promise<Map<string, number>> {
  const clock = createSetClock(NOW);
  const stores = [createMemoryStore({ clock }), await openEmpty(clock)];
  const pick = dice(seed);
  const people = everybody.slice(0, pick([1, 1, 3]));
  const world: World = { people, pick, clock, ids: [], begins: [] };
  const begin = async (): Promise<void> => {
    world.begins.push((await Promise.all(stores.map(store => store.begin()))) as World['begins'][number]);
  };
  await begin();
  const owners = (world.begins[0] ?? []).map(({ owner }) => owner);
  const seen = new Map<string, number>();
  for (let i = 0; i < STEPS; i += 1) {
    clock.now += world.pick([
      ...Array(9).fill(0),
      1,
      1,
      10_000,
      10_000,
      31_000,
      31_000,
      61_000,
      400_000,
      -300,
    ]);
    if (world.pick([true, true, true, true, true, false])) await begin();
    const step = stepOf(world);
    const replies: unknown[] = [];
    for (const [n, store] of stores.entries())
      replies.push(sameOwner(await step(store, world.begins.at(-1)?.[n] as never), owners[n] ?? ''));
    expect(replies[1], `seed ${seed}, step ${i}`).toEqual(replies[0]);
    const { refused, verdict } = (replies[0] ?? {}) as { refused?: string; verdict?: string };
    const kind = refused ?? verdict ?? 'other';
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  const [inMemory, inRedis] = await Promise.all(
    stores.map((store, n) => stateOf(store, world.ids, owners[n] ?? '')),
  );
  expect(inRedis, `seed ${seed}, at the end`).toEqual(inMemory);
  for (const store of stores) await store.close();
  return seen;
}

describe('Lua and TypeScript', () => {
  it(`answer alike, and leave the same state, over ${RUNS} runs of ${STEPS} steps`, {
    timeout: 600_000,
  }, async () => {
    const seen = new Map<string, number>();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed += 1)
      for (const [kind, count] of await compare(seed, onServer))
        seen.set(kind, (seen.get(kind) ?? 0) + count);
    if (RUNS < 16) return;
    const verdicts = ['same', 'rotated', 'successor', 'recovered', 'amnesia', 'reused'];
    const refusals = ['clocks', 'outdated', 'revoked', 'expired', 'gone'];
    expect([...seen.keys()]).toEqual(expect.arrayContaining([...verdicts, ...refusals]));
  });

  it('answer alike on a Cluster too, where cuts and sessions lie on different servers', {
    timeout: 600_000,
  }, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + Math.ceil(RUNS / 4); seed += 1)
      await compare(seed, onCluster);
  });

  it('answer alike where one server holds every slot of a Cluster', { timeout: 600_000 }, async () => {
    await compare(FIRST_SEED, onShard);
  });
});
