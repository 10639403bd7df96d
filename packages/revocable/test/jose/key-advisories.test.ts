/** One test named after each published advisory of a JWT library that is about keys: what passes for one, and whose it is. */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import {
  combineVerifiers,
  createKeySet,
  createSigner,
  createVerifier,
  exportJwk,
  exportPem,
  importJwk,
  publicKey,
  type SigningKey,
  secretKey,
} from 'revocable';
import { describe, expect, test, vi } from 'vitest';
import { b64, forge, headerOf } from './forge.ts';
import { keyOf } from './runtime.ts';

const any = { issuer: null, audience: null, requireExpiry: false } as const;
const rsa = keyOf('RS256') as SigningKey;
const ec = keyOf('ES256') as SigningKey;
const claims = { sub: 'admin', exp: 4_000_000_000 };
const codeOf = (token: string, keys: Parameters<typeof createVerifier>[0]['keys']): string => {
  const result = createVerifier({ keys, ...any }).check(token);
  return result.ok ? 'accepted' : result.code;
};
const refused = (make: () => unknown, code: string): void =>
  expect(make).toThrow(expect.objectContaining({ code }));
const derOf = (key: SigningKey, type: 'spki' | 'pkcs1'): Uint8Array =>
  Buffer.from(
    exportPem(key)
      .replaceAll(/-----[^-]+-----|\n/g, '')
      .trim(),
    'base64',
  ).subarray(type === 'pkcs1' ? 24 : 0);

describe('what anyone may know as a secret', () => {
  test('CVE-2026-48526: a public key as the text of a JWK, or of a JWK Set', () => {
    for (const key of [rsa, ec, keyOf('EdDSA') as SigningKey])
      for (const value of [exportJwk(key), { keys: [exportJwk(key)] }])
        for (const text of [
          JSON.stringify(value),
          JSON.stringify(value, null, 2),
          ` \n${JSON.stringify(value)}`,
        ]) {
          refused(() => secretKey('HS256', { utf8: text }), 'ERR_KEY_INVALID');
          refused(() => secretKey('HS256', new TextEncoder().encode(text)), 'ERR_KEY_INVALID');
          refused(() => secretKey('HS256', { base64url: b64(text) }), 'ERR_KEY_INVALID');
        }
  });

  test('CVE-2022-29217, CVE-2024-37568: a public key in the form of SSH', () => {
    for (const type of ['ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp256', 'ssh-dss'])
      refused(
        () => secretKey('HS256', { utf8: `${type} AAAAC3NzaC1lZDI1NTE5AAAAIJ root@example` }),
        'ERR_KEY_INVALID',
      );
  });

  test('CVE-2024-33663: a public key in DER', () => {
    for (const key of [rsa, ec, keyOf('EdDSA') as SigningKey])
      refused(() => secretKey('HS256', derOf(key, 'spki')), 'ERR_KEY_INVALID');
    refused(() => secretKey('HS256', derOf(rsa, 'pkcs1')), 'ERR_KEY_INVALID');
  });

  test('and nothing else is taken for one', () => {
    const sequence = new Uint8Array(64).fill(7);
    sequence[0] = 0x30;
    sequence[1] = 62;
    for (const material of [
      ...[sequence, { utf8: '{"not a key":"but long enough to be a secret"}' }],
      ...[{ utf8: 'a secret that names ssh-rsa and "kty" within' }, { utf8: '0'.repeat(32) }],
    ])
      expect(secretKey('HS256', material).type).toBe('secret');
  });
});

