/**
 * Random interleavings of logins, refreshes, revocations, lost replies, retries, crashes and thieves: two authorities on one real
 * store, each kind of it. Which invariant is looked at stands in front of it. `RUNS=20 SEED=7` plays more, from that seed.
 */
import { type Authority, decode, openStore, RevocableError, type Store, type TokenPair } from 'revocable';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthorityOn } from '#authority/authority';
import { systemRandom } from '#random';
import type { SessionRow } from '#sessions/index';
import { systemClock, systemTimers, type Timers } from '#time';
import { until } from '../contracts/store-world.ts';
import { withOtherSignature } from '../jose/forge.ts';
import { dataFolders } from '../stores/data-folder.ts';
import { type RedisServer, startRedis } from '../stores/redis-server.ts';

const RUNS = Number(process.env.RUNS ?? 2);
const FIRST_SEED = Number(process.env.SEED ?? 1);
const ROUNDS = 20;
const START = 1_764_000_000_000;
const GRACE_MS = 30_000;
const IDLE_MS = 7 * 86_400_000;
const ABSOLUTE_MS = 30 * 86_400_000;

const newFolder = dataFolders();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

type Clock = () => number;
const places: readonly (readonly [string, (clock: Clock) => Promise<Store>])[] = [
  ['memory', clock => openStore('memory:', { clock })],
  ['embedded', clock => openStore(`file:${newFolder()}`, { clock })],
  [
    'redis',
    async clock => {
      await redis.command('FLUSHALL');
      return openStore(redis.url, { clock });
    },
  ],
];

/** Replicas probe soon after each leap of the clock; upkeep is none of this test's. */
const timers: Timers = {
  set(callback, delayMs, holds) {
    if (delayMs === 2000 || delayMs === 60_000) return () => {};
    return systemTimers.set(callback, delayMs === 1000 ? 20 : delayMs, holds);
  },
};

/** What one browser knows, and what the test knows of its session. */
interface Jar {
  readonly user: string;
  readonly session: string;
  readonly login: unknown;
  readonly seen: string[];
  token: string;
  /** When it was last answered. */
  used: number;
  isOver: boolean;
}

interface Given {
  readonly token: string;
  readonly user: string;
  readonly version: number;
}

interface World {
  readonly store: Store;
  readonly random: () => number;
  readonly jars: Jar[];
  readonly given: Given[];
  /** The newest fact about each user. */
  readonly versions: Map<string, number>;
  authorities: Authority[];
  now: number;
}

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pick = <T>({ random }: World, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const ticks = (world: World): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, Math.floor(world.random() * 3)));
const codeOf = (error: unknown): string => (error instanceof RevocableError ? error.code : String(error));
const code = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'ok', codeOf);
const versionOf = ({ versions }: World, user: string): number => versions.get(user) ?? 0;

function openAuthority(world: World): Promise<Authority> {
  const { store } = world;
  const clock = { wall: () => world.now, monotonic: systemClock.monotonic };
  const named = { issuer: 'https://auth.example', audience: 'api', signing: { alg: 'ES256' } as const };
  const secret = 'the root secret of this test, 32 bytes or more';
  return createAuthorityOn({ ...named, store, secret }, { clock, timers, random: systemRandom });
}

/** Begins, looks, steps; and looks again when something was taken back meanwhile. */
async function login(world: World, user: string): Promise<void> {
  const authority = pick(world, world.authorities);
  for (;;) {
    const begun = await authority.begin();
    const version = versionOf(world, user);
    await ticks(world);
    const options = { subject: user, client: 'shop', claims: { version }, begun };
    const pair = await authority.issue(options).catch(error => {
      if (codeOf(error) !== 'ERR_BEGIN_OUTDATED') throw error;
      return undefined;
    });
    if (pair === undefined) continue;
    const { refresh_modified_at: stamp } = judged(world, user, pair);
    const { refreshToken, sessionId } = pair;
    const jar = { user, session: sessionId, login: stamp, seen: [refreshToken], token: refreshToken };
    world.jars.push({ ...jar, used: world.now, isOver: false });
    return;
  }
}

/** What holds for each pair of tokens as it is handed out. */
function judged(world: World, user: string, pair: TokenPair): Readonly<Record<string, unknown>> {
  const { claims } = decode(pair.accessToken);
  const [exp, iat, stamp] = [claims.exp, claims.iat, claims['refresh_modified_at']] as [
    number,
    number,
    number,
  ];
  expect(exp - iat, '14: no longer-lived than declared').toBeLessThanOrEqual(300);
  const end = Math.min(stamp + ABSOLUTE_MS, world.now + IDLE_MS);
  expect(exp * 1000, '11: no access token outlives its session').toBeLessThanOrEqual(end);
  world.given.push({ token: pair.accessToken, user, version: claims['version'] as number });
  return claims;
}

