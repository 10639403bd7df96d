/** JWKs: their members, their purpose, and what contradicts (RFC 7517, RFC 7518 section 6, RFC 8037, RFC 9964). */
import { describe, expect, test } from 'vitest';
import { findAlgorithm } from '#jose/algorithms';
import { allows, checkJwk, isPrivateJwk, type Jwk } from '#jose/jwk';

const octets = (count: number): string => Buffer.alloc(count, 7).toString('base64url');
const good: Readonly<Record<string, Jwk>> = {
  HS256: { kty: 'oct', k: octets(32) },
  RS256: { kty: 'RSA', n: octets(256), e: 'AQAB' },
  PS512: {
    kty: 'RSA',
    n: octets(256),
    e: 'AQAB',
    d: octets(256),
    p: octets(128),
    q: octets(128),
    dp: octets(128),
    dq: octets(128),
    qi: octets(128),
  },
  ES256: { kty: 'EC', crv: 'P-256', x: octets(32), y: octets(32) },
  ES512: { kty: 'EC', crv: 'P-521', x: octets(66), y: octets(66), d: octets(66) },
  EdDSA: { kty: 'OKP', crv: 'Ed448', x: octets(57), d: octets(57) },
  Ed25519: { kty: 'OKP', crv: 'Ed25519', x: octets(32) },
  'ML-DSA-44': { kty: 'AKP', alg: 'ML-DSA-44', pub: octets(1312), priv: octets(32) },
};
const check = (jwk: object, alg: string): void =>
  checkJwk(jwk as Jwk, findAlgorithm(alg) as Parameters<typeof checkJwk>[1]);
const refused = (jwk: object, alg: string, text: string): void => {
  expect(() => check(jwk, alg)).toThrow(expect.objectContaining({ code: 'ERR_KEY_INVALID' }));
  expect(() => check(jwk, alg)).toThrow(text);
};

test.each(Object.entries(good))('%s takes its own', (alg, jwk) => {
  expect(() => check(jwk, alg)).not.toThrow();
  expect(() =>
    check({ ...jwk, alg, kid: 'k', use: 'sig', key_ops: ['sign', 'verify'], ext: true }, alg),
  ).not.toThrow();
});

describe('what contradicts', () => {
  test.each(Object.entries(good))('%s: another type', (alg, jwk) => {
    for (const kty of ['oct', 'RSA', 'EC', 'OKP', 'AKP', 'rsa', 'x'].filter(kty => kty !== jwk.kty))
      refused({ ...jwk, kty }, alg, `kty "${kty}" contradicts ${alg}, which takes ${jwk.kty}`);
  });

  test('another curve, or none', () => {
    refused({ ...good['ES256'], crv: 'P-384' }, 'ES256', 'crv "P-384" contradicts ES256, which takes P-256');
    refused({ ...good['ES256'], crv: undefined }, 'ES256', 'crv that is missing or no such name');
    refused({ ...good['EdDSA'], crv: 'X448' }, 'EdDSA', 'which takes Ed25519 or Ed448');
    refused({ ...good['EdDSA'] }, 'Ed25519', 'crv "Ed448" contradicts Ed25519');
  });

  test('another alg; of AKP it must be there', () => {
    refused({ ...good['RS256'], alg: 'PS256' }, 'RS256', 'alg "PS256" contradicts RS256');
    refused({ ...good['ML-DSA-44'], alg: undefined }, 'ML-DSA-44', 'alg that is missing or no such name');
    refused({ ...good['ML-DSA-44'] }, 'ML-DSA-65', 'alg "ML-DSA-44" contradicts ML-DSA-65');
    refused({ ...good['RS256'], alg: 'x'.repeat(21) }, 'RS256', 'alg that is missing or no such name');
    refused({ ...good['RS256'], alg: 'x'.repeat(20) }, 'RS256', `alg "${'x'.repeat(20)}"`);
    refused({ ...good['RS256'], alg: 7 }, 'RS256', 'alg that is missing or no such name');
  });

  test('a kid that is no text, and more than two primes', () => {
    for (const kid of [7, null, {}]) refused({ ...good['ES256'], kid }, 'ES256', 'kid is not a string');
    refused({ ...good['PS512'], oth: [] }, 'PS512', '"oth"');
  });

  test('another purpose', () => {
    for (const use of ['enc', '', 'SIG', null]) refused({ ...good['ES256'], use }, 'ES256', 'is not "sig"');
    for (const key_ops of ['sign', {}, null, [7], ['sign', 7]])
      refused({ ...good['ES256'], key_ops }, 'ES256', 'key_ops is not an array of strings');
    refused({ ...good['ES256'], key_ops: ['verify', 'verify'] }, 'ES256', 'names an operation twice');
    for (const key_ops of [[], ['encrypt'], ['deriveKey', 'wrapKey']])
      refused({ ...good['ES256'], key_ops }, 'ES256', 'neither "sign" nor "verify"');
    for (const key_ops of [['sign'], ['verify'], ['encrypt', 'verify']])
      expect(() => check({ ...good['ES256'], key_ops }, 'ES256')).not.toThrow();
  });
});