describe('a key that is not the one it is taken for', () => {
  test('CVE-2021-46743: the key ID of one key under the algorithm of another', () => {
    const secret = secretKey('HS256', new Uint8Array(32).fill(2), { kid: 'hmac' });
    const keys = [publicKey('RS256', exportPem(rsa), { kid: 'rsa' }), secret];
    for (const kid of ['rsa', 'hmac']) {
      const input = `${b64(JSON.stringify({ alg: 'HS256', kid }))}.${b64(JSON.stringify(claims))}`;
      for (const octets of [exportPem(rsa), JSON.stringify(exportJwk(rsa))]) {
        const mac = createHmac('sha256', octets).update(input).digest('base64url');
        expect(codeOf(`${input}.${mac}`, keys)).toMatch(/^ERR_(KEY_NOT_FOUND|TOKEN_SIGNATURE)$/);
      }
    }
  });

  test('CVE-2025-59936: a key that was kept for one issuer is none of another, though both call it the same', () => {
    const issuer = (name: string) => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const key = importJwk(privateKey.export({ format: 'jwk' }) as never, 'ES256', {
        kid: 'k1',
      }) as SigningKey;
      const verifier = createVerifier({
        keys: createKeySet([key]),
        issuer: name,
        audience: null,
        cache: true,
      });
      return { sign: (iss: string) => createSigner({ key, expiresIn: '1m' }).sign({ iss }), verifier };
    };
    const [a, b] = [issuer('https://a.example'), issuer('https://a.examplehttps://b.example')];
    const both = combineVerifiers(a.verifier, b.verifier);
    for (let round = 0; round < 3; round++) {
      expect(both.check(a.sign('https://a.example')).ok).toBe(true);
      expect(both.check(a.sign('https://a.examplehttps://b.example'))).toMatchObject({
        code: 'ERR_TOKEN_SIGNATURE',
      });
      expect(both.check(b.sign('https://a.example'))).toMatchObject({ code: 'ERR_TOKEN_SIGNATURE' });
    }
  });

  test('CVE-2022-23529: an object that answers as a key would is not asked', () => {
    const asked = vi.fn(() => exportPem(ec));
    const pretender = {
      ...{ type: 'secret', alg: 'HS256', kid: undefined, toString: asked, valueOf: asked, toJSON: asked },
      ...{ export: asked, [Symbol.toPrimitive]: asked, asymmetricKeyType: 'ec' },
    };
    refused(() => createVerifier({ keys: pretender as never, ...any }), 'ERR_CONFIG_INVALID');
    refused(() => createSigner({ key: pretender as never, expiresIn: '5m' }), 'ERR_CONFIG_INVALID');
    refused(() => secretKey('HS256', pretender as never), 'ERR_CONFIG_INVALID');
    refused(() => publicKey('ES256', pretender as never), 'ERR_CONFIG_INVALID');
    expect(asked).not.toHaveBeenCalled();
  });

  test('CVE-2020-15084: a verifier that was told no algorithm takes that of its key alone', () => {
    expect(codeOf(forge(ec, { alg: 'HS256' }, claims), ec)).toBe('ERR_TOKEN_ALG_NOT_ALLOWED');
    expect(codeOf(forge(ec, { alg: 'ES256' }, claims), ec)).toBe('accepted');
  });
});

describe('another wrapping', () => {
  test('CVE-2023-51774, CVE-2024-21319: what is encrypted for our public key is not signed by it', () => {
    const header = b64('{"alg":"RSA-OAEP","enc":"A128CBC-HS256","cty":"JWT"}');
    for (const token of [
      `${header}.${b64('cek')}.${b64('iv')}.${b64(JSON.stringify(claims))}.${b64('tag')}`,
      `${header}.${b64(JSON.stringify(claims))}.${b64('tag')}`,
    ])
      expect(codeOf(token, rsa)).toMatch(/^ERR_TOKEN_(MALFORMED|ALG_NOT_ALLOWED)$/);
  });

  test('CVE-2024-28176, CVE-2024-28122, CVE-2025-63811, CVE-2026-34986: five parts are not even decoded', () => {
    const decoded = vi.spyOn(JSON, 'parse');
    for (const alg of ['A128KW', 'PBES2-HS256+A128KW', 'dir']) {
      const header = b64(JSON.stringify({ alg, enc: 'A128GCM', zip: 'DEF', p2c: 1e9 }));
      expect(codeOf(`${header}.${b64('k')}.${b64('iv')}.${b64('text')}.${b64('tag')}`, rsa)).toBe(
        'ERR_TOKEN_MALFORMED',
      );
    }
    expect(decoded).not.toHaveBeenCalled();
    decoded.mockRestore();
  });

  test('CVE-2025-53864: claims that are nested without end', () => {
    const deep = `{"a":${'['.repeat(4000)}${']'.repeat(4000)}}`;
    expect(codeOf(forge(ec, headerOf(ec), deep), ec)).toBe('ERR_TOKEN_MALFORMED');
  });

  test('CVE-2025-62610: a token for another audience, where nobody named ours', () => {
    refused(() => createVerifier({ keys: ec, issuer: null } as never), 'ERR_CONFIG_INVALID');
  });
});
