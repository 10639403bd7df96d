import {
  type Authority,
  createAuthority,
  generateKey,
  openStore,
  RevocableError,
  type Store,
} from 'revocable';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withOtherSignature } from '../jose/forge.ts';

const ISSUER = 'https://auth.example';
let store: Store;
let authority: Authority;
let now = 0;

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof RevocableError ? error.code : String(error)),
  );

beforeEach(async () => {
  now = 1_764_000_000_000;
  const clock = () => now;
  store = await openStore('memory:', { clock });
  authority = await createAuthority({
    store,
    issuer: ISSUER,
    audience: 'api',
    signing: { alg: 'ES256' },
    clock,
  });
});
afterEach(async () => {
  await authority.close();
  await store.close();
});

describe('what is issued', () => {
  test('an access token by RFC 9068 with both stamps, and an opaque refresh token', async () => {
    const pair = await authority.issue({
      subject: 'ada',
      tenant: 'acme',
      client: 'shop',
      scope: 'read',
      claims: { roles: ['admin'] },
    });
    const { header, claims } = await authority.verifier.verify(pair.accessToken);
    expect(header).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(claims).toMatchObject({
      iss: ISSUER,
      aud: 'api',
      sub: 'ada',
      tid: 'acme',
      client_id: 'shop',
      scope: 'read',
      roles: ['admin'],
      sid: pair.sessionId,
      iat: now / 1000,
      exp: now / 1000 + 300,
      modified_at: now,
      refresh_modified_at: now,
    });
    expect(pair).toMatchObject({ tokenType: 'Bearer', expiresIn: 300, refreshExpiresIn: 7 * 86_400 });
    expect(pair.sessionExpiresIn).toBe(30 * 86_400);
    expect(pair.refreshToken).not.toContain('eyJ');
  });

  test('without a session: an access token alone, both stamps equal', async () => {
    const token = await authority.issue({ subject: 'job', refresh: false });
    expect(token).not.toHaveProperty('refreshToken');
    const { claims } = await authority.verifier.verify(token.accessToken);
    expect(claims).not.toHaveProperty('sid');
    expect(claims['modified_at']).toBe(claims['refresh_modified_at']);
  });

  test('reserved claims, unknown options and bad identifiers are refused, naming what is wrong', async () => {
    await expect(authority.issue({ subject: 'ada', claims: { sub: 'eve' } })).rejects.toThrow(/"sub"/);
    await expect(authority.issue({ subject: 'ada', claims: { modified_at: 1 } })).rejects.toThrow(
      /"modified_at"/,
    );
    await expect(authority.issue({ subject: 'ada', expires: 3 } as never)).rejects.toThrow(/"expires"/);
    await expect(authority.issue({ subject: '\ud800' })).rejects.toThrow(/"subject"/);
    await expect(authority.issue({} as never)).rejects.toThrow(/"subject"/);
  });
});

