/** Invariants 15 and 16 on real stores, over HTTP: store down, 503, nothing consumed, no cookie cleared, the same token works afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceConfig } from '@revocable/service';
import { decode } from 'revocable';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../../revocable/test/stores/redis-server.ts';
import { CALLBACK, type Flow, flowOf, newPkce, type Pkce, type Tokens } from './code-flow.ts';
import { type ListeningWorld, openListeningWorld } from './listening.ts';
import { cookieIn, type Person } from './world.ts';

const CLIENTS: NonNullable<ServiceConfig['clients']> = [
  { client_id: 'shop', redirect_uris: [CALLBACK] },
  { client_id: 'strict', redirect_uris: [CALLBACK], refresh_policy: 'strict' },
  { client_id: 'stock', client_secret: 'stock-secret' },
];
const SECRET = 'the root secret of the outage tests of 32 bytes';
/** A store may take five seconds to be given up, and a connection some more to come back. */
const PATIENCE = { timeout: 60_000 };

let world: ListeningWorld;
let flow: Flow;

/** What somebody holds when the store goes down. */
interface Holding {
  readonly person: Person;
  readonly tokens: Tokens;
  readonly strict: Tokens;
  readonly code: string;
  readonly pkce: Pkce;
}

async function holding(): Promise<Holding> {
  const person = await world.newPerson();
  const pkce = newPkce();
  return {
    person,
    tokens: await flow.signIn(person.cookie),
    strict: await flowOf(world, 'strict').signIn(person.cookie),
    code: await flow.code(person.cookie, pkce),
    pkce,
  };
}

const byCookie = (cookie: string): Promise<Response> =>
  fetch(`${world.url}/refresh`, { method: 'POST', headers: { cookie } });

