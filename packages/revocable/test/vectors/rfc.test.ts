/** What the RFCs print, in rfc.json: 7515, 7517, 7519, 7520, 7638, 7797, 8037, 8812, 9864 and ML-DSA for JOSE. */
import { readFileSync } from 'node:fs';
import {
  createKeySet,
  createVerifier,
  importJwk,
  type Jwk,
  type Jwks,
  type SigningKey,
  thumbprint,
} from 'revocable';
import { algorithms, type FlattenedJws, type GeneralJws, signJws, verifyJws } from 'revocable/jose';
import { describe, expect, test } from 'vitest';
import { has } from '../jose/runtime.ts';

interface Vector {
  readonly id: string;
  readonly kind: 'jws' | 'jwt' | 'jwk' | 'jwkset' | 'thumbprint';
  readonly serialization?: string;
  readonly alg?: string | readonly string[];
  readonly key: (Jwk & Partial<Jwks>) | null;
  readonly token: string | FlattenedJws | GeneralJws;
  readonly payload?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly now?: number;
  readonly thumbprint?: string;
  readonly hash?: string;
  readonly valid: boolean;
  readonly deterministic?: boolean;
}

const all = JSON.parse(readFileSync(new URL('rfc.json', import.meta.url), 'utf8')) as readonly Vector[];
const algsOf = ({ alg }: Vector): readonly string[] => (alg === undefined ? [] : [alg].flat());
const here = all.filter(vector =>
  [...algsOf(vector), vector.key?.alg ?? 'HS256'].every(
    alg => !(algorithms as readonly string[]).includes(alg) || has(alg),
  ),
);
const of = (kind: Vector['kind'], valid = true): readonly Vector[] =>
  here.filter(vector => vector.kind === kind && vector.valid === valid);
if (here.length < all.length)
  console.log(`This runtime lacks algorithms of ${all.length - here.length} of ${all.length} RFC vectors.`);

const keysOf = ({ key, alg }: Vector) => {
  if (key === null) return importJwk({ kty: 'oct', k: 'A'.repeat(43) }, 'HS256');
  const jwks = key.keys ?? [key];
  return jwks.map((jwk, at) => importJwk(jwk, (jwk.alg ?? [alg].flat()[at]) as 'HS256'));
};

describe('JWS', () => {
  test.each(of('jws'))('$id verifies', vector => {
    const { token, payload = '' } = vector;
    const isDetached = typeof token === 'string' ? token.includes('..') : token.payload === undefined;
    const bytes = Buffer.from(payload, 'base64url');
    const verified = verifyJws(token, { keys: keysOf(vector), ...(isDetached ? { payload: bytes } : {}) });
    expect(Buffer.from(verified.payload)).toEqual(bytes);
  });

  const isRepeatable = (alg: string): boolean => ['HS', 'RS', 'Ed'].includes(alg.slice(0, 2));
  const ours = of('jws').filter(({ token, alg }) => {
    if (typeof token !== 'string' || token.includes('..') || !isRepeatable(String(alg))) return false;
    const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as object;
    return Object.keys(header).join() === 'alg,kid';
  });

  test.each(ours)('$id is, character for character, what we sign', vector => {
    const [key] = [keysOf(vector)].flat();
    expect(signJws(Buffer.from(vector.payload ?? '', 'base64url'), { key: key as SigningKey })).toBe(
      vector.token,
    );
  });

  test.each(of('jws', false))('$id is refused', vector => {
    expect(() => verifyJws(vector.token, { keys: keysOf(vector) })).toThrow(
      expect.objectContaining({ name: expect.stringMatching(/^(Token|Key)Error$/) }),
    );
  });
});

describe('JWT', () => {
  const check = (vector: Vector) =>
    createVerifier({
      keys: keysOf(vector),
      issuer: 'joe',
      audience: null,
      clock: () => (vector.now ?? 0) * 1000,
    }).check(vector.token as string);

  test.each(of('jwt'))('$id verifies', vector => {
    expect(check(vector)).toMatchObject({ ok: true, claims: vector.claims });
  });

  test.each(of('jwt', false))('$id is refused', vector => {
    const code = algsOf(vector).includes('none') ? 'ERR_TOKEN_ALG_NOT_ALLOWED' : 'ERR_TOKEN_EXPIRED';
    expect(check(vector)).toMatchObject({ ok: false, code });
  });
});

describe('JWK', () => {
  const isForSignatures = ({ key }: Vector): boolean => key?.use !== 'enc';
  const algFor = (jwk: Jwk): string | undefined =>
    jwk.alg ?? { RSA: 'RS256', oct: 'HS256', 'P-521': 'ES512', Ed25519: 'EdDSA' }[jwk.crv ?? jwk.kty];

  test.each(of('jwk').filter(isForSignatures))('$id is imported', ({ key }) => {
    const jwk = key as Jwk;
    const isPrivate = jwk.d !== undefined;
    expect(importJwk(jwk, algFor(jwk) as 'RS256').type).toBe(
      jwk.kty === 'oct' ? 'secret' : isPrivate ? 'private' : 'public',
    );
  });

  test.each(of('jwk').filter(vector => !isForSignatures(vector)))(
    '$id is for encryption and refused',
    ({ key }) => {
      expect(() => importJwk(key as Jwk, 'HS256')).toThrow(
        expect.objectContaining({ code: 'ERR_KEY_INVALID' }),
      );
    },
  );

  test('RFC 7517 A.1: of the set the key for signatures is taken, the one for encryption passed over', () => {
    const { key } = all.find(vector => vector.id === 'rfc7517-A.1') as Vector;
    expect(createKeySet(key as unknown as Jwks).keys.map(({ alg, kid }) => [alg, kid])).toEqual([
      ['RS256', '2011-04-29'],
    ]);
  });
});

describe('JWK Thumbprint', () => {
  test.each(of('thumbprint'))('$id', vector => {
    const jwk = vector.key as Jwk;
    expect(thumbprint(importJwk(jwk, jwk.kty === 'RSA' ? 'RS256' : undefined))).toBe(vector.thumbprint);
  });
});