describe('taking back', () => {
  test.each([
    ['access', 'ERR_TOKEN_REVOKED', 'resolved', 'refresh'],
    ['refresh', 'resolved', 'ERR_TOKEN_REVOKED', undefined],
    ['session', 'ERR_TOKEN_REVOKED', 'ERR_TOKEN_REVOKED', 'login'],
  ] as const)(
    'plane %s: the access token gives %s, the refresh token %s',
    async (plane, access, refresh, action) => {
      const pair = await authority.issue({ subject: 'ada' });
      const { known, cutoff } = await authority.revoke({ subject: 'ada' }, { plane });
      expect(known).toBe(true);
      expect(cutoff).toBe(now + 1);
      const checked = authority.verifier.check(pair.accessToken);
      expect(checked.ok ? 'resolved' : checked.code).toBe(access);
      if (!checked.ok) expect(checked.action).toBe(action);
      expect(await code(authority.refresh(pair.refreshToken))).toBe(refresh);
    },
  );

  test('a login in the same millisecond passes; the old token never does again', async () => {
    const old = await authority.issue({ subject: 'ada' });
    await authority.revoke({ subject: 'ada' });
    const fresh = await authority.issue({ subject: 'ada' });
    expect(authority.verifier.check(fresh.accessToken).ok).toBe(true);
    expect(authority.verifier.check(old.accessToken).ok).toBe(false);
    expect(await code(authority.refresh(fresh.refreshToken))).toBe('resolved');
    expect(await code(authority.refresh(old.refreshToken))).toBe('ERR_TOKEN_REVOKED');
  });

  test('access only: the refresh goes on, with claims loaded anew', async () => {
    const pair = await authority.issue({ subject: 'ada', claims: { roles: ['admin'] } });
    await authority.revoke({ subject: 'ada' }, { plane: 'access' });
    const renewed = await authority.refresh(pair.refreshToken, { claims: async () => ({ roles: [] }) });
    expect((await authority.verifier.verify(renewed.accessToken)).claims).toMatchObject({ roles: [] });
  });

  test('each target reaches its own and nobody else', async () => {
    const make = (subject: string, more = {}) => authority.issue({ subject, ...more });
    const grace = await make('grace');
    const alive = async () => authority.verifier.check(grace.accessToken).ok;
    for (const [target, options] of [
      [{ subject: 'ada' }, {}],
      [{ tenant: 'acme' }, { tenant: 'acme' }],
      [{ client: 'shop' }, { client: 'shop' }],
      [{ subject: 'ada', tenant: 'acme' }, { tenant: 'acme' }],
    ] as const) {
      const pair = await make('ada', options);
      await authority.revoke(target);
      expect(authority.verifier.check(pair.accessToken).ok).toBe(false);
      expect(await alive()).toBe(true);
    }
    await authority.revoke({ everyone: true });
    expect(await alive()).toBe(false);
  });

  test('one session, one access token, a refresh token in the place of its session', async () => {
    const [a, b, c] = [
      await authority.issue({ subject: 'ada' }),
      await authority.issue({ subject: 'ada' }),
      await authority.issue({ subject: 'ada' }),
    ];
    await authority.revoke({ session: a.sessionId });
    await authority.revoke({ token: b.accessToken });
    await authority.revoke({ token: c.refreshToken });
    const action = (token: string) => {
      const checked = authority.verifier.check(token);
      return checked.ok ? 'ok' : checked.action;
    };
    expect([a, b, c].map(pair => action(pair.accessToken))).toEqual(['login', 'refresh', 'login']);
    expect(await code(authority.refresh(b.refreshToken))).toBe('resolved');
  });

  test('a forged token changes nothing, and neither does a target that is not there', async () => {
    const pair = await authority.issue({ subject: 'ada' });
    const cuts = (await authority.status()).cutoffs;
    for (const token of [pair.accessToken, pair.refreshToken].map(withOtherSignature))
      expect(await code(authority.revoke({ token }))).toBe('ERR_TOKEN_SIGNATURE');
    for (const bad of [
      {},
      { subject: undefined },
      { session: null },
      { everyone: false },
      { subject: 'a', session: 'b' },
      { user: 'a' },
    ])
      expect(await code(authority.revoke(bad as never))).toBe('ERR_CONFIG_INVALID');
    expect((await authority.status()).cutoffs).toEqual(cuts);
    expect((await authority.revoke({ subject: 'nobody' })).known).toBe(false);
    await authority.revoke({ subject: 'nobody' }, { plane: 'access' });
    await authority.revoke([{ everyone: true }, { tenant: 'acme' }, { key: 'old' }]);
    expect((await authority.status()).cutoffs).toEqual({
      ...{ everyone: 1, key: 1, tenant: 1, client: 0, subject: cuts.subject + 1, session: cuts.session },
      token: cuts.token,
    });
  });

  test('a stolen key: the next one takes over, and nothing it ever signs passes again', async () => {
    const pair = await authority.issue({ subject: 'ada' });
    const { key } = await authority.verifier.verify(pair.accessToken);
    await authority.revoke({ key: key.kid as string });
    expect(authority.verifier.check(pair.accessToken).ok).toBe(false);
    const renewed = await authority.refresh(pair.refreshToken);
    const again = await authority.verifier.verify(renewed.accessToken);
    expect(again.key.kid).not.toBe(key.kid);
    expect(authority.jwks().keys.some(jwk => jwk.kid === key.kid)).toBe(false);
  });
});

