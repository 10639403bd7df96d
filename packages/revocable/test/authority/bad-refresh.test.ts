/** Whatever is presented, each refusal has its code; and of all of them only reuse changes anything, byte for byte. */
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { Redis } from 'ioredis';
import {
  type Authority,
  createAuthority,
  openStore,
  RevocableError,
  type Store,
  type TokenPair,
} from 'revocable';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthorityOn } from '#authority/authority';
import { systemRandom } from '#random';
import { INFINITE } from '#revocation/index';
import { createHeld, storeOn } from '#stores/memory';
import { systemClock, systemTimers, type Timers } from '#time';
import { withOtherSignature } from '../jose/forge.ts';
import { dataFolders } from '../stores/data-folder.ts';
import { type RedisServer, startRedis } from '../stores/redis-server.ts';

const START = 1_764_000_000_000;
const DAY = 86_400_000;
const newFolder = dataFolders();
let now = START;
const clock = () => now;

let redis: RedisServer;
let client: Redis;
beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.port, '127.0.0.1');
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

/** The upkeep writes the next key when it is due, which on a busy machine is between two looks at the store. */
const noUpkeep: Timers = {
  set: (callback, delayMs, holds) => (delayMs < 2000 ? systemTimers.set(callback, delayMs, holds) : () => {}),
};

/** A store, and all that is in it as one text. */
interface Place {
  readonly store: Store;
  dump(): Promise<string>;
}

const places: readonly (readonly [string, () => Promise<Place>])[] = [
  [
    'memory',
    async () => {
      const held = createHeld(clock, systemRandom);
      const plain = (_: string, value: unknown) =>
        value instanceof Map || value instanceof Set ? [...value] : value;
      return { store: storeOn(held), dump: async () => JSON.stringify([held.tables, held.shelf], plain) };
    },
  ],
  [
    'embedded',
    async () => {
      const store = await openStore(`file:${newFolder()}`, { clock });
      return { store, dump: () => dumpOfDatabase(store) };
    },
  ],
  [
    'redis',
    async () => {
      await client.flushall();
      return { store: await openStore(redis.url, { clock }), dump: dumpOfRedis };
    },
  ],
];

async function dumpOfDatabase(store: Store): Promise<string> {
  const file = join(newFolder().replace(/\d+$/, ''), `copy-${Math.random()}.db`);
  await store.backup(file);
  const database = new DatabaseSync(file);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  const rows = tables.map(table => [
    table,
    database.prepare(`SELECT * FROM "${(table as { name: string }).name}"`).all(),
  ]);
  database.close();
  return JSON.stringify(rows);
}

async function dumpOfRedis(): Promise<string> {
  const keys = (await client.keys('*')).sort();
  const dumps = await Promise.all(keys.map(key => client.dumpBuffer(key)));
  return keys.map((key, i) => `${key} ${dumps[i]?.toString('hex')}`).join('\n');
}

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof RevocableError ? error.code : String(error)),
  );

