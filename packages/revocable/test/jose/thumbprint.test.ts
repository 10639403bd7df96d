/** Thumbprints by the vectors of the RFCs, and by hand for the types that have none there. */
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { generateKey, publicKey, secretKey, thumbprint } from 'revocable';
import { expect, test } from 'vitest';
import { thumbprintOf } from '#jose/thumbprint';

/** RFC 7638 section 3.1. */
const RSA = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
} as const;
/** RFC 8037 appendix A.3. */
const ED25519 = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } as const;
const hashed = (text: string): string => createHash('sha256').update(text).digest('base64url');

test('the vectors of RFC 7638 and RFC 8037', () => {
  expect(thumbprint(publicKey('RS256', RSA))).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  expect(thumbprint(publicKey('EdDSA', ED25519))).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});

test('of a key on a curve: its required members in the order of their code points', () => {
  const { publicKey: handle } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = handle.export({ format: 'jwk' });
  expect(thumbprintOf(handle)).toBe(hashed(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`));
});

test('of ML-DSA: alg, kty and pub (RFC 9964); of a type that has no members, of none', () => {
  const shown = (jwk: object): never => ({ type: 'public', export: () => jwk }) as never;
  const jwk = { pub: 'AAAA', priv: 'BBBB', kty: 'AKP', alg: 'ML-DSA-44' };
  expect(thumbprintOf(shown(jwk))).toBe(hashed('{"alg":"ML-DSA-44","kty":"AKP","pub":"AAAA"}'));
  expect(thumbprintOf(shown({ kty: 'oct', k: 'AAAA' }))).toBe(hashed('{}'));
});

test('of the public half, whatever the algorithm and the kid', () => {
  const handle = createPublicKey({ key: RSA, format: 'jwk' });
  expect(thumbprint(publicKey('PS512', handle, { kid: 'x' }))).toBe(thumbprintOf(handle));
  const own = generateKey('ES256');
  expect(thumbprint(own)).toBe(own.kid);
});

test('a secret has none', () => {
  expect(() => thumbprint(secretKey('HS256', new Uint8Array(32)))).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
  );
});
