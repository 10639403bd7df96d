/** The makers of keys: each names itself in what it refuses, takes its own options, and says what was wrong. */
import {
  exportJwk,
  exportPem,
  generateKey,
  importJwk,
  type Jwk,
  privateKey,
  publicKey,
  secretKey,
} from 'revocable';
import { describe, expect, test } from 'vitest';
import { keyOf } from './runtime.ts';

const ec = generateKey('ES256', { kid: 'own' });
const jwk = exportJwk(ec);
const privateJwk = exportJwk(ec, { private: true });
const { kid: _, ...nameless } = privateJwk;
const octets = new Uint8Array(32).fill(0xab);
const refused = (make: () => unknown, code: string, words: string | RegExp): void => {
  expect(make).toThrow(expect.objectContaining({ code }));
  expect(make).toThrow(words);
};
const weakRsa = {
  kty: 'RSA',
  n: Buffer.concat([Buffer.of(0xa5), Buffer.alloc(126, 0xa5), Buffer.of(0xb7)]).toString('base64url'),
  e: 'AQAB',
} as Jwk;

describe('options', () => {
  const option = { unknown: 1 } as never;

  test('that are none are refused by the name of what was called', () => {
    refused(() => secretKey('HS256', octets, option), 'ERR_CONFIG_INVALID', 'secretKey');
    refused(() => privateKey('ES256', privateJwk, option), 'ERR_CONFIG_INVALID', 'privateKey');
    refused(() => publicKey('ES256', jwk, option), 'ERR_CONFIG_INVALID', 'publicKey');
    refused(() => importJwk(jwk, 'ES256', option), 'ERR_CONFIG_INVALID', 'importJwk');
    refused(() => publicKey('ES256', jwk, { passphrase: 'x' } as never), 'ERR_CONFIG_INVALID', 'passphrase');
  });

  test('kid wins over the one of the JWK', () => {
    const oct = { kty: 'oct', alg: 'HS256', k: 'A'.repeat(43), kid: 'own' } as Jwk;
    expect([jwk, privateJwk, oct].map(one => importJwk(one).kid)).toEqual(['own', 'own', 'own']);
    for (const one of [jwk, privateJwk, oct]) expect(importJwk(one, undefined, { kid: 'k' }).kid).toBe('k');
    expect(secretKey('HS256', octets, { kid: 'k' }).kid).toBe('k');
    expect(privateKey('ES256', privateJwk).kid).toBe('own');
    expect(publicKey('ES256', jwk, { kid: 'k' }).kid).toBe('k');
    for (const kid of ['', 7, null])
      for (const make of [
        () => secretKey('HS256', octets, { kid: kid as never }),
        () => privateKey('ES256', privateJwk, { kid: kid as never }),
        () => publicKey('ES256', jwk, { kid: kid as never }),
      ])
        refused(make, 'ERR_CONFIG_INVALID', '"kid" is a text');
  });

  test('allowWeak admits what is short, and true alone', () => {
    const short = new Uint8Array(31);
    expect(secretKey('HS256', short, { allowWeak: true }).type).toBe('secret');
    expect(publicKey('RS256', weakRsa, { allowWeak: true })).toMatchObject({ type: 'public', alg: 'RS256' });
    expect(importJwk(weakRsa, 'RS256', { allowWeak: true })).toMatchObject({ type: 'public' });
    for (const allowWeak of [false, 1, 'true'] as never[]) {
      refused(() => secretKey('HS256', short, { allowWeak }), 'ERR_KEY_TOO_WEAK', 'this one has 248');
      refused(() => publicKey('RS256', weakRsa, { allowWeak }), 'ERR_KEY_TOO_WEAK', 'this one has 1024');
    }
    expect(privateKey('ES256', privateJwk, { allowWeak: true }).type).toBe('private');
  });
});