describe('members', () => {
  const required: Readonly<Record<string, readonly string[]>> = {
    ...{ RS256: ['n', 'e'], PS512: ['n', 'e'], ES256: ['x', 'y'], ES512: ['x', 'y'] },
    ...{ EdDSA: ['x'], Ed25519: ['x'], 'ML-DSA-44': ['pub'] },
  };

  test.each(Object.entries(good))('of %s are base64url and not empty', (alg, jwk) => {
    const names = Object.keys(jwk).filter(name => !['kty', 'crv', 'alg'].includes(name));
    for (const name of names) {
      for (const value of ['', 7, null, 'a+b/', 'YQ==', 'Y', `${jwk[name]}=`])
        refused({ ...jwk, [name]: value }, alg, `"${name}" is missing or no base64url`);
      if (required[alg]?.includes(name)) refused({ ...jwk, [name]: undefined }, alg, `"${name}" is missing`);
      else expect(() => check({ ...jwk, [name]: undefined }, alg)).not.toThrow();
    }
  });

  test('of curves have their octets, no more and no fewer', () => {
    for (const alg of ['ES256', 'ES512', 'EdDSA', 'Ed25519'])
      for (const name of ['x', 'y', 'd'].filter(name => good[alg]?.[name] !== undefined)) {
        const full = Buffer.from(good[alg]?.[name] as string, 'base64url').length;
        for (const count of [full - 1, full + 1])
          refused(
            { ...good[alg], [name]: octets(count) },
            alg,
            `"${name}" has ${count} octets where the curve has ${full}`,
          );
      }
    expect(() => check({ ...good['RS256'], crv: 'P-256' }, 'RS256')).not.toThrow();
  });
});

test('a private member makes it private, whatever its type', () => {
  for (const name of ['k', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'priv'])
    expect(isPrivateJwk({ kty: 'RSA', [name]: 'AA' })).toBe(true);
  expect(isPrivateJwk({ kty: 'RSA', n: 'AA', e: 'AQAB', x: 'A', y: 'A', pub: 'A', kid: 'k', alg: 'x' })).toBe(
    false,
  );
  expect(isPrivateJwk({ kty: 'RSA', d: undefined } as never)).toBe(false);
});

test('key_ops allow what they name; without a list they allow all', () => {
  expect([allows({ kty: 'EC' }, 'sign'), allows({ kty: 'EC' }, 'verify')]).toEqual([true, true]);
  const one = { kty: 'EC', key_ops: ['verify'] };
  expect([allows(one, 'sign'), allows(one, 'verify')]).toEqual([false, true]);
  expect(allows({ kty: 'EC', key_ops: 'verify' } as never, 'sign')).toBe(true);
});
