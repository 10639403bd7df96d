/** Attacks of `docs/security/known-attacks.md` that no rule, advisory or vector of another file shows. */
import { generateKeyPairSync } from 'node:crypto';
import {
  createKeySet,
  createVerifier,
  exportJwk,
  importJwk,
  type Jwk,
  type SigningKey,
  secretKey,
} from 'revocable';
import { describe, expect, test } from 'vitest';
import { b64, forge, headerOf } from './forge.ts';
import { keyOf } from './runtime.ts';

const secret = secretKey('HS256', new Uint8Array(32).fill(3));
const ec = keyOf('ES256') as SigningKey;
const claims = { sub: 'u1', exp: 4_000_000_000 };
const verifier = createVerifier({ keys: secret, issuer: null, audience: null });
const codeOf = (token: string): string => {
  const result = verifier.check(token);
  return result.ok ? 'accepted' : result.code;
};
const refused = (make: () => unknown, code: string): void =>
  expect(make).toThrow(expect.objectContaining({ code }));

describe('keys', () => {
  test('a point that is not on its curve makes no key', () => {
    for (const alg of ['ES256', 'ES384', 'ES512'] as const) {
      const jwk = exportJwk(keyOf(alg) as SigningKey);
      const y = Buffer.from(jwk.y as string, 'base64url');
      y[y.length - 1] = (y.at(-1) as number) ^ 1;
      const zero = b64(Buffer.alloc(y.length));
      for (const point of [{ y: b64(y) }, { x: zero, y: zero }, { x: b64(Buffer.alloc(y.length, 0xff)) }])
        refused(() => importJwk({ ...jwk, kid: undefined, ...point } as unknown as Jwk), 'ERR_KEY_INVALID');
    }
  });

  test('a set that mixes secrets with public keys is no set', () => {
    const mixed = { keys: [exportJwk(secret, { private: true }), exportJwk(ec)] };
    refused(() => createKeySet(mixed), 'ERR_JWKS_INVALID');
  });

  test('a private half under a foreign public one is no key', () => {
    const [one, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
    const { x } = other.publicKey.export({ format: 'jwk' });
    const jwk = { ...one.privateKey.export({ format: 'jwk' }), x } as unknown as Jwk;
    refused(() => importJwk(jwk), 'ERR_KEY_INVALID');
  });
});

describe('wrapping', () => {
  test('a JWE is no token, and its PBES2 count is never counted', () => {
    const header = { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2_147_483_647, p2s: b64('salt') };
    const start = performance.now();
    expect(codeOf(`${b64(JSON.stringify(header))}.${b64('k')}.${b64('iv')}.${b64('x')}.${b64('tag')}`)).toBe(
      'ERR_TOKEN_MALFORMED',
    );
    expect(codeOf(forge(secret, header, claims))).toBe('ERR_TOKEN_ALG_NOT_ALLOWED');
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('"zip" inflates nothing', () => {
    const bomb = Buffer.from('789ced', 'hex');
    expect(codeOf(forge(secret, headerOf(secret, { zip: 'DEF' }), bomb))).toBe('ERR_TOKEN_MALFORMED');
  });

  test('a token inside the claims is a text and no more', () => {
    const inner = `${b64('{"alg":"none"}')}.${b64('{"sub":"admin"}')}.`;
    const token = forge(secret, headerOf(secret, { cty: 'JWT' }), { ...claims, token: inner });
    expect(verifier.verifySync(token).claims).toEqual({ ...claims, token: inner });
    expect(codeOf(forge(secret, headerOf(secret, { cty: 'JWT' }), inner))).toBe('ERR_TOKEN_MALFORMED');
  });

  test('claims in the header are none', () => {
    const token = forge(secret, headerOf(secret, { sub: 'admin', exp: 1, iss: 'x' }), claims);
    expect(verifier.verifySync(token).claims).toEqual(claims);
  });
});

describe('signatures', () => {
  test('an HMAC that differs in one bit, wherever it is, is refused', () => {
    const token = forge(secret, headerOf(secret), claims);
    const at = token.lastIndexOf('.') + 1;
    const octets = Buffer.from(token.slice(at), 'base64url');
    for (let bit = 0; bit < octets.length * 8; bit++) {
      const changed = Buffer.from(octets);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(codeOf(token.slice(0, at) + b64(changed))).toBe('ERR_TOKEN_SIGNATURE');
    }
  });
});