/** One to four tabs present what their one jar holds, all at once; some replies are lost. */
async function refreshInTabs(world: World, jar: Jar): Promise<void> {
  const presented = jar.token;
  const tabs = Array.from({ length: pick(world, [1, 1, 2, 4]) }, async () => {
    const claims = async (): Promise<object> => {
      const version = versionOf(world, jar.user);
      await ticks(world);
      return { version };
    };
    const options = { client: 'shop', claims: claims as never };
    return pick(world, world.authorities)
      .refresh(presented, options)
      .catch(error => codeOf(error));
  });
  const answers = await Promise.all(tabs);
  const pairs = answers.filter((answer): answer is TokenPair => typeof answer !== 'string');
  for (const refused of answers.filter(answer => typeof answer === 'string'))
    expect(jar.isOver ? refused : 'alive', `10, 30: an honest user is logged out (${refused})`).toMatch(
      /^ERR_TOKEN_REVOKED$/,
    );
  expect(new Set(pairs.map(pair => pair.refreshToken)).size, '8: one generation').toBeLessThanOrEqual(1);
  for (const pair of pairs) {
    const claims = judged(world, jar.user, pair);
    expect(claims['refresh_modified_at'], '7: the stamp of the login').toBe(jar.login);
    jar.used = world.now;
    if (!jar.seen.includes(pair.refreshToken)) jar.seen.push(pair.refreshToken);
    if (world.random() >= 0.15) jar.token = pair.refreshToken;
  }
}

/** The fact first, then the cut; what was built on the former one is refused when it returns. */
async function changeFacts(world: World, user: string): Promise<void> {
  await ticks(world);
  const version = versionOf(world, user) + 1;
  world.versions.set(user, version);
  const authority = pick(world, world.authorities);
  await authority.revoke({ subject: user }, { plane: 'access' });
  for (const { token } of world.given.filter(each => each.user === user && each.version < version))
    expect(authority.verifier.check(token).ok, '22: built on a former fact').toBe(false);
}

async function endEverywhere(world: World, user: string): Promise<void> {
  const mine = world.jars.filter(jar => jar.user === user);
  const before = world.given.filter(each => each.user === user);
  for (const jar of mine) jar.isOver = true; // from now on a refusal is right, and an answer too
  const authority = pick(world, world.authorities);
  await authority.revoke({ subject: user });
  for (const { token } of before) expect(authority.verifier.check(token).ok, '1, 7').toBe(false);
  for (const { token } of mine)
    expect(await code(authority.refresh(token, { client: 'shop' })), '7').toBe('ERR_TOKEN_REVOKED');
}

/** What must change nothing, looked at where nobody else touches the session. */
async function presentInVain(world: World, jar: Jar): Promise<void> {
  const authority = pick(world, world.authorities);
  const row = await world.store.session(jar.session);
  const refresh = (token: string, more: object = {}): Promise<string> =>
    code(authority.refresh(token, { client: 'shop', ...more }));
  const crash = { claims: () => Promise.reject(new Error('the directory is down')) };
  expect(await refresh(jar.token, { client: 'other' }), '9, 16: another client').toBe('ERR_TOKEN_CLAIM');
  expect(await refresh(withOtherSignature(jar.token)), '9: forged').toBe('ERR_TOKEN_SIGNATURE');
  expect(await refresh(jar.token, crash), '15: a crash').toBe('Error: the directory is down');
  const access = world.given.find(each => each.user === jar.user)?.token ?? '';
  expect(await refresh(access), '4').toBe('ERR_TOKEN_TYPE');
  expect(authority.verifier.check(jar.token).ok, '4').toBe(false);
  expect(await world.store.session(jar.session), '9, 15, 16: nothing changes').toEqual(row);
}

/** A token below the one before, or an orphan after the grace: that family dies, and exactly that. */
async function steal(world: World, jar: Jar): Promise<void> {
  const { p, c, at } = (await world.store.session(jar.session)) as SessionRow;
  const isOld = (g: number): boolean => g < p || (g > p && g < c && world.now - at > GRACE_MS);
  const old = jar.seen.findLast(token => isOld(Number(token.split('.')[1])));
  if (old === undefined) return;
  const [authority, other] = [pick(world, world.authorities), pick(world, world.authorities)];
  const cuts = await world.store.cuts();
  jar.isOver = true;
  expect(await code(authority.refresh(old, { client: 'shop' })), '9: two holders').toBe('ERR_REFRESH_REUSED');
  expect(await world.store.cuts(), '9: one family, and no other').toBe(cuts + 1);
  expect(await code(other.refresh(jar.token, { client: 'shop' })), '9').toBe('ERR_TOKEN_REVOKED');
}