describe('begin before you look', () => {
  test('a fact from before a cut is never stamped after it', async () => {
    const begun = await authority.begin();
    await authority.revoke({ subject: 'ada' });
    expect(await code(authority.issue({ subject: 'ada', begun }))).toBe('ERR_BEGIN_OUTDATED');
    expect(await code(authority.issue({ subject: 'grace', begun }))).toBe('resolved');
    expect(await code(authority.issue({ subject: 'ada', begun: await authority.begin() }))).toBe('resolved');
  });

  test('a refresh looks again when a cut came while it looked', async () => {
    const pair = await authority.issue({ subject: 'ada' });
    let roles = ['admin'];
    let looks = 0;
    const renewed = await authority.refresh(pair.refreshToken, {
      claims: async () => {
        const seen = { roles };
        if (++looks === 1) {
          roles = [];
          await authority.revoke({ subject: 'ada' }, { plane: 'access' });
        }
        return seen;
      },
    });
    expect(looks).toBe(2);
    expect((await authority.verifier.verify(renewed.accessToken)).claims).toMatchObject({ roles: [] });
  });

  test('what the claims function throws is thrown, and nothing is consumed', async () => {
    const pair = await authority.issue({ subject: 'ada' });
    const broken = authority.refresh(pair.refreshToken, {
      claims: () => Promise.reject(new Error('no database')),
    });
    await expect(broken).rejects.toThrow('no database');
    expect(await code(authority.refresh(pair.refreshToken))).toBe('resolved');
  });
});

describe('refused refreshes', () => {
  test('each with its own code, and only reuse changes anything', async () => {
    const pair = await authority.issue({ subject: 'ada', client: 'shop' });
    const refresh = (token: unknown, client: string | undefined = 'shop') =>
      code(authority.refresh(token as string, client === undefined ? {} : { client }));
    expect(await refresh(undefined)).toBe('ERR_TOKEN_MISSING');
    expect(await refresh('nonsense')).toBe('ERR_TOKEN_MALFORMED');
    expect(await refresh(pair.refreshToken.slice(0, -1))).toBe('ERR_TOKEN_MALFORMED');
    expect(await refresh(pair.accessToken)).toBe('ERR_TOKEN_TYPE');
    expect(await refresh(pair.refreshToken.replace('.0.', '.1.'))).toBe('ERR_TOKEN_SIGNATURE');
    expect(await refresh(pair.refreshToken, 'other')).toBe('ERR_TOKEN_CLAIM');
    expect(await code(authority.refresh(pair.refreshToken))).toBe('ERR_TOKEN_CLAIM');
    expect(await refresh(pair.refreshToken)).toBe('resolved');
  });

  test('reuse: two holders, and the family dies', async () => {
    const stolen = await authority.issue({ subject: 'ada' });
    const first = await authority.refresh(stolen.refreshToken);
    now += 61_000;
    const second = await authority.refresh(first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await code(authority.refresh(stolen.refreshToken))).toBe('ERR_REFRESH_REUSED');
    expect(await code(authority.refresh(second.refreshToken))).toBe('ERR_TOKEN_REVOKED');
    expect(authority.verifier.check(second.accessToken).ok).toBe(false);
  });

  test('idle and absolute life; no access token outlives its session', async () => {
    const pair = await authority.issue({ subject: 'ada' });
    now += 7 * 86_400_000 - 60_000;
    const late = await authority.refresh(pair.refreshToken);
    now += 7 * 86_400_000;
    expect(await code(authority.refresh(late.refreshToken))).toBe('ERR_SESSION_EXPIRED');
  });
});

