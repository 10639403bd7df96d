/** The root secret is changed in three steps, on each store; and neither it nor the store makes a token without the other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Authority,
  type Claims,
  createAuthority,
  createSigner,
  decode,
  generateKey,
  openStore,
  RevocableError,
  type Store,
} from 'revocable';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { settingsOf } from '#authority/options';
import { makeRefreshToken } from '#authority/refresh-token';
import { rootsFrom } from '#authority/root';
import { unseal } from '#authority/seal';
import { systemRandom } from '#random';
import type { SessionRow } from '#sessions/index';
import { createHeld, storeOn } from '#stores/memory';
import { dataFolders } from '../stores/data-folder.ts';
import { type RedisServer, startRedis } from '../stores/redis-server.ts';

const FORMER = 'the former root secret, 32 bytes or more';
const NEWER = 'the newer root secret, of 32 bytes or more';
const base = { issuer: 'https://auth.example', audience: 'api', signing: { alg: 'ES256' } } as const;
const newFolder = dataFolders();

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof RevocableError ? error.code : String(error)),
  );

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
  await redis.command('FLUSHALL');
});

/** Opens the same store again and again, as processes do that start one after the other. */
const places: readonly (readonly [string, () => () => Promise<Store>])[] = [
  [
    'memory',
    () => {
      const held = createHeld(Date.now, systemRandom);
      return async () => ({ ...storeOn(held), close: async () => {} });
    },
  ],
  [
    'embedded',
    () => {
      const folder = newFolder();
      return () => openStore(`file:${folder}`);
    },
  ],
  ['redis', () => () => openStore(redis.url)],
];

async function start(open: () => Promise<Store>, secret: string | readonly string[]): Promise<Authority> {
  const store = await open();
  const authority = await createAuthority({ ...base, store, secret });
  opened.push(store, authority);
  return authority;
}

describe.each(places)('%s', (_, place) => {
  test('former alone, then both, then the newer one alone', async () => {
    const open = place();
    const first = await start(open, FORMER);
    const [used, unused] = [await first.issue({ subject: 'ada' }), await first.issue({ subject: 'grace' })];
    const jwks = first.jwks();

    const both = await start(open, [NEWER, FORMER]);
    expect(both.jwks()).toEqual(jwks);
    expect(both.verifier.check(used.accessToken).ok).toBe(true);
    const renewed = await both.refresh(used.refreshToken);

    const last = await start(open, NEWER);
    expect(last.jwks()).toEqual(jwks);
    expect(last.verifier.check(used.accessToken).ok).toBe(true);
    expect(await code(last.refresh(renewed.refreshToken))).toBe('resolved');
    expect(await code(last.refresh(unused.refreshToken))).toBe('ERR_TOKEN_SIGNATURE');
  });

  test('an authority that runs goes on while another starts with both', async () => {
    const open = place();
    const first = await start(open, [FORMER, NEWER]);
    const pair = await first.issue({ subject: 'ada' });
    const second = await start(open, [NEWER, FORMER]);
    const renewed = await second.refresh(pair.refreshToken);
    expect(await code(first.refresh(renewed.refreshToken))).toBe('resolved');
    await second.rotateKeys();
    await expect.poll(async () => kidOf(first)).toBe(await kidOf(second));
  });

  test.each([
    ['another', 'a root secret that nobody has ever used here'],
    [
      'none of several',
      ['a root secret that nobody has ever used here', 'and one more of those, as long as that'],
    ],
  ])('%s: says which is missing, and changes nothing', async (__, secret) => {
    const open = place();
    const first = await start(open, FORMER);
    const pair = await first.issue({ subject: 'ada' });
    const store = await open();
    const before = await store.keys();
    const wrong = createAuthority({ ...base, store, secret });
    await expect(wrong).rejects.toMatchObject({
      code: 'ERR_STORE_CORRUPT',
      message: expect.stringMatching(/secret: \[new, former\]/),
    });
    await expect(wrong).rejects.not.toThrow(FORMER);
    expect(await store.keys()).toEqual(before);
    expect(await code(first.refresh(pair.refreshToken))).toBe('resolved');
    await store.close();
  });

  test('a copy of the store makes no token without the root, nor the root without the store', async () => {
    const store = await place()();
    const real = await createAuthority({ ...base, store, secret: FORMER });
    opened.push(store, real);
    const pair = await real.issue({ subject: 'ada', client: 'shop' });
    const row = await store.session(pair.sessionId);
    const { rows } = await store.keys();
    if (row === undefined) throw new Error('no session');

    for (const secret of [NEWER, '0'.repeat(32), row.salt.repeat(2)]) {
      const roots = rootsFrom(secret);
      for (const { sealed, kid } of rows)
        expect(() => unseal(sealed, kid, roots)).toThrow(/another root secret/);
      for (const token of tokensOf(row, secret))
        expect(await presented(real, token)).toBe('ERR_TOKEN_SIGNATURE');
    }
    const own = createSigner({
      key: generateKey('ES256', { kid: rows[0]?.kid ?? '' }),
      expiresIn: '5m',
      typ: 'at+jwt',
    });
    const forged = own.sign(withoutEnd(pair.accessToken));
    expect(real.verifier.check(forged)).toMatchObject({ code: 'ERR_TOKEN_SIGNATURE' });

    for (const salt of ['', 'guess', row.id])
      for (const token of tokensOf({ ...row, salt }, FORMER))
        expect(await presented(real, token)).toBe('ERR_TOKEN_SIGNATURE');
    expect(await store.session(pair.sessionId)).toEqual(row);
    expect(await presented(real, tokensOf(row, FORMER)[0] ?? '')).toBe('resolved'); // with both it can be made
  });
});

/** What a thief would make: in both formats, of the generations that may be current. */
function tokensOf(row: SessionRow, secret: string): string[] {
  const formats = ['opaque', 'jwt'] as const;
  return formats.flatMap(format =>
    [row.c, row.c + 1].map(c => {
      const settings = settingsOf({
        ...base,
        store: { begin: () => {} } as unknown as Store,
        refresh: { format },
      });
      return makeRefreshToken({ ...row, c }, { settings, roots: rootsFrom(secret) });
    }),
  );
}

function withoutEnd(token: string): Claims {
  const { exp: _, ...claims } = decode(token).claims;
  return claims;
}

const presented = (authority: Authority, token: string): Promise<string> =>
  code(authority.refresh(token, { client: 'shop' }));

test('a folder with a secret of its own: a given one takes its place, the file is needed once', async () => {
  const folder = newFolder();
  const open = () => openStore(`file:${folder}`);
  const store = await open();
  const own = await createAuthority({ ...base, store });
  opened.push(store, own);
  const pair = await own.issue({ subject: 'ada' });
  const kept = readFileSync(join(folder, 'secret'), 'utf8').trim();
  expect(await code(start(open, NEWER))).toBe('ERR_STORE_CORRUPT');
  const both = await start(open, [NEWER, kept]);
  const renewed = await both.refresh(pair.refreshToken);
  const given = await start(open, NEWER);
  expect(await code(given.refresh(renewed.refreshToken))).toBe('resolved');
  expect(given.jwks()).toEqual(own.jwks());
});

const kidOf = async (authority: Authority): Promise<string | undefined> => {
  const { accessToken } = await authority.issue({ subject: 'ada', refresh: false });
  return (await authority.verifier.verify(accessToken)).key.kid;
};