/** A lost reply is made good, and whoever holds what was lost is caught by it. */
async function loseReply(world: World): Promise<void> {
  await login(world, 'dan');
  const { token, session } = world.jars.at(-1) as Jar;
  const refresh = (presented: string): Promise<TokenPair> =>
    pick(world, world.authorities).refresh(presented, { client: 'shop' });
  const lost = await refresh(token);
  world.now += GRACE_MS + 1;
  const made = await refresh(token);
  expect(made.refreshToken, '10: another successor').not.toBe(lost.refreshToken);
  world.now += GRACE_MS + 1;
  expect(await code(refresh(lost.refreshToken)), '10').toBe('ERR_REFRESH_REUSED');
  expect(await code(refresh(made.refreshToken)), '9').toBe('ERR_TOKEN_REVOKED');
  const row = await world.store.session(session);
  expect(row, '9: the row as it was').toMatchObject({ p: 0, c: 2 });
}

/** 13: both verifiers and the introspections agree, as soon as both have heard. */
async function compareJudges(world: World): Promise<void> {
  const verdictOf = (authority: Authority, token: string): string => {
    const verdict = authority.verifier.check(token);
    return verdict.ok ? 'ok' : verdict.code;
  };
  for (const { token } of world.given.slice(-8)) {
    const verdicts = () => world.authorities.map(authority => verdictOf(authority, token));
    await until(() => new Set(verdicts()).size === 1 && !verdicts().includes('ERR_REPLICA_STALE'), 15_000);
    for (const authority of world.authorities)
      expect((await authority.introspect(token)).active, '13').toBe(verdicts()[0] === 'ok');
  }
}

/** One of the authorities dies, with whatever it had in its memory; another takes its place. */
async function crash(world: World): Promise<void> {
  const [gone, ...others] = world.authorities;
  world.authorities = [...others, await openAuthority(world)];
  await gone?.close();
}

const living = ({ jars }: World): Jar[] => jars.filter(jar => !jar.isOver);

async function round(world: World, number: number): Promise<void> {
  const users = ['ada', 'bob', 'cyd'];
  const atOnce: Promise<void>[] = users.filter(() => world.random() < 0.3).map(user => login(world, user));
  const endedUser = world.random() < 0.12 ? pick(world, users) : '';
  for (const jar of living(world)) if (world.random() < 0.6) atOnce.push(refreshInTabs(world, jar));
  for (const user of users) if (world.random() < 0.25) atOnce.push(changeFacts(world, user));
  await Promise.all(atOnce);
  const mine = living(world).filter(jar => jar.user === endedUser);
  if (mine.length > 0)
    await Promise.all([endEverywhere(world, endedUser), ...mine.map(jar => refreshInTabs(world, jar))]);
  const jar = pick(world, living(world));
  if (jar !== undefined) await presentInVain(world, jar);
  if (jar !== undefined && number % 3 === 2) await steal(world, jar);
  await compareJudges(world);
  if (world.random() < 0.1) await crash(world);
  world.now += pick(world, [0, 1, 1000, GRACE_MS + 1, GRACE_MS + 1, 2 * GRACE_MS + 1, 600_000]);
}

async function play(seed: number, open: (clock: Clock) => Promise<Store>): Promise<void> {
  const time = { now: START };
  const store = await open(() => time.now);
  const world: World = {
    ...{ store, random: randomFrom(seed), jars: [], given: [], versions: new Map(), authorities: [] },
    get now() {
      return time.now;
    },
    set now(now) {
      time.now = now;
    },
  };
  world.authorities = [await openAuthority(world), await openAuthority(world)];
  for (let i = 0; i < ROUNDS; i++) await round(world, i);
  await loseReply(world);
  for (const authority of world.authorities) await authority.close();
  await store.close();
}

describe.each(places)('4, 7 to 11, 13 to 16, 22, 30 in random interleavings: %s', (_, open) => {
  test.each(Array.from({ length: RUNS }, (__, i) => FIRST_SEED + i))('seed %i', { timeout: 120_000 }, seed =>
    play(seed, open),
  );
});