describe('a secret', () => {
  test('is for HMAC, and the others are for pairs', () => {
    refused(() => secretKey('ES256' as never, octets), 'ERR_CONFIG_INVALID', 'for ES256 use privateKey');
    refused(
      () => privateKey('HS256' as never, jwk),
      'ERR_CONFIG_INVALID',
      'privateKey makes keys of key pairs',
    );
    refused(
      () => publicKey('HS256' as never, jwk),
      'ERR_CONFIG_INVALID',
      'publicKey makes keys of key pairs',
    );
  });

  test('is as long as the hash, and never empty', () => {
    for (const [alg, length] of [
      ['HS256', 32],
      ['HS384', 48],
      ['HS512', 64],
    ] as const) {
      expect(secretKey(alg, new Uint8Array(length)).alg).toBe(alg);
      refused(() => secretKey(alg, new Uint8Array(length - 1)), 'ERR_KEY_TOO_WEAK', `${length} bytes`);
    }
    for (const material of [new Uint8Array(), { utf8: '' }, { hex: '' }, { base64url: '' }])
      refused(() => secretKey('HS256', material, { allowWeak: true }), 'ERR_KEY_TOO_WEAK', 'is empty');
  });

  test('is written in one way, and strictly', () => {
    const hex = Buffer.from(octets).toString('hex');
    const known = exportJwk(secretKey('HS256', octets), { private: true });
    for (const material of [{ hex }, { hex: hex.toUpperCase() }, { base64url: known['k'] as string }])
      expect(exportJwk(secretKey('HS256', material), { private: true })).toEqual(known);
    refused(() => secretKey('HS256', { hex: `${hex}0` }), 'ERR_KEY_INVALID', 'strict hex');
    refused(() => secretKey('HS256', { hex: `${hex}zz` }), 'ERR_KEY_INVALID', 'strict hex');
    refused(() => secretKey('HS256', { base64url: `${known['k']}=` }), 'ERR_KEY_INVALID', 'strict base64url');
    for (const material of ['x'.repeat(32), 7, null, undefined, {}, { utf8: 'a', hex: 'b' }, ['a']])
      refused(() => secretKey('HS256', material as never), 'ERR_CONFIG_INVALID', 'A secret is bytes');
    for (const material of [{ utf8: 7 }, { hex: null }, { base64url: octets }, { other: 'x' }])
      refused(() => secretKey('HS256', material as never), 'ERR_CONFIG_INVALID', 'each a string');
  });

  test('that looks like a key is none', () => {
    for (const utf8 of [exportPem(ec), JSON.stringify(jwk)])
      refused(() => secretKey('HS256', { utf8 }, { allowWeak: true }), 'ERR_KEY_INVALID', 'not a secret');
  });
});

describe('key_ops', () => {
  test('that do not have what the key is for', () => {
    refused(() => privateKey('ES256', { ...privateJwk, key_ops: ['verify'] }), 'ERR_KEY_INVALID', /"sign"/);
    refused(() => publicKey('ES256', { ...jwk, key_ops: ['sign'] }), 'ERR_KEY_INVALID', /have "verify"/);
    expect(publicKey('ES256', { ...jwk, key_ops: ['verify'] }).type).toBe('public');
    expect(privateKey('ES256', { ...privateJwk, key_ops: ['sign', 'verify'] }).type).toBe('private');
  });
});

describe('a JWK', () => {
  test('is an object with a kty', () => {
    for (const one of [undefined, null, 7, 'x', {}, [], { kty: 7 }, () => jwk])
      refused(() => importJwk(one as never), 'ERR_CONFIG_INVALID', 'A JWK is an object with a "kty"');
  });

  test('is for the algorithm that it names, or its curve implies, or the caller says', () => {
    const { alg: __, ...silent } = jwk;
    expect(importJwk(silent as Jwk).alg).toBe('ES256');
    expect(importJwk(silent as Jwk, 'ES256').alg).toBe('ES256');
    const okp = exportJwk(keyOf('EdDSA') as never);
    expect(importJwk({ ...okp, alg: 'Ed25519' }).alg).toBe('Ed25519');
    for (const one of [weakRsa, { kty: 'oct', k: 'A'.repeat(43) }, { ...jwk, alg: 'XX' }])
      refused(() => importJwk(one as Jwk), 'ERR_KEY_INVALID', 'as the second argument');
    refused(() => importJwk(jwk, 'none' as never), 'ERR_CONFIG_INVALID', 'The algorithm is one of');
  });

  test('without its octets, or with others than base64url', () => {
    refused(() => importJwk({ kty: 'oct', alg: 'HS256' } as Jwk), 'ERR_KEY_TOO_WEAK', 'is empty');
    for (const k of [7, '', 'A=', 'A+/A'])
      refused(() => importJwk({ kty: 'oct', alg: 'HS256', k } as never), 'ERR_KEY_INVALID', /./);
  });

  test('becomes the half that is in it, whatever it is called', () => {
    expect(importJwk(privateJwk).type).toBe('private');
    expect(importJwk(nameless as Jwk)).toMatchObject({ type: 'private', alg: 'ES256' });
    expect(importJwk(jwk).type).toBe('public');
    expect(importJwk({ kty: 'oct', alg: 'HS256', k: 'A'.repeat(43) }).type).toBe('secret');
  });
});