describe.each(places)('%s', (_, open) => {
  let place: Place;
  let authority: Authority;
  let pair: TokenPair;

  const makeAuthority = (wall: () => number = clock): Promise<Authority> =>
    createAuthorityOn(
      {
        store: place.store,
        issuer: 'https://auth.example',
        audience: 'api',
        signing: { alg: 'ES256' },
        secret: 'the root secret of this test, 32 bytes or more',
      },
      {
        clock: { wall, monotonic: systemClock.monotonic },
        timers: noUpkeep,
        random: systemRandom,
      },
    );
  const refresh = (token: unknown, more: object = {}): Promise<string> =>
    code(authority.refresh(token as string, { client: 'shop', ...more }));

  beforeEach(async () => {
    now = START;
    place = await open();
    authority = await makeAuthority();
    pair = await authority.issue({ subject: 'ada', tenant: 'acme', client: 'shop' });
  });
  afterEach(async () => {
    await authority.close();
    await place.store.close();
  });

  /** Refused with this code, and not a byte of the store is another one afterwards. */
  async function refused(expected: string, present: () => Promise<string>): Promise<void> {
    const before = await place.dump();
    expect(await present()).toBe(expected);
    expect(await place.dump()).toBe(before);
  }

  const [sid, generation, mac] = [0, 1, 2].map(i => () => pair.refreshToken.split('.')[i] ?? '') as [
    () => string,
    () => string,
    () => string,
  ];

  test('what is no token of ours', async () => {
    const other = await authority.issue({ subject: 'ada', tenant: 'other', client: 'shop' });
    const elsewhere = await createAuthority({
      store: await openStore('memory:', { clock }),
      issuer: 'https://other.example',
      audience: 'api',
      signing: { alg: 'ES256' },
      clock,
    });
    const foreign = await elsewhere.issue({ subject: 'ada', client: 'shop' });
    const flipped = withOtherSignature(mac());
    const cases: readonly (readonly [unknown, string])[] = [
      [undefined, 'ERR_TOKEN_MISSING'],
      [null, 'ERR_TOKEN_MISSING'],
      ['', 'ERR_TOKEN_MISSING'],
      [42, 'ERR_TOKEN_MALFORMED'],
      [{}, 'ERR_TOKEN_MALFORMED'],
      ['nonsense', 'ERR_TOKEN_MALFORMED'],
      ['a'.repeat(100_000), 'ERR_TOKEN_TOO_LARGE'],
      [pair.refreshToken.slice(0, -1), 'ERR_TOKEN_MALFORMED'],
      [` ${pair.refreshToken}`, 'ERR_SESSION_NOT_FOUND'],
      [`${pair.refreshToken} `, 'ERR_TOKEN_MALFORMED'],
      [`${sid()}.00.${mac()}`, 'ERR_TOKEN_MALFORMED'],
      [`${sid()}.-1.${mac()}`, 'ERR_TOKEN_MALFORMED'],
      [`${sid()}.1e0.${mac()}`, 'ERR_TOKEN_MALFORMED'],
      [`${sid()}.9007199254740993.${mac()}`, 'ERR_TOKEN_MALFORMED'],
      [`${sid()}.${generation()}.${flipped}`, 'ERR_TOKEN_SIGNATURE'],
      [`${sid()}.1.${mac()}`, 'ERR_TOKEN_SIGNATURE'],
      [`${other.sessionId}.0.${mac()}`, 'ERR_TOKEN_SIGNATURE'], // another tenant's session
      [`${sid().slice(1)}x.0.${mac()}`, 'ERR_SESSION_NOT_FOUND'],
      [foreign.refreshToken, 'ERR_SESSION_NOT_FOUND'],
      [pair.accessToken, 'ERR_TOKEN_TYPE'],
      [foreign.accessToken, 'ERR_TOKEN_TYPE'],
    ];
    const before = await place.dump();
    for (const [token, expected] of cases) expect([token, await refresh(token)]).toEqual([token, expected]);
    expect(await place.dump()).toBe(before);
    await elsewhere.close();
    expect(await refresh(pair.refreshToken)).toBe('resolved');
  });

  test('another client, and what a caller may not ask for', async () => {
    await refused('ERR_TOKEN_CLAIM', () => refresh(pair.refreshToken, { client: 'other' }));
    await refused('ERR_TOKEN_CLAIM', () => code(authority.refresh(pair.refreshToken)));
    await refused('ERR_CONFIG_INVALID', () => refresh(pair.refreshToken, { claims: { sub: 'eve' } }));
    const reserved = async () => ({ refresh_modified_at: 1 });
    await refused('ERR_CONFIG_INVALID', () => refresh(pair.refreshToken, { claims: reserved }));
    await refused('ERR_CONFIG_INVALID', () => refresh(pair.refreshToken, { clients: 'shop' }));
    const down = () => Promise.reject(new Error('the directory is down'));
    await refused('Error: the directory is down', () => refresh(pair.refreshToken, { claims: down }));
    expect(await refresh(pair.refreshToken)).toBe('resolved');
  });

  test.each([
    ['ahead', 120_000],
    ['behind', -120_000],
  ])('a clock two minutes %s', async (__, off) => {
    const wrong = await makeAuthority(() => now + off);
    const options = { client: 'shop' };
    await refused('ERR_STORE_UNAVAILABLE', () => code(wrong.refresh(pair.refreshToken, options)));
    await wrong.close();
    expect(await refresh(pair.refreshToken)).toBe('resolved');
  });

  test.each([
    ['idle', 7 * DAY],
    ['absolute', 30 * DAY],
  ])('over: %s', async (__, life) => {
    for (let used = 5 * DAY; used < life; used += 5 * DAY) {
      now = START + used;
      if (life > 7 * DAY) pair = await authority.refresh(pair.refreshToken, { client: 'shop' });
    }
    now = START + life;
    await refused('ERR_SESSION_EXPIRED', () => refresh(pair.refreshToken));
    now -= 1;
    expect(await refresh(pair.refreshToken)).toBe('resolved');
  });

  test.each([
    ['the session', () => ({ session: pair.sessionId })],
    ['the user', () => ({ subject: 'ada', tenant: 'acme' })],
    ['the tenant', () => ({ tenant: 'acme' })],
    ['the client', () => ({ client: 'shop' })],
    ['everyone', () => ({ everyone: true as const })],
  ])('taken back: %s', async (__, target) => {
    await authority.revoke(target());
    await refused('ERR_TOKEN_REVOKED', () => refresh(pair.refreshToken));
  });

  describe('two holders', () => {
    const endsFamily = async (token: string): Promise<void> => {
      const others = await authority.issue({ subject: 'ada', tenant: 'acme', client: 'shop' });
      const row = await place.store.session(pair.sessionId);
      const cuts = await place.store.cuts();
      expect(await refresh(token)).toBe('ERR_REFRESH_REUSED');
      expect(await place.store.session(pair.sessionId)).toEqual(row);
      expect(await place.store.cuts()).toBe(cuts + 1);
      const wrote: object[] = [];
      await place.store.feed.load('all', entries => void wrote.push(...entries));
      expect(wrote).toMatchObject([{ scope: `s:${pair.sessionId}`, s: INFINITE, a: 0, r: 0 }]);
      await refused('ERR_TOKEN_REVOKED', () => refresh(token));
      expect(await refresh(others.refreshToken)).toBe('resolved');
    };

    test('below p', async () => {
      const second = await authority.refresh(pair.refreshToken, { client: 'shop' });
      now += 61_000;
      await authority.refresh(second.refreshToken, { client: 'shop' });
      await endsFamily(pair.refreshToken);
    });

    test('an orphan', async () => {
      const unseen = await authority.refresh(pair.refreshToken, { client: 'shop' });
      now += 31_000;
      await authority.refresh(pair.refreshToken, { client: 'shop' });
      now += 31_000;
      await endsFamily(unseen.refreshToken);
    });

    test('not by another client: nothing ends', async () => {
      const second = await authority.refresh(pair.refreshToken, { client: 'shop' });
      now += 61_000;
      await authority.refresh(second.refreshToken, { client: 'shop' });
      await refused('ERR_TOKEN_CLAIM', () => refresh(pair.refreshToken, { client: 'other' }));
    });
  });
});
