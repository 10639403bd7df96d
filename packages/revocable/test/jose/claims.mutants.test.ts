/** Claims at the edges of what they may be. */
import { createVerifier, secretKey } from 'revocable';
import { describe, expect, test } from 'vitest';
import { checkOwnClaims, parseClaims, readPayload } from '#jose/claims';
import { forge } from './forge.ts';

const secret = secretKey('HS256', new Uint8Array(32).fill(6));
const at = (nowMs: number, claims: object, options: object = {}): unknown => {
  const verifier = createVerifier({
    keys: secret,
    issuer: null,
    audience: null,
    requireExpiry: false,
    clock: () => nowMs,
    ...options,
  });
  const result = verifier.check(forge(secret, { alg: 'HS256' }, claims));
  return result.ok ? 'accepted' : { code: result.code, ...claimOf(result.error) };
};
const claimOf = (error: object): object =>
  'claim' in error ? { claim: error.claim, reason: (error as unknown as { reason: string }).reason } : {};
const invalid = (claim: string): object => ({ code: 'ERR_TOKEN_CLAIM', claim, reason: 'invalid' });

describe('dates', () => {
  test('from the first second to the last of the year 9999', () => {
    for (const name of ['exp', 'nbf', 'iat']) {
      expect(at(0, { [name]: 253_402_300_799 })).not.toEqual(invalid(name));
      expect(at(0, { [name]: 253_402_300_799.5 })).toEqual(invalid(name));
      expect(at(0, { [name]: 0 })).not.toEqual(invalid(name));
      expect(at(0, { [name]: -0.5 })).toEqual(invalid(name));
    }
    expect(at(0, { iat: 0, nbf: 0, exp: 253_402_300_799 })).toBe('accepted');
  });

  test('what an error says of them', () => {
    const verifier = createVerifier({ keys: secret, issuer: null, audience: null, clock: () => 5000 });
    const errorOf = (claims: object): unknown => {
      const result = verifier.check(forge(secret, { alg: 'HS256' }, claims));
      return result.ok ? undefined : result.error;
    };
    expect(errorOf({ exp: 5 })).toMatchObject({ expiredAt: new Date(5000) });
    expect(errorOf({ exp: 9, nbf: 6 })).toMatchObject({ notBefore: new Date(6000) });
  });

  test('age, to the millisecond, with and without tolerance', () => {
    const aged = (nowMs: number, clockTolerance: number): unknown =>
      at(nowMs, { iat: 100 }, { maxAge: 60, clockTolerance });
    expect(aged(159_999, 0)).toBe('accepted');
    expect(aged(160_000, 0)).toEqual({ code: 'ERR_TOKEN_EXPIRED' });
    expect(aged(164_999, 5)).toBe('accepted');
    expect(aged(165_000, 5)).toEqual({ code: 'ERR_TOKEN_EXPIRED' });
    expect(aged(100_000, 0)).toBe('accepted');
    expect(aged(99_999, 0)).toEqual(invalid('iat'));
    expect(aged(95_000, 5)).toBe('accepted');
    expect(aged(94_999, 5)).toEqual(invalid('iat'));
  });

  test('of an old token, when it was too old', () => {
    const verifier = createVerifier({
      ...{ keys: secret, issuer: null, audience: null, requireExpiry: false },
      ...{ maxAge: 60, clock: () => 160_000 },
    });
    const result = verifier.check(forge(secret, { alg: 'HS256' }, { iat: 100 }));
    expect(result).toMatchObject({ error: { expiredAt: new Date(160_000) } });
  });
});

