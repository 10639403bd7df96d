/** The rule of choice: the token's algorithm, then its kid; a kid that nobody gave refuses nothing; four at most. */
import {
  exportPem,
  generateKey,
  importJwk,
  publicKey,
  type SigningKey,
  secretKey,
  type VerificationKey,
} from 'revocable';
import { describe, expect, test } from 'vitest';
import { algNotAllowed, chooseKeys, keySource, notFound, sameKey, sourceOf } from '#jose/key-source';

const secret = (fill: number, kid?: string): SigningKey =>
  secretKey('HS256', new Uint8Array(32).fill(fill), kid === undefined ? {} : { kid });
const ec = generateKey('ES256');
const named = publicKey('ES256', exportPem(ec), { kid: 'named' });
const refused = (make: () => unknown, code: string): void =>
  expect(make).toThrow(expect.objectContaining({ code }));

describe('one key', () => {
  const find = (key: VerificationKey, alg: string, kid?: string): unknown => sourceOf(key).find(alg, kid);

  test('fits its algorithm alone', () => {
    expect(find(ec, 'ES256')).toEqual([ec]);
    for (const alg of ['ES384', 'HS256', 'none', ''])
      refused(() => find(ec, alg), 'ERR_TOKEN_ALG_NOT_ALLOWED');
  });

  test('whose kid was given refuses another, one that was not refuses none', () => {
    expect([find(named, 'ES256'), find(named, 'ES256', 'named')]).toEqual([[named], [named]]);
    refused(() => find(named, 'ES256', 'other'), 'ERR_KEY_NOT_FOUND');
    expect(find(ec, 'ES256', 'other')).toEqual([ec]);
    expect(find(secret(1), 'HS256', 'other')).toHaveLength(1);
  });

  test('alone or in an array is the same', () => {
    for (const keys of [named, [named]]) {
      expect(sourceOf(keys).epoch).toBe(0);
      refused(() => sourceOf(keys).find('ES256', 'other'), 'ERR_KEY_NOT_FOUND');
      refused(() => sourceOf(keys).find('HS256', undefined), 'ERR_TOKEN_ALG_NOT_ALLOWED');
    }
  });
});

describe('several keys', () => {
  test('in an array are chosen from', () => {
    const { epoch, find } = sourceOf([secret(1, 'a'), secret(2, 'b'), ec]);
    expect(epoch).toBe(0);
    expect(find('HS256', 'b')).toMatchObject([{ alg: 'HS256', kid: 'b' }]);
    expect(find('ES256', undefined)).toEqual([ec]);
    refused(() => find('RS256', undefined), 'ERR_TOKEN_ALG_NOT_ALLOWED');
    refused(() => find('HS256', 'c'), 'ERR_KEY_NOT_FOUND');
  });

  test('none of that algorithm, or none at all', () => {
    refused(() => chooseKeys([ec, secret(1)], 'RS256', undefined), 'ERR_TOKEN_ALG_NOT_ALLOWED');
    refused(() => chooseKeys([], 'RS256', undefined), 'ERR_KEY_NOT_FOUND');
  });

  test('the kid chooses; where none has it, those without one of their own are left', () => {
    const [a, b, c] = [secret(1, 'a'), secret(2, 'b'), secret(3)];
    expect(chooseKeys([a, b, c, ec], 'HS256', 'b')).toEqual([b]);
    expect(chooseKeys([a, b, c, ec], 'HS256', 'x')).toEqual([c]);
    expect(chooseKeys([a, b, c, ec], 'HS256', undefined)).toEqual([a, b, c]);
    refused(() => chooseKeys([a, b], 'HS256', 'x'), 'ERR_KEY_NOT_FOUND');
  });

  test('four are tried, five are too many, the same one counts once', () => {
    const keys = [1, 2, 3, 4].map(fill => secret(fill));
    expect(chooseKeys(keys, 'HS256', undefined)).toEqual(keys);
    expect(chooseKeys([...keys, secret(4)], 'HS256', undefined)).toEqual(keys);
    refused(() => chooseKeys([...keys, secret(5)], 'HS256', undefined), 'ERR_KEY_AMBIGUOUS');
  });

  test('two different keys of one kid are ambiguous, whether the token names it or not', () => {
    for (const kid of ['k', undefined])
      refused(() => chooseKeys([secret(1, 'k'), secret(2, 'k')], 'HS256', kid), 'ERR_KEY_AMBIGUOUS');
    expect(chooseKeys([secret(1, 'k'), secret(1, 'k')], 'HS256', 'k')).toHaveLength(1);
    expect(chooseKeys([secret(1, 'k'), secret(2)], 'HS256', undefined)).toHaveLength(2);
  });
});

describe('what keys are', () => {
  test('a source is taken as it is', () => {
    const source = { epoch: 7, find: () => [] };
    expect(sourceOf({ [keySource]: source })).toBe(source);
  });

  test('nothing but keys of this library', () => {
    for (const keys of [[], undefined, null, 'x', 7, {}, new Uint8Array(32), [ec, 'x'], [undefined]])
      refused(() => sourceOf(keys as never), 'ERR_CONFIG_INVALID');
    expect(() => sourceOf([])).toThrow('"keys" is empty');
    expect(() => sourceOf('x' as never)).toThrow('does not say its algorithm');
    const onlySigns = importJwk({ kty: 'oct', alg: 'HS256', k: 'A'.repeat(43), key_ops: ['sign'] });
    expect(() => sourceOf(onlySigns)).toThrow('do not have "verify"');
  });
});

test('the same key is the one that checks the same signatures', () => {
  expect(sameKey(ec, ec)).toBe(true);
  expect(sameKey(ec, named)).toBe(true);
  expect(sameKey(secret(1), secret(1, 'k'))).toBe(true);
  expect(sameKey(secret(1), secret(2))).toBe(false);
  expect(sameKey(ec, generateKey('ES256'))).toBe(false);
  expect(sameKey(secret(1), ec)).toBe(false);
  const sha512 = secretKey('HS512', new Uint8Array(64).fill(1));
  expect(sameKey(sha512, secretKey('HS384', new Uint8Array(64).fill(1)))).toBe(false);
  const onlySigns = importJwk({
    kty: 'oct',
    alg: 'HS256',
    k: Buffer.alloc(32, 1).toString('base64url'),
    key_ops: ['sign'],
  });
  expect(sameKey(onlySigns, onlySigns)).toBe(true);
  expect(sameKey(onlySigns, secret(1))).toBe(false);
  expect(sameKey(secret(1), onlySigns)).toBe(false);
});

test('refusals name what the table has, and nothing of a stranger', () => {
  expect(algNotAllowed('RS256').message).toContain('RS256');
  expect(algNotAllowed('evil<script>').message).toBe(
    'The algorithm in the header is not that of any key here.',
  );
  expect(notFound()).toMatchObject({ code: 'ERR_KEY_NOT_FOUND', name: 'KeyError' });
});