describe('sessions', () => {
  test('listed, ended, and all the others ended while this one goes on', async () => {
    const phone = await authority.issue({ subject: 'ada', device: 'phone', address: '192.0.2.7' });
    const laptop = await authority.issue({ subject: 'ada', device: 'laptop' });
    const tablet = await authority.issue({ subject: 'ada', device: 'tablet' });
    expect((await authority.sessions.list({ subject: 'ada' })).map(session => session.device).sort()).toEqual(
      ['laptop', 'phone', 'tablet'],
    );
    await authority.sessions.end(tablet.sessionId);
    expect((await authority.sessions.endOthers(laptop.sessionId)).ended).toBe(1);
    expect((await authority.sessions.list({ subject: 'ada' })).map(session => session.device)).toEqual([
      'laptop',
    ]);
    expect(await code(authority.refresh(phone.refreshToken))).toBe('ERR_TOKEN_REVOKED');
    expect(await code(authority.refresh(laptop.refreshToken))).toBe('resolved');
  });

  test('a grandchild ends with the login session too', async () => {
    const login = await authority.issue({ subject: 'ada' });
    const child = await authority.issue({ subject: 'ada', client: 'shop', parent: login.sessionId });
    const grandchild = await authority.issue({ subject: 'ada', client: 'cart', parent: child.sessionId });
    await authority.sessions.end(login.sessionId);
    expect(authority.verifier.check(grandchild.accessToken).ok).toBe(false);
    expect(await code(authority.refresh(grandchild.refreshToken, { client: 'cart' }))).toBe(
      'ERR_TOKEN_REVOKED',
    );
  });

  test('a child ends with its parent', async () => {
    const parent = await authority.issue({ subject: 'ada' });
    const child = await authority.issue({ subject: 'ada', client: 'shop', parent: parent.sessionId });
    await authority.sessions.end(parent.sessionId);
    expect(authority.verifier.check(child.accessToken).ok).toBe(false);
    expect(await code(authority.refresh(child.refreshToken, { client: 'shop' }))).toBe('ERR_TOKEN_REVOKED');
    expect(await code(authority.issue({ subject: 'ada', parent: parent.sessionId }))).toBe(
      'ERR_TOKEN_REVOKED',
    );
  });
});

test('a first key that was made elsewhere signs, is kept, and must be of the algorithm', async () => {
  const empty = await openStore('memory:');
  const firstKey = generateKey('ES256');
  const rest = { store: empty, issuer: ISSUER, audience: 'api' };
  expect(await code(createAuthority({ ...rest, signing: { alg: 'RS256', firstKey } }))).toBe(
    'ERR_CONFIG_INVALID',
  );
  const first = await createAuthority({
    ...rest,
    signing: { alg: 'ES256', firstKey: Promise.resolve(firstKey) },
  });
  const { accessToken } = await first.issue({ subject: 'ada', refresh: false });
  expect((await first.verifier.verify(accessToken)).key.kid).toBe(firstKey.kid);
  await first.close();
  const second = await createAuthority({
    ...rest,
    signing: { alg: 'ES256', firstKey: generateKey('ES256') },
  });
  expect((await second.verifier.verify(accessToken)).key.kid).toBe(firstKey.kid);
  await second.close();
  await empty.close();
});

test('introspection says the same as the verifier, and of an inactive token nothing more', async () => {
  const pair = await authority.issue({ subject: 'ada' });
  expect(await authority.introspect(pair.accessToken)).toMatchObject({ active: true, sub: 'ada' });
  expect(await authority.introspect(pair.refreshToken)).toMatchObject({
    active: true,
    sub: 'ada',
    token_type: 'refresh_token',
  });
  await authority.revoke({ subject: 'ada' });
  for (const token of [pair.accessToken, pair.refreshToken, 'nonsense', ''])
    expect(await authority.introspect(token)).toEqual({ active: false });
});