describe('texts', () => {
  test('each by its own name', () => {
    for (const name of ['iss', 'sub', 'jti']) {
      expect(at(0, { [name]: '' })).toBe('accepted');
      for (const value of [0, null, [], ['x'], {}]) expect(at(0, { [name]: value })).toEqual(invalid(name));
    }
  });

  test('audiences are texts, all of them', () => {
    for (const aud of ['', 'x', [], ['x'], ['x', '']]) expect(at(0, { aud })).toBe('accepted');
    for (const aud of [0, null, {}, [1], ['x', null], [['x']]])
      expect(at(0, { aud })).toEqual(invalid('aud'));
  });

  test('the first that is wrong is named', () => {
    expect(at(0, { jti: 1, exp: 'x', sub: 1 })).toEqual(invalid('sub'));
    expect(at(0, { iat: 'x', exp: 'x', aud: 1 })).toEqual(invalid('aud'));
    expect(at(0, { iat: 'x', nbf: 'x' })).toEqual(invalid('nbf'));
  });

  test('one of ours is enough, and it is asked for first', () => {
    const options = { issuer: ['a', 'b'], audience: ['x', 'y'], subject: ['s', 't'] };
    const good = { iss: 'b', aud: ['z', 'y'], sub: 't', exp: 1 };
    const mismatch = (claim: string): object => ({ code: 'ERR_TOKEN_CLAIM', claim, reason: 'mismatch' });
    expect(at(0, good, options)).toBe('accepted');
    expect(at(5000, good, options)).toEqual({ code: 'ERR_TOKEN_EXPIRED' });
    expect(at(5000, { ...good, sub: 'u' }, options)).toEqual(mismatch('sub'));
    expect(at(5000, { ...good, sub: 'u', aud: 'z' }, options)).toEqual(mismatch('aud'));
    expect(at(5000, { ...good, sub: 'u', aud: 'z', iss: 'c' }, options)).toEqual(mismatch('iss'));
    expect(at(0, { ...good, aud: 'x' }, options)).toBe('accepted');
    expect(at(0, { ...good, aud: [] }, options)).toEqual(mismatch('aud'));
  });
});

describe('what is asked for and is not there', () => {
  const missing = (claim: string): object => ({ code: 'ERR_TOKEN_CLAIM', claim, reason: 'missing' });

  test('is named', () => {
    expect(at(0, {}, { issuer: 'a' })).toEqual(missing('iss'));
    expect(at(0, {}, { audience: 'a' })).toEqual(missing('aud'));
    expect(at(0, {}, { subject: 'a' })).toEqual(missing('sub'));
    expect(at(0, {}, { maxAge: 60 })).toEqual(missing('iat'));
    expect(at(0, {}, { requireExpiry: true })).toEqual(missing('exp'));
    expect(at(0, {}, { requiredClaims: ['sub', 'jti'] })).toEqual(missing('sub'));
    expect(at(0, { sub: 's' }, { requiredClaims: ['sub', 'jti'] })).toEqual(missing('jti'));
    expect(at(0, { sub: 's', jti: 'j' }, { requiredClaims: ['sub', 'jti'] })).toBe('accepted');
  });
});

test('tolerance moves the end back and the beginning forward', () => {
  const options = { clockTolerance: 5 };
  expect(at(104_999, { exp: 100 }, options)).toBe('accepted');
  expect(at(105_000, { exp: 100 }, options)).toEqual({ code: 'ERR_TOKEN_EXPIRED' });
  expect(at(95_000, { nbf: 100 }, options)).toBe('accepted');
  expect(at(94_999, { nbf: 100 }, options)).toEqual({ code: 'ERR_TOKEN_NOT_YET_VALID' });
});

test('a payload is a JSON object in UTF-8', () => {
  for (const text of [null, '', '[]', 'null', '{"a":1,"a":2}'])
    for (const read of [parseClaims, readPayload])
      expect(() => read(text)).toThrow(
        expect.objectContaining({
          code: 'ERR_TOKEN_MALFORMED',
          message: expect.stringContaining('no JSON object'),
        }),
      );
  expect(readPayload('{"exp":"never"}')).toEqual({ exp: 'never' });
});

test('claims to be signed: what each must be is said', () => {
  const refused = (claims: unknown, words: string): void => {
    expect(() => checkOwnClaims(claims as never)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(words) }),
    );
  };
  expect(checkOwnClaims({ exp: 1, aud: ['a'], sub: '' })).toBeUndefined();
  for (const claims of [null, undefined, 7, 'x', []]) refused(claims, 'The claims to sign are an object.');
  for (const name of ['iss', 'sub', 'jti']) refused({ [name]: 7 }, `The claim "${name}" is a string.`);
  for (const name of ['exp', 'nbf', 'iat'])
    refused({ [name]: '7' }, `The claim "${name}" is a number of seconds since 1970.`);
  refused({ aud: 7 }, 'The claim "aud" is a string or an array of strings.');
  refused(JSON.parse('{"__proto__":1}'), 'No claim is named "__proto__".');
});
