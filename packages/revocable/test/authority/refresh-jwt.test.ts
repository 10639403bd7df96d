/** Refresh tokens as JWTs: the rules of opaque ones, and never an access token. */
import {
  type Authority,
  createAuthority,
  createKeySet,
  createVerifier,
  decode,
  openStore,
  RevocableError,
  type Store,
} from 'revocable';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const ISSUER = 'https://auth.example';
const SECRET = 'a root secret of thirty-two bytes or more';
const START = 1_764_000_000_000;
const DAY = 86_400_000;
let store: Store;
let authority: Authority;
let now = START;
const clock = () => now;

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof RevocableError ? error.code : String(error)),
  );

const makeAuthority = (more: object = {}): Promise<Authority> =>
  createAuthority({
    store,
    issuer: ISSUER,
    audience: 'api',
    signing: { alg: 'ES256' },
    secret: SECRET,
    refresh: { format: 'jwt' },
    clock,
    ...more,
  });

/** With one part written anew. */
function altered(token: string, part: 0 | 1, change: (value: Record<string, unknown>) => object): string {
  const parts = token.split('.');
  const value = JSON.parse(Buffer.from(parts[part] ?? '', 'base64url').toString());
  parts[part] = Buffer.from(JSON.stringify(change(value))).toString('base64url');
  return parts.join('.');
}

beforeEach(async () => {
  now = START;
  store = await openStore('memory:', { clock });
  authority = await makeAuthority();
});
afterEach(async () => {
  await authority.close();
  await store.close();
});

describe('what it says', () => {
  test('typ rt+jwt, whose session it is, which generation, and when the session ends', async () => {
    const pair = await authority.issue({ subject: 'ada', tenant: 'acme', client: 'shop' });
    const { header, claims } = decode(pair.refreshToken);
    expect(header).toMatchObject({ alg: 'HS256', typ: 'rt+jwt' });
    expect(claims).toEqual({
      iss: ISSUER,
      aud: ISSUER,
      sub: 'ada',
      tid: 'acme',
      client_id: 'shop',
      sid: pair.sessionId,
      generation: 0,
      iat: START / 1000,
      exp: (START + 30 * DAY) / 1000,
      refresh_modified_at: START,
    });
  });

  test('a twin and a retry get the same text, so that no cookie is set', async () => {
    const first = await authority.issue({ subject: 'ada' });
    now += 1000;
    const second = await authority.refresh(first.refreshToken);
    expect(decode(second.refreshToken).claims).toMatchObject({ generation: 1, iat: START / 1000 + 1 });
    now += 20_000;
    expect((await authority.refresh(first.refreshToken)).refreshToken).toBe(second.refreshToken);
    expect((await authority.refresh(second.refreshToken)).refreshToken).toBe(second.refreshToken);
  });
});

describe('the rules of opaque tokens', () => {
  test('reuse kills the family, and that one alone', async () => {
    const other = await authority.issue({ subject: 'ada' });
    const stolen = await authority.issue({ subject: 'ada' });
    const first = await authority.refresh(stolen.refreshToken);
    now += 61_000;
    const second = await authority.refresh(first.refreshToken);
    expect(await code(authority.refresh(stolen.refreshToken))).toBe('ERR_REFRESH_REUSED');
    expect(await code(authority.refresh(second.refreshToken))).toBe('ERR_TOKEN_REVOKED');
    expect(await code(authority.refresh(other.refreshToken))).toBe('resolved');
  });

  test('revoke and introspect take it for its session', async () => {
    const pair = await authority.issue({ subject: 'ada', client: 'shop' });
    const told = {
      active: true,
      token_type: 'refresh_token',
      sub: 'ada',
      client_id: 'shop',
      sid: pair.sessionId,
    };
    expect(await authority.introspect(pair.refreshToken)).toMatchObject(told);
    await authority.revoke({ token: pair.refreshToken });
    expect(await authority.introspect(pair.refreshToken)).toEqual({ active: false });
    expect(authority.verifier.check(pair.accessToken)).toMatchObject({ ok: false, action: 'login' });
  });

  test('it outlives the signing keys, rotated twice and cut off', async () => {
    const pair = await authority.issue({ subject: 'ada' });
    await authority.rotateKeys();
    const { kid } = await authority.rotateKeys();
    now += 6 * DAY;
    await authority.revoke({ key: kid });
    expect(await code(authority.refresh(pair.refreshToken))).toBe('resolved');
  });

  test('both forms are taken by an authority that makes either', async () => {
    const opaque = await makeAuthority({ refresh: { format: 'opaque' } });
    const old = await opaque.issue({ subject: 'ada' });
    const renewed = await authority.refresh(old.refreshToken);
    expect(decode(renewed.refreshToken).header.typ).toBe('rt+jwt');
    expect((await opaque.refresh(renewed.refreshToken)).refreshToken).toMatch(/^[^.]+\.1\.[^.]+$/);
    await opaque.close();
  });
});

