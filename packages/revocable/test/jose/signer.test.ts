/** Signers: what they add, and what they refuse to sign. */
import {
  createKeySet,
  createSigner,
  createVerifier,
  decode,
  exportPem,
  externalKey,
  generateKey,
  publicKey,
  secretKey,
} from 'revocable';
import { signJwt, signJwtAsync } from 'revocable/jose';
import { describe, expect, test, vi } from 'vitest';
import { materialOf } from '#jose/key';
import { keySource } from '#jose/key-source';
import { signBytes } from '#jose/signature';

const key = secretKey('HS256', new Uint8Array(32).fill(1), { kid: 'k' });
const clock = () => 1_700_000_000_900;
const claimsOf = (options: object, claims: object = {}) =>
  decode(createSigner({ key, expiresIn: null, clock, ...options } as never).sign(claims as never));
const wrong = (options: object, claims: object = {}, text = ''): void => {
  const make = () => createSigner({ key, expiresIn: null, ...options } as never).sign(claims as never);
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  if (text !== '') expect(make).toThrow(text);
};

test('iat is added in whole seconds, unless given', () => {
  expect(claimsOf({}).claims).toEqual({ iat: 1_700_000_000 });
  expect(claimsOf({ expiresIn: '5m', notBefore: 10 }, { iat: 1000 }).claims).toEqual({
    iat: 1000,
    exp: 1300,
    nbf: 1010,
  });
});

test('options become claims, after those that are given', () => {
  const { claims, header } = claimsOf(
    {
      issuer: 'me',
      audience: ['a', 'b'],
      subject: 's',
      jwtId: () => 'id',
      typ: 'at+jwt',
      header: { cty: 'x', extra: { a: 1 } },
    },
    { role: 'admin', none: undefined },
  );
  expect(claims).toEqual({
    role: 'admin',
    iss: 'me',
    aud: ['a', 'b'],
    sub: 's',
    iat: 1_700_000_000,
    jti: 'id',
  });
  expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: 'k', cty: 'x', extra: { a: 1 } });
  const ids = new Set(Array.from({ length: 100 }, () => claimsOf({ jwtId: true }).claims.jti));
  expect(ids.size).toBe(100);
});

describe('refused', () => {
  test('expiresIn must be said', () => {
    expect(() => createSigner({ key } as never)).toThrow('"expiresIn"');
    for (const expiresIn of ['300', -1, Number.NaN, {}]) wrong({ expiresIn });
  });

  test('a claim that an option sets too', () => {
    wrong({ expiresIn: 60 }, { exp: 1 }, '"exp"');
    wrong({ issuer: 'a' }, { iss: 'a' }, '"iss"');
    wrong({ audience: 'a' }, { aud: 'a' }, '"aud"');
    wrong({ subject: 'a' }, { sub: 'a' }, '"sub"');
    wrong({ notBefore: 0 }, { nbf: 1 }, '"nbf"');
    wrong({ jwtId: true }, { jti: 'a' }, '"jti"');
    expect(claimsOf({ issuer: 'a' }, { iss: undefined }).claims.iss).toBe('a');
    wrong({ expiresIn: 60 }, { toJSON: () => ({ exp: 1 }) }, '"exp"');
  });

  test('a claim that no verifier would take', () => {
    for (const claims of [
      { exp: '1' },
      { iat: 1e15 },
      { nbf: Number.NaN },
      { sub: 7 },
      { aud: [1] },
      { iss: ['a'] },
      JSON.parse('{"__proto__":1}'),
      [],
      null,
      'x',
    ])
      wrong({}, claims as object);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    wrong({}, circle);
    wrong({}, { big: 1n });
  });

  test('header members that belong elsewhere', () => {
    for (const header of [
      { alg: 'none' },
      { kid: 'x' },
      { typ: 'x' },
      { b64: false },
      { crit: ['x'] },
      { crit: ['exp'], exp: undefined },
      { crit: [] },
      [],
      7,
    ])
      wrong({ header });
    wrong({ typ: '' });
    for (const option of [
      { issuer: '' },
      { subject: '' },
      { audience: '' },
      { audience: [] },
      { audience: ['a', ''] },
    ])
      wrong(option, {}, 'not empty');
    wrong({ jwtId: 7 });
    wrong({ jwtId: () => 7 });
    wrong({ unknown: 1 }, {}, 'unknown');
    expect(claimsOf({ header: { crit: ['exp'], exp: 1 } }).header.crit).toEqual(['exp']);
  });
});

