/** What users hold becomes a KeyObject: each form is told by itself, and each refusal says what to do. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Jwk } from '#jose/jwk';
import { algorithmRow } from '#jose/key-rules';
import { privateHandle, publicHandle, publicJwkHandle } from '#jose/native-key';
import { certificate } from './certificate.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const okp = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ES256 = algorithmRow('ES256');
const RS256 = algorithmRow('RS256');
const pem = (half: KeyObject): string =>
  half.export({ format: 'pem', type: half.type === 'private' ? 'pkcs8' : 'spki' } as never).toString();
const jwkOf = (half: KeyObject): Jwk => half.export({ format: 'jwk' }) as Jwk;
const refused = (make: () => unknown, words: string | RegExp, code = 'ERR_KEY_INVALID'): void => {
  expect(make).toThrow(expect.objectContaining({ code }));
  expect(make).toThrow(words);
};
const PUBLIC_FOR_PRIVATE =
  'A private key is wanted and this is a public one: a signer needs the private half.';
const PRIVATE_FOR_PUBLIC =
  'A public key is wanted and this is a private one: use privateKey for it, and hand out its public half only.';

describe('one half for the other', () => {
  test('is told apart in every form', () => {
    for (const material of [
      pem(ec.publicKey),
      Buffer.from(pem(ec.publicKey)),
      ec.publicKey,
      jwkOf(ec.publicKey),
    ])
      refused(() => privateHandle(material, ES256), PUBLIC_FOR_PRIVATE);
    refused(() => privateHandle(certificate, ES256), PUBLIC_FOR_PRIVATE);
    for (const material of [
      pem(ec.privateKey),
      Buffer.from(pem(ec.privateKey)),
      ec.privateKey,
      jwkOf(ec.privateKey),
    ])
      refused(() => publicHandle(material, ES256), PRIVATE_FOR_PUBLIC);
    refused(() => publicJwkHandle(jwkOf(ec.privateKey), ES256), PRIVATE_FOR_PUBLIC);
    const mlDsa = { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' };
    const row = algorithmRow('ML-DSA-44');
    refused(() => publicHandle({ ...mlDsa, priv: 'AAAA' } as Jwk, row), PRIVATE_FOR_PUBLIC);
    refused(() => privateHandle(mlDsa as Jwk, row), PUBLIC_FOR_PRIVATE);
    refused(
      () => privateHandle({ ...mlDsa, priv: 'AAAA' } as Jwk, row),
      'The JWK is no private key for ML-DSA-44',
    );
  });

  test('the right one is read in every form', () => {
    for (const material of [pem(ec.publicKey), ec.publicKey, jwkOf(ec.publicKey)])
      expect(publicHandle(material, ES256).equals(ec.publicKey)).toBe(true);
    for (const material of [pem(ec.privateKey), ec.privateKey, jwkOf(ec.privateKey)])
      expect(privateHandle(material, ES256).equals(ec.privateKey)).toBe(true);
    expect(publicJwkHandle(jwkOf(rsa.publicKey), RS256).equals(rsa.publicKey)).toBe(true);
    expect(privateHandle(jwkOf(rsa.privateKey), RS256).equals(rsa.privateKey)).toBe(true);
  });
});

describe('PEM', () => {
  test('a bare string is none, and is told what it may be', () => {
    for (const text of ['', 'secret', 'BEGIN PUBLIC KEY', '-----END PUBLIC KEY-----'])
      for (const handle of [publicHandle, privateHandle])
        refused(() => handle(text, ES256), 'A bare string is the PEM of a key; for a secret use secretKey');
  });

  test('that begins as one and holds no key', () => {
    const broken = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n';
    for (const text of [broken, `text before\n${broken}`])
      refused(() => publicHandle(text, ES256), 'does not hold a key that this runtime can read');
    const privateText = broken.replaceAll('PUBLIC', 'PRIVATE');
    refused(() => privateHandle(privateText, ES256), 'does not hold a key that this runtime can read');
  });

  test('of a certificate, under any of its three names, gives its key', () => {
    const key = publicHandle(certificate, ES256);
    for (const name of ['X509 CERTIFICATE', 'TRUSTED CERTIFICATE'])
      expect(publicHandle(certificate.replaceAll('CERTIFICATE', name), ES256).equals(key)).toBe(true);
  });

  test('that is encrypted needs its passphrase, and the right one', () => {
    const options = { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open' } as const;
    const text = ec.privateKey.export({ ...options, format: 'pem' }).toString();
    expect(privateHandle(text, ES256, 'open').equals(ec.privateKey)).toBe(true);
    refused(() => privateHandle(text, ES256), 'The private key is encrypted: give its `passphrase`.');
    refused(() => privateHandle(text, ES256, 'shut'), 'the passphrase does not open it');
    expect(privateHandle(pem(ec.privateKey), ES256, 'needless').equals(ec.privateKey)).toBe(true);
    const der = ec.privateKey.export({ ...options, format: 'der' });
    expect(privateHandle(der, ES256, 'open').equals(ec.privateKey)).toBe(true);
    for (const passphrase of [undefined, 'shut'])
      refused(() => privateHandle(der, ES256, passphrase), 'no DER of a private key');
  });
});

describe('DER', () => {
  test('is read by whichever of its structures it is', () => {
    for (const type of ['spki', 'pkcs1'] as const)
      expect(publicHandle(rsa.publicKey.export({ format: 'der', type }), RS256).equals(rsa.publicKey)).toBe(
        true,
      );
    for (const type of ['pkcs8', 'pkcs1'] as const) {
      const der = rsa.privateKey.export({ format: 'der', type });
      expect(privateHandle(der, RS256).equals(rsa.privateKey)).toBe(true);
    }
    const sec1 = ec.privateKey.export({ format: 'der', type: 'sec1' });
    expect(privateHandle(sec1, ES256).equals(ec.privateKey)).toBe(true);
    const der = Buffer.from(certificate.split('-----')[2] as string, 'base64');
    expect(publicHandle(der, ES256).equals(publicHandle(certificate, ES256))).toBe(true);
  });

  test('as a part of a larger buffer', () => {
    const der = ec.publicKey.export({ format: 'der', type: 'spki' });
    const whole = Buffer.concat([Buffer.alloc(9), der, Buffer.alloc(9)]);
    expect(publicHandle(whole.subarray(9, -9), ES256).equals(ec.publicKey)).toBe(true);
  });

  test('of nothing, and of the other half', () => {
    for (const bytes of [new Uint8Array(), new Uint8Array(40)]) {
      refused(() => publicHandle(bytes, ES256), 'The bytes are no DER of a public key');
      refused(() => privateHandle(bytes, ES256), 'The bytes are no DER of a private key');
    }
    const spki = ec.publicKey.export({ format: 'der', type: 'spki' });
    refused(() => privateHandle(spki, ES256), 'no DER of a private key');
  });
});

describe('a JWK', () => {
  test('whose public member is of another key than the private one', () => {
    const other = jwkOf(generateKeyPairSync('ed25519').privateKey);
    refused(
      () => privateHandle({ ...jwkOf(okp.privateKey), x: other['x'] } as Jwk, algorithmRow('EdDSA')),
      /The JWK's "x" does not belong to its private half|is no private key for EdDSA/,
    );
    expect(privateHandle(jwkOf(okp.privateKey), algorithmRow('EdDSA')).equals(okp.privateKey)).toBe(true);
  });

  test('that this runtime cannot read', () => {
    const { y: _, ...half } = jwkOf(ec.publicKey);
    refused(() => publicHandle(half as Jwk, ES256), /./);
    const off = { ...jwkOf(ec.publicKey), y: jwkOf(ec.publicKey)['x'] } as Jwk;
    refused(() => publicHandle(off, ES256), 'The JWK is no public key for ES256 that this runtime can read.');
  });

  test('is not changed, and nothing of it is in what is said', () => {
    const jwk = jwkOf(rsa.privateKey);
    const before = structuredClone(jwk);
    const broken = { ...jwk, p: 'AAAA' } as Jwk;
    try {
      privateHandle(broken, RS256);
    } catch (error) {
      expect((error as Error).cause).toBeUndefined();
    }
    privateHandle(jwk, RS256);
    expect(jwk).toEqual(before);
  });
});

test('nothing else is a key', () => {
  for (const material of [undefined, null, 7, true, {}, [], () => pem(ec.publicKey), Symbol('key')])
    for (const handle of [publicHandle, privateHandle])
      refused(() => handle(material as never, ES256), 'A key is given as PEM text', 'ERR_CONFIG_INVALID');
  for (const half of [createPublicKey(pem(ec.publicKey)), createPrivateKey(pem(ec.privateKey))])
    refused(
      () => (half.type === 'public' ? privateHandle : publicHandle)(half, ES256),
      'is wanted and this is',
    );
});