describe('refused, each with its code, and nothing consumed', () => {
  test.each<[string, (token: string) => string, string]>([
    ['cut short', token => token.slice(0, -3), 'ERR_TOKEN_SIGNATURE'],
    ['without its signature', token => token.slice(0, token.lastIndexOf('.') + 1), 'ERR_TOKEN_SIGNATURE'],
    ['half of it', token => token.slice(0, token.indexOf('.') + 9), 'ERR_TOKEN_MALFORMED'],
    ['another generation', token => altered(token, 1, c => ({ ...c, generation: 7 })), 'ERR_TOKEN_SIGNATURE'],
    ['no generation', token => altered(token, 1, ({ generation: _, ...c }) => c), 'ERR_TOKEN_MALFORMED'],
    [
      'a generation below 0',
      token => altered(token, 1, c => ({ ...c, generation: -1 })),
      'ERR_TOKEN_MALFORMED',
    ],
    ['another session', token => altered(token, 1, c => ({ ...c, sid: 'x' })), 'ERR_SESSION_NOT_FOUND'],
    ['another kid', token => altered(token, 0, h => ({ ...h, kid: 'x' })), 'ERR_TOKEN_SIGNATURE'],
    ['none', token => altered(token, 0, h => ({ ...h, alg: 'none' })), 'ERR_TOKEN_ALG_NOT_ALLOWED'],
    [
      'another algorithm',
      token => altered(token, 0, h => ({ ...h, alg: 'HS512' })),
      'ERR_TOKEN_ALG_NOT_ALLOWED',
    ],
    ['crit', token => altered(token, 0, h => ({ ...h, crit: ['x'], x: 1 })), 'ERR_TOKEN_CRIT'],
    ['no typ', token => altered(token, 0, ({ typ: _, ...h }) => h), 'ERR_TOKEN_TYPE'],
  ])('%s', async (_, change, expected) => {
    const pair = await authority.issue({ subject: 'ada' });
    expect(await code(authority.refresh(change(pair.refreshToken)))).toBe(expected);
    expect(decode((await authority.refresh(pair.refreshToken)).refreshToken).claims['generation']).toBe(1);
  });

  test('an access token, also one of typ JWT', async () => {
    const pair = await authority.issue({ subject: 'ada' });
    expect(await code(authority.refresh(pair.accessToken))).toBe('ERR_TOKEN_TYPE');
    const plain = await makeAuthority({ access: { typ: 'JWT' } });
    const { accessToken } = await plain.issue({ subject: 'ada' });
    expect(await code(authority.refresh(accessToken))).toBe('ERR_TOKEN_TYPE');
    await plain.close();
  });

  test('of another issuer on the same root and store', async () => {
    const pair = await authority.issue({ subject: 'ada' });
    const other = await makeAuthority({ issuer: 'https://other.example' });
    expect(await code(other.refresh(pair.refreshToken))).toBe('ERR_TOKEN_CLAIM');
    await other.close();
  });

  test('the session is over', async () => {
    const pair = await authority.issue({ subject: 'ada' });
    now += 7 * DAY;
    expect(await code(authority.refresh(pair.refreshToken))).toBe('ERR_SESSION_EXPIRED');
  });
});

describe('no verifier takes it for an access token', () => {
  test('not the authority, nor one that takes any typ and audience', async () => {
    const { refreshToken } = await authority.issue({ subject: 'ada' });
    expect(authority.verifier.check(refreshToken)).toMatchObject({ ok: false });
    const careless = createVerifier({
      keys: createKeySet(authority.jwks()),
      issuer: null,
      audience: null,
      typ: null,
    });
    expect(careless.check(refreshToken)).toMatchObject({ ok: false, code: 'ERR_TOKEN_ALG_NOT_ALLOWED' });
  });

  test('nor where the authority signs by a shared secret', async () => {
    const shared = await createAuthority({
      store: await openStore('memory:', { clock }),
      issuer: ISSUER,
      audience: 'api',
      signing: { alg: 'HS256' },
      refresh: { format: 'jwt' },
      clock,
    });
    const { refreshToken } = await shared.issue({ subject: 'ada' });
    expect(shared.verifier.check(refreshToken)).toMatchObject({ ok: false });
    expect(await shared.introspect(refreshToken)).toMatchObject({ token_type: 'refresh_token' });
    await shared.close();
  });
});

describe('the root secret that made it is taken back by its kid', () => {
  test('what it made dies, what the newer one made goes on', async () => {
    const before = await authority.issue({ subject: 'ada' });
    const { kid = '' } = decode(before.refreshToken).header;
    expect(await code(authority.revoke({ key: kid }))).toBe('ERR_CONFIG_INVALID');
    const newer = await makeAuthority({ secret: ['another root secret of 32 bytes or more', SECRET] });
    const after = await newer.issue({ subject: 'ada' });
    expect(await newer.revoke({ key: kid })).toMatchObject({ known: true });
    expect(await code(newer.refresh(before.refreshToken))).toBe('ERR_TOKEN_REVOKED');
    expect(await newer.introspect(before.refreshToken)).toEqual({ active: false });
    expect(await code(newer.refresh(after.refreshToken))).toBe('resolved');
    await newer.close();
  });
});

test('of the format there are two', async () => {
  expect(await code(makeAuthority({ refresh: { format: 'paseto' } }))).toBe('ERR_CONFIG_INVALID');
});