test('signAsync gives what sign gives', async () => {
  const signer = createSigner({ key, expiresIn: '1m', clock });
  expect(await signer.signAsync({ a: 'ä€😀' })).toBe(signer.sign({ a: 'ä€😀' }));
  await expect(signer.signAsync({ exp: 1 })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
});

test('signJwt signs exactly what it is given', async () => {
  const header = { typ: 'at+jwt', alg: 'HS256' };
  const token = signJwt(header, { b: 1, a: 2 }, key);
  expect(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).toBe(
    '{"typ":"at+jwt","alg":"HS256"}',
  );
  expect(await signJwtAsync(header, { b: 1, a: 2 }, key)).toBe(token);
  expect(
    createVerifier({ keys: key, issuer: null, audience: null, requireExpiry: false }).check(token).ok,
  ).toBe(true);
});

test('signJwt refuses a header of another algorithm than the key', async () => {
  const refusal = { code: 'ERR_CONFIG_INVALID' };
  for (const header of [{ alg: 'none' }, { alg: 'HS512' }, {}, undefined]) {
    expect(() => signJwt(header as never, {}, key)).toThrow(expect.objectContaining(refusal));
    await expect(signJwtAsync(header as never, {}, key)).rejects.toMatchObject(refusal);
  }
  expect(() => signJwt({ alg: 'HS256' }, {}, undefined as never)).toThrow(expect.objectContaining(refusal));
});

test('warn hears of risks, once for each', () => {
  const codes = (options: object, claims: object = {}): string[] => {
    const warn = vi.fn();
    createSigner({ key, expiresIn: '5m', warn, ...options } as never).sign(claims as never);
    return warn.mock.calls.map(([risk]) => (risk as { code: string }).code);
  };
  expect(codes({}, { sub: 'u', role: 'admin', card: '1234' })).toEqual([]);
  expect(codes({ expiresIn: null })).toEqual(['no-expiry']);
  expect(codes({ expiresIn: '30d' })).toEqual(['long-life']);
  expect(codes({}, { text: 'x'.repeat(5000) })).toEqual(['huge']);
  for (const claims of [
    { password: 'x' },
    { user_password: 'x' },
    { SSN: '1' },
    { note: '4111 1111 1111 1111' },
    { 'api-key': 1 },
  ])
    expect(codes({}, claims)).toEqual(['personal-data']);
  expect(codes({}, { note: '4111 1111 1111 1112', spin: 1, pangram: 2 })).toEqual([]);
});

test('a hundred RSA signatures at once all come out, and the loop goes on meanwhile', async () => {
  const rsa = generateKey('RS256');
  const signer = createSigner({ key: rsa, expiresIn: '5m' });
  const tokens = await Promise.all(Array.from({ length: 100 }, (_, n) => signer.signAsync({ n })));
  const verifier = createVerifier({ keys: rsa, issuer: null, audience: null });
  expect(tokens.map(token => verifier.verifySync(token).claims['n'])).toEqual(
    Array.from({ length: 100 }, (_, n) => n),
  );
});

describe('the key', () => {
  const ec = generateKey('ES256', { kid: 'ec' });
  const later = generateKey('ES256', { kid: 'later' });
  const kidOf = (token: string): string | undefined => decode(token).header.kid;

  test('is the newest of a set, at the moment of signing', () => {
    const set = createKeySet([ec]);
    const signer = createSigner({ key: set, expiresIn: 60 });
    expect([kidOf(signer.sign()), kidOf(signer.sign())]).toEqual(['ec', 'ec']);
    set.add(later);
    expect(kidOf(signer.sign())).toBe('later');
    set.remove(later);
    expect(kidOf(signer.sign())).toBe('ec');
    set.remove(ec);
    expect(() => signer.sign()).toThrow('The KeySet has no key that signs.');
  });

  test('may lie elsewhere, and then signs by promise', async () => {
    const external = externalKey(
      'ES256',
      exportPem(ec),
      async octets => Buffer.from(signBytes(materialOf(ec), octets), 'base64url'),
      { kid: 'hsm' },
    );
    const warn = vi.fn();
    const signer = createSigner({ key: external, expiresIn: '30d', warn });
    expect(kidOf(await signer.signAsync())).toBe('hsm');
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'long-life' }));
    expect(() => signer.sign()).toThrow('use signAsync');
  });

  test('is one that can sign', () => {
    const half = publicKey('ES256', exportPem(ec));
    wrong({ key: half }, {}, 'that its key_ops allow to sign');
    const checks = { [keySource]: { epoch: 0, find: () => [half] } };
    for (const other of [undefined, null, 'x', 7, {}, [ec], exportPem(ec), checks])
      wrong({ key: other }, {}, 'is a SigningKey, an ExternalKey or a KeySet');
  });
});

describe('options', () => {
  test('that are none, or not what they are said to be', () => {
    wrong({ unknown: 1 }, {}, 'createSigner');
    expect(() => createSigner({ key } as never)).toThrow('"expiresIn" is missing');
    wrong({ expiresIn: 'soon' }, {}, 'expiresIn');
    wrong({ notBefore: 'soon' }, {}, 'notBefore');
    for (const typ of [7, {}, true]) wrong({ typ }, {}, '"typ" is a text');
    for (const name of ['alg', 'kid', 'typ', 'b64']) wrong({ header: { [name]: true } }, {}, `set "${name}"`);
    wrong({ header: JSON.parse('{"__proto__":1}') }, {}, 'set "__proto__"');
    for (const header of [7, 'x', []]) wrong({ header }, {}, '"header" is an object');
    wrong({ jwtId: () => '' }, {}, '"jwtId" returned no text');
    wrong({ jwtId: () => 7 }, {}, '"jwtId" returned no text');
    wrong({ jwtId: 'x' }, {}, '"jwtId" is true, false or a function');
  });

  test('that are not given leave their claims to the caller', () => {
    const claims = { iss: 'i', aud: 'a', sub: 's', jti: 'j', nbf: 1, exp: 2, iat: 3 };
    expect(claimsOf({}, claims).claims).toEqual(claims);
    expect(claimsOf({ jwtId: false }, claims).claims).toEqual(claims);
    expect(claimsOf({ jwtId: false }, {}).claims).toEqual({ iat: 1_700_000_000 });
    expect(claimsOf({}, { iat: 3 }).claims).toEqual({ iat: 3 });
  });

  test('a key without a key ID makes a header without one', () => {
    const nameless = secretKey('HS256', new Uint8Array(32).fill(1));
    expect(claimsOf({ key: nameless }).header).toEqual({ alg: 'HS256', typ: 'JWT' });
  });
});

test('what JSON cannot write says why', () => {
  expect(() => createSigner({ key, expiresIn: 60 }).sign({ big: 1n })).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID', cause: expect.any(TypeError) }),
  );
});
