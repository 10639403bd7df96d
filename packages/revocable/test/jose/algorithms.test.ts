/** The table, row by row, as the RFCs have it. */
import { expect, test } from 'vitest';
import { algorithmOfCurve, algorithms, CURVES, findAlgorithm } from '#jose/algorithms';

/** scheme, kty, curves, hash, least bits, salt, length of a signature. */
const ROWS: Readonly<Record<string, readonly unknown[]>> = {
  HS256: ['hmac', 'oct', '', 'sha256', 256, 0, 32],
  HS384: ['hmac', 'oct', '', 'sha384', 384, 0, 48],
  HS512: ['hmac', 'oct', '', 'sha512', 512, 0, 64],
  RS256: ['pkcs1', 'RSA', '', 'sha256', 2048, 0, 0],
  RS384: ['pkcs1', 'RSA', '', 'sha384', 2048, 0, 0],
  RS512: ['pkcs1', 'RSA', '', 'sha512', 2048, 0, 0],
  PS256: ['pss', 'RSA', '', 'sha256', 2048, 32, 0],
  PS384: ['pss', 'RSA', '', 'sha384', 2048, 48, 0],
  PS512: ['pss', 'RSA', '', 'sha512', 2048, 64, 0],
  ES256: ['ecdsa', 'EC', 'P-256', 'sha256', 0, 0, 0],
  ES384: ['ecdsa', 'EC', 'P-384', 'sha384', 0, 0, 0],
  ES512: ['ecdsa', 'EC', 'P-521', 'sha512', 0, 0, 0],
  ES256K: ['ecdsa', 'EC', 'secp256k1', 'sha256', 0, 0, 0],
  EdDSA: ['pure', 'OKP', 'Ed25519 Ed448', null, 0, 0, 0],
  Ed25519: ['pure', 'OKP', 'Ed25519', null, 0, 0, 0],
  Ed448: ['pure', 'OKP', 'Ed448', null, 0, 0, 0],
  'ML-DSA-44': ['pure', 'AKP', '', null, 0, 0, 2420],
  'ML-DSA-65': ['pure', 'AKP', '', null, 0, 0, 3309],
  'ML-DSA-87': ['pure', 'AKP', '', null, 0, 0, 4627],
};

test('each row says what its RFC says', () => {
  expect([...algorithms]).toEqual(Object.keys(ROWS));
  expect(Object.isFrozen(algorithms)).toBe(true);
  for (const [name, row] of Object.entries(ROWS)) {
    const found = findAlgorithm(name);
    expect(found?.name).toBe(name);
    expect([
      ...[found?.scheme, found?.kty, found?.curves.join(' '), found?.hash],
      ...[found?.minimumBits, found?.saltLength, found?.signatureLength],
    ]).toEqual(row);
  }
});

test('nothing else is found', () => {
  for (const alg of [
    'none',
    'None',
    'hs256',
    'HS256 ',
    '',
    undefined,
    null,
    7,
    {},
    ['HS256'],
    'constructor',
    '__proto__',
    'size',
  ])
    expect(findAlgorithm(alg)).toBeUndefined();
  expect(findAlgorithm({ toString: () => 'HS256' })).toBeUndefined();
});

test('curves: their native names, octets and signatures', () => {
  expect(CURVES).toEqual({
    'P-256': { native: 'prime256v1', octets: 32, signatureLength: 64 },
    'P-384': { native: 'secp384r1', octets: 48, signatureLength: 96 },
    'P-521': { native: 'secp521r1', octets: 66, signatureLength: 132 },
    secp256k1: { native: 'secp256k1', octets: 32, signatureLength: 64 },
    Ed25519: { native: 'ed25519', octets: 32, signatureLength: 64 },
    Ed448: { native: 'ed448', octets: 57, signatureLength: 114 },
  });
});

test('the algorithm that a curve implies', () => {
  const implied = ['P-256', 'P-384', 'P-521', 'secp256k1', 'Ed25519', 'Ed448'].map(
    crv => algorithmOfCurve(crv)?.name,
  );
  expect(implied).toEqual(['ES256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'EdDSA']);
  for (const crv of ['X25519', 'p-256', '', undefined, null, 7])
    expect(algorithmOfCurve(crv)).toBeUndefined();
});
