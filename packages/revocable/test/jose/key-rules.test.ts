/** What a KeyObject must be for its algorithm: type, curve, size, exponent. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Alg, algorithms } from '#jose/algorithms';
import { algorithmRow, checkAsymmetric } from '#jose/key-rules';

const rsa = (bits: number, e: string = 'AQAB', last = 0xb7): KeyObject => {
  const n = Buffer.alloc(Math.ceil(bits / 8), 0xa5);
  n[0] = bits % 8 === 0 ? 0xa5 : (1 << (bits % 8)) - 1;
  n[n.length - 1] = last;
  return createPublicKey({ key: { kty: 'RSA', n: n.toString('base64url'), e }, format: 'jwk' });
};
const curves: Readonly<Record<string, KeyObject>> = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey,
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey,
  secp256k1: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
  Ed25519: generateKeyPairSync('ed25519').publicKey,
  Ed448: generateKeyPairSync('ed448').publicKey,
};
const check = (key: KeyObject, alg: string, allowWeak = false): number =>
  checkAsymmetric(key, algorithmRow(alg as Alg), allowWeak);
const refused = (make: () => unknown, code: string, text: string): void => {
  expect(make).toThrow(expect.objectContaining({ code }));
  expect(make).toThrow(text);
};
const hex = (text: string): string => Buffer.from(text, 'hex').toString('base64url');

test('an algorithm is one of the table, as it is written', () => {
  for (const alg of algorithms) expect(algorithmRow(alg).name).toBe(alg);
  for (const alg of ['none', 'rs256', '', undefined, null, 7, 'constructor', '__proto__'])
    refused(() => algorithmRow(alg as never), 'ERR_CONFIG_INVALID', 'HS256, HS384');
});

describe('curves', () => {
  test.each([
    ['ES256', ['P-256'], 64],
    ['ES384', ['P-384'], 96],
    ['ES512', ['P-521'], 132],
    ['ES256K', ['secp256k1'], 64],
    ['Ed25519', ['Ed25519'], 64],
    ['Ed448', ['Ed448'], 114],
  ] as const)('%s takes its own', (alg, own, length) => {
    for (const [name, key] of Object.entries(curves))
      if ((own as readonly string[]).includes(name)) expect(check(key, alg)).toBe(length);
      else refused(() => check(key, alg, true), 'ERR_KEY_INVALID', `${alg} needs a key on ${own.join()}`);
  });

  test('EdDSA takes both of its curves, each with its length', () => {
    expect([
      check(curves['Ed25519'] as KeyObject, 'EdDSA'),
      check(curves['Ed448'] as KeyObject, 'EdDSA'),
    ]).toEqual([64, 114]);
    refused(
      () => check(curves['P-256'] as KeyObject, 'EdDSA'),
      'ERR_KEY_INVALID',
      'this key is ec on prime256v1',
    );
    refused(() => check(rsa(2048), 'ES256'), 'ERR_KEY_INVALID', 'this key is rsa.');
  });
});

describe('RSA', () => {
  test('takes 2048 bits, 1024 where weak ones are admitted, never fewer, and 16384 at most', () => {
    expect(check(rsa(2048), 'RS256')).toBe(256);
    expect(check(rsa(2049), 'PS384')).toBe(257);
    expect(check(rsa(1024), 'RS256', true)).toBe(128);
    expect(check(rsa(16_384), 'RS512')).toBe(2048);
    refused(() => check(rsa(2047), 'RS256'), 'ERR_KEY_TOO_WEAK', '2048 bits or more; this one has 2047');
    refused(() => check(rsa(1024), 'RS256'), 'ERR_KEY_TOO_WEAK', '2048 bits or more; this one has 1024');
    refused(
      () => check(rsa(1023), 'RS256', true),
      'ERR_KEY_TOO_WEAK',
      '1024 bits or more; this one has 1023',
    );
    refused(
      () => check(rsa(16_385), 'RS256', true),
      'ERR_KEY_INVALID',
      '16384 bits at most; this one has 16385',
    );
  });

  test('takes an odd exponent from 3 and below 2^256', () => {
    const largest = 'ff'.repeat(32);
    for (const e of ['03', '05', '010001', largest]) expect(check(rsa(2048, hex(e)), 'RS256')).toBe(256);
    for (const e of ['01', '02', '04', '010000', `01${'00'.repeat(31)}01`, `${'ff'.repeat(33)}`])
      refused(
        () => check(rsa(2048, hex(e)), 'RS256', true),
        'ERR_KEY_TOO_WEAK',
        'odd, 3 or more and below 2^256',
      );
  });

  test('takes no other type', () => {
    for (const key of Object.values(curves))
      for (const alg of ['RS256', 'PS256'])
        refused(() => check(key, alg, true), 'ERR_KEY_INVALID', `${alg} needs an RSA key`);
    const dsa = generateKeyPairSync('x25519').publicKey;
    refused(() => check(dsa, 'RS256'), 'ERR_KEY_INVALID', 'this key is x25519.');
  });

  test('has no ROCA fingerprint', () => {
    const primes = [
      2n,
      3n,
      5n,
      7n,
      11n,
      13n,
      17n,
      19n,
      23n,
      29n,
      31n,
      37n,
      53n,
      61n,
      71n,
      73n,
      79n,
      97n,
      103n,
      107n,
      109n,
      127n,
      151n,
      157n,
    ];
    const product = primes.reduce((all, prime) => all * prime, 1n);
    const modulus = ((1n << 2047n) / product + 1n) * product + 65_537n;
    const n = hex(modulus.toString(16));
    const key = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' });
    refused(() => check(key, 'RS256', true), 'ERR_KEY_TOO_WEAK', 'CVE-2017-15361');
  });
});

test('ML-DSA takes its own parameter set alone', () => {
  for (const alg of ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'])
    for (const key of [...Object.values(curves), rsa(2048)])
      refused(() => check(key, alg, true), 'ERR_KEY_INVALID', `${alg} needs an AKP key`);
});
