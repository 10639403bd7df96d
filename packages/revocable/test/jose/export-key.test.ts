/** Keys that are shown: with which members, which half, and only to those who say that they want it. */
import {
  exportJwk,
  exportPem,
  externalKey,
  generateKey,
  importJwk,
  publicKey,
  secretKey,
  thumbprint,
} from 'revocable';
import { describe, expect, test } from 'vitest';
import { publishedJwk } from '#jose/export-key';

const refused = (make: () => unknown, words: string): void => {
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  expect(make).toThrow(words);
};
const bytes = new Uint8Array(32).fill(1);
const k = Buffer.from(bytes).toString('base64url');
const ec = generateKey('ES256');

describe('a JWK', () => {
  test('of a secret has its key ID only where it has one', () => {
    expect(exportJwk(secretKey('HS256', bytes), { private: true })).toStrictEqual({
      kty: 'oct',
      k,
      alg: 'HS256',
    });
    expect(exportJwk(secretKey('HS256', bytes, { kid: 'x' }), { private: true })).toMatchObject({ kid: 'x' });
  });

  test('of a secret that may do one thing alone is whole', () => {
    for (const operation of ['sign', 'verify']) {
      const key = importJwk({ kty: 'oct', k, alg: 'HS256', key_ops: [operation] });
      expect(exportJwk(key, { private: true })).toEqual({ kty: 'oct', k, alg: 'HS256' });
    }
  });

  test('of a key pair has the half that was asked for', () => {
    expect(Object.keys(exportJwk(ec)).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'x', 'y']);
    expect(exportJwk(ec)).toEqual(exportJwk(ec, { private: false }));
    expect(exportJwk(ec, { private: true })).toEqual({ ...exportJwk(ec), d: expect.any(String) });
    expect(exportJwk(ec).kid).toBe(thumbprint(ec));
  });

  test('that is published says that it is for signatures; a secret never is', () => {
    expect(publishedJwk(ec)).toEqual({ ...exportJwk(ec), use: 'sig' });
    expect(publishedJwk(secretKey('HS256', bytes))).toBeUndefined();
  });
});

test('PEM of each half', () => {
  expect(exportPem(ec)).toMatch(/^-----BEGIN PUBLIC KEY-----\n[\s\S]+\n-----END PUBLIC KEY-----\n$/);
  expect(exportPem(ec, { private: true })).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  expect(exportPem(publicKey('ES256', exportPem(ec)))).toBe(exportPem(ec));
});

describe('is refused', () => {
  test('a half that is not there', () => {
    const half = publicKey('ES256', exportPem(ec));
    const external = externalKey('ES256', exportPem(ec), async () => bytes);
    for (const key of [half, external])
      for (const shown of [exportJwk, exportPem])
        refused(() => shown(key, { private: true }), 'no private half here');
  });

  test('a secret, of which nobody said that it may be seen', () => {
    const secret = secretKey('HS256', bytes);
    refused(() => exportJwk(secret), 'exportJwk shows it only with { private: true }');
    refused(() => exportJwk(secret, { private: false }), 'no public half');
    for (const options of [{}, { private: true }]) refused(() => exportPem(secret, options), 'has no PEM');
  });

  test('an option that is none, each by the name of what was called', () => {
    refused(() => exportJwk(ec, { privat: true } as never), 'exportJwk');
    refused(() => exportPem(ec, { privat: true } as never), 'exportPem');
    for (const value of ['yes', 1, null])
      refused(() => exportPem(ec, { private: value } as never), '"private" is true or false');
  });

  test('what is no key', () => {
    for (const key of [undefined, null, {}, 'x', { type: 'private' }])
      for (const shown of [exportJwk, exportPem]) refused(() => shown(key as never), 'A key is made by');
  });
});