/** All that a browser and its applications ask while the store is down. */
async function askInTheDark({ person, tokens, strict, code, pkce }: Holding): Promise<void> {
  const [cookie, refreshed, strictly, redeemed, asked] = await Promise.all([
    byCookie(person.cookie),
    flow.refresh(tokens.refresh_token),
    flowOf(world, 'strict').refresh(strict.refresh_token),
    flow.redeem(code, pkce),
    flow.authorize({ code_challenge: pkce.challenge, code_challenge_method: 'S256' }, person.cookie),
  ]);
  expect(cookie.status).toBe(503);
  expect(Number(cookie.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(cookie.headers.get('set-cookie')).toBeNull();
  expect(await cookie.json()).toMatchObject({ error: 'temporarily_unavailable', action: 'retry' });
  const outage = {
    status: 503,
    error: 'temporarily_unavailable',
    action: 'retry',
    code: 'ERR_STORE_UNAVAILABLE',
  };
  for (const answer of [refreshed, strictly, redeemed]) expect(answer).toMatchObject(outage);
  expect(asked.status).toBe(303);
  const { searchParams } = new URL(asked.headers.get('location') ?? '');
  expect([searchParams.get('error'), searchParams.get('iss')]).toEqual([
    'temporarily_unavailable',
    world.url,
  ]);
}

/** The very same tokens: the cookie's, the application's, the strict one's that forgives no second use, and the code. */
async function askInTheLight({ person, tokens, strict, code, pkce }: Holding): Promise<void> {
  await expect.poll(async () => (await byCookie(person.cookie)).status, { timeout: 20_000 }).toBe(200);
  const refreshed = await flow.refresh(tokens.refresh_token);
  expect(refreshed.status).toBe(200);
  const strictly = await flowOf(world, 'strict').refresh(strict.refresh_token);
  expect([strictly.status, strictly.refresh_token?.split('.')[1]]).toEqual([200, '1']);
  const redeemed = await flow.redeem(code, pkce);
  expect(redeemed.status).toBe(200);
  expect(decode(redeemed.access_token ?? '').claims.sub).toBe(person.subject);
  for (const { access_token } of [refreshed, strictly, redeemed])
    expect(await world.isActive(access_token ?? '')).toBe(true);
}

/** Refreshes that go on while the store dies: each is answered 200 or 503, and afterwards what each browser holds is good. */
async function storm(die: () => Promise<void>, comeBack: () => Promise<void>): Promise<void> {
  const people = await Promise.all(Array.from({ length: 6 }, () => world.newPerson()));
  const jars = people.map(({ cookie }) => cookie);
  const statuses = new Set<number>();
  const browse = async (jar: number): Promise<void> => {
    for (let isOut = false; !isOut; ) {
      const answer = await byCookie(jars[jar] ?? '');
      statuses.add(answer.status);
      // A tab that is closed before the reply arrives keeps the old cookie.
      if (answer.headers.has('set-cookie') && Math.random() < 0.7) jars[jar] = cookieIn(answer);
      if (answer.status !== 200) expect(answer.headers.get('set-cookie')).toBeNull();
      isOut = answer.status === 503;
    }
  };
  const browsing = jars.map((_, jar) => browse(jar));
  await expect.poll(() => statuses.has(200)).toBe(true);
  await die();
  await Promise.all(browsing);
  expect([...statuses].sort()).toEqual([200, 503]);
  await comeBack();
  for (const jar of jars)
    await expect.poll(async () => (await byCookie(jar)).status, { timeout: 20_000 }).toBe(200);
}

describe('Redis', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
    world = await openListeningWorld({
      store: redis.url,
      secret: SECRET,
      clients: CLIENTS,
      rate_limit: 'off',
    });
    flow = flowOf(world);
  });
  afterEach(async () => {
    redis.thaw();
    await world.close();
    await redis.stop();
  });

  it('frozen', PATIENCE, async () => {
    const held = await holding();
    redis.freeze();
    await askInTheDark(held);
    redis.thaw();
    await askInTheLight(held);
  });

  it('killed, and started again', PATIENCE, async () => {
    const held = await holding();
    await redis.kill();
    await askInTheDark(held);
    await redis.start();
    await askInTheLight(held);
  });

  it('frozen in the midst of refreshes', PATIENCE, () =>
    storm(
      async () => redis.freeze(),
      async () => redis.thaw(),
    ),
  );

  it('killed in the midst of refreshes', PATIENCE, () =>
    storm(
      () => redis.kill(),
      () => redis.start(),
    ),
  );

  it('flushed: what was lost is in the audit log', PATIENCE, async () => {
    const { person } = await holding();
    await world.send('/logout', { form: { all: 'true' }, cookie: person.cookie });
    await redis.command('FLUSHALL');
    const rows = async () =>
      (await redis.command('HVALS', 'revocable:audit')).match(/"event":"[^"]+"/g) ?? [];
    await expect.poll(rows, { timeout: 20_000 }).toContain('"event":"store.lost"');
    expect(await redis.command('HVALS', 'revocable:audit')).toContain('"policy":"rebuild"');
  });
});

describe('the embedded store', () => {
  let folder = '';
  let holder: ChildProcess | undefined;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'revocable-outage-'));
    world = await openListeningWorld({ store: `file:${folder}/data`, clients: CLIENTS, rate_limit: 'off' });
    flow = flowOf(world);
  });
  afterEach(async () => {
    await release();
    await world.close();
    rmSync(folder, { recursive: true });
  });

  /** Another process has the database and does not let go. */
  async function lock(): Promise<void> {
    const text = `
      import { DatabaseSync } from '@photostructure/sqlite';
      const database = new DatabaseSync(process.argv[1]);
      database.exec('PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE');
      console.log('held');
      process.stdin.resume().on('end', () => { database.exec('ROLLBACK'); database.close(); });`;
    holder = spawn(process.execPath, ['--input-type=module', '-e', text, `${folder}/data/revocable.db`], {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [said] = await once(holder.stdout as NodeJS.ReadableStream, 'data');
    expect(String(said)).toContain('held');
  }
  async function release(): Promise<void> {
    if (holder === undefined) return;
    const ended = once(holder, 'close');
    holder.stdin?.end();
    holder = undefined;
    await ended;
  }

  it('locked by another process', PATIENCE, async () => {
    const held = await holding();
    await lock();
    await askInTheDark(held);
    await release();
    await askInTheLight(held);
  });

  it('locked in the midst of refreshes', PATIENCE, () => storm(lock, release));
});
