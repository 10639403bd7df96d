/** Key sets: what comes in, what is passed over, when the epoch moves, and which key signs. */
import {
  createKeySet,
  createSigner,
  decode,
  exportJwk,
  exportPem,
  externalKey,
  generateKey,
  importJwk,
  type Jwk,
  publicKey,
  secretKey,
} from 'revocable';
import { describe, expect, test } from 'vitest';
import { importJwks } from '#jose/key-set';
import { keySource } from '#jose/key-source';

const [first, second] = [generateKey('ES256', { kid: 'first' }), generateKey('ES256', { kid: 'second' })];
const half = publicKey('ES256', exportPem(first), { kid: 'first' });
const secret = secretKey('HS256', new Uint8Array(32).fill(1), { kid: 's' });
const oct = { kty: 'oct', alg: 'HS256', k: 'A'.repeat(43) } as Jwk;
const bare = (jwk: Jwk): Jwk => {
  const { alg: _, ...rest } = jwk;
  return rest as Jwk;
};
const refused = (make: () => unknown, code: string, words: string | RegExp = /./): void => {
  expect(make).toThrow(expect.objectContaining({ code }));
  expect(make).toThrow(words);
};

describe('the epoch', () => {
  test('moves when what is in the set changes, and only then', () => {
    const set = createKeySet([first]);
    const epochs = [set.epoch];
    const step = (change: () => unknown): boolean => {
      change();
      epochs.push(set.epoch);
      return epochs.at(-1) !== epochs.at(-2);
    };
    expect(step(() => set.add(first))).toBe(false);
    expect(step(() => set.add(second))).toBe(true);
    expect(step(() => set.retire('nobody'))).toBe(false);
    expect(step(() => set.retire('first'))).toBe(true);
    expect(step(() => set.remove('nobody'))).toBe(false);
    expect(step(() => set.remove(second))).toBe(true);
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
    expect(set[keySource].epoch).toBe(set.epoch);
    expect(set.keys).toEqual([first]);
  });

  test('what was done is told', () => {
    const set = createKeySet([first, second]);
    expect([set.retire('first'), set.retire('x'), set.remove(first), set.remove(first)]).toEqual([
      ...[true, false, true, false],
    ]);
  });
});

describe('a key', () => {
  test('comes in once; with another kid or the other half it is another', () => {
    const named = publicKey('ES256', exportPem(first), { kid: 'named' });
    expect(createKeySet([first, first, half, half, named]).keys).toEqual([first, half, named]);
  });

  test('is retired and removed by its kid, or by whatever checks the same signatures', () => {
    const set = createKeySet([first, half, second]);
    expect(set.remove(half)).toBe(true);
    expect(set.keys).toEqual([second]);
    const again = createKeySet([first, half, second]);
    again.remove('first');
    expect(again.keys).toEqual([second]);
  });

  test('is one of ours, and is named as such', () => {
    const set = createKeySet();
    expect(set.keys).toEqual([]);
    for (const key of [undefined, null, 'x', {}, exportJwk(first)])
      refused(() => set.add(key as never), 'ERR_CONFIG_INVALID', 'A KeySet holds keys');
    for (const key of [undefined, null, 7, {}])
      for (const named of [set.retire, set.remove])
        refused(() => named(key as never), 'ERR_CONFIG_INVALID', 'by itself or by its kid');
    refused(() => createKeySet([], { algorithm: 'ES256' } as never), 'ERR_CONFIG_INVALID', 'createKeySet');
  });
});

describe('the key that signs', () => {
  const kidOf = (set: ReturnType<typeof createKeySet>): string | undefined =>
    decode(createSigner({ key: set, expiresIn: 60 }).sign()).header.kid;

  test('is the last that can, and is not retired', () => {
    const set = createKeySet([first, second, publicKey('ES256', exportPem(second), { kid: 'public' })]);
    expect(kidOf(set)).toBe('second');
    set.retire(second);
    expect(kidOf(set)).toBe('first');
  });

  test('may lie elsewhere', async () => {
    const external = externalKey('ES256', exportPem(second), async () => new Uint8Array(64), { kid: 'hsm' });
    expect(createKeySet([first, external])[keySource].newest?.()).toBe(external);
  });

  test('a key whose key_ops forbid to check is not tried', () => {
    const onlySigns = importJwk({ ...oct, kid: 'o', key_ops: ['sign'] });
    const set = createKeySet([secret, onlySigns]);
    expect(set[keySource].find('HS256', undefined)).toEqual([secret]);
    expect(kidOf(set)).toBe('o');
  });
});

describe('of a JWK Set', () => {
  const jwks = (...keys: unknown[]): { keys: Jwk[] } => ({ keys: keys as Jwk[] });
  const algsOf = (...keys: unknown[]): string[] => createKeySet(jwks(...keys)).keys.map(({ alg }) => alg);
  const ec = exportJwk(first);

  test('unknown types, uses, curves and algorithms are passed over', () => {
    const others = [
      ...[{ ...ec, kty: 'XX' }, { ...ec, use: 'enc' }, { ...ec, alg: 'ES1' }, bare({ ...ec, crv: 'P-1' })],
      ...[{ kty: 'OKP', crv: 'X25519', x: 'AA' }, {}, { kty: 7 }],
    ];
    expect(algsOf(...others)).toEqual([]);
    expect(algsOf(ec, ...others)).toEqual(['ES256']);
    expect(algsOf({ ...ec, use: 'sig' })).toEqual(['ES256']);
  });

  test('without alg: of the curve, RS256, or the one that was given where the type fits', () => {
    const rsa = bare(exportJwk(generateKey('RS256')));
    const algWith = (jwk: Jwk, alg?: string): string | undefined =>
      createKeySet(jwks(jwk), alg === undefined ? {} : { alg: alg as 'RS256' }).keys[0]?.alg;
    expect(algWith(bare(ec))).toBe('ES256');
    expect(algWith(bare(ec), 'ES384')).toBe('ES256');
    expect(algWith(bare(ec), 'PS512')).toBe('ES256');
    expect([algWith(rsa), algWith(rsa, 'PS512'), algWith(rsa, 'ES256')]).toEqual(['RS256', 'PS512', 'RS256']);
    expect(algWith(bare(oct), 'HS256')).toBe('HS256');
    refused(() => algWith(bare(oct)), 'ERR_KEY_INVALID');
    refused(() => algWith(bare(oct), 'none'), 'ERR_CONFIG_INVALID');
  });

  test('that is none', () => {
    for (const set of [{}, { keys: {} }, { keys: [null] }, { keys: ['x'] }, null, 7])
      refused(() => createKeySet(set as never), 'ERR_JWKS_INVALID', 'object with an array "keys"');
  });

  test('secrets and key pairs are kept apart', () => {
    refused(() => createKeySet(jwks(oct, ec)), 'ERR_JWKS_INVALID', 'keep them apart');
    refused(() => createKeySet(jwks(ec, oct)), 'ERR_JWKS_INVALID', 'keep them apart');
    expect(algsOf(oct, { ...oct, kid: 'other' })).toEqual(['HS256', 'HS256']);
  });

  test('a key that cannot be used is an error, unless it came from elsewhere', () => {
    const broken = { ...ec, x: 'AA' } as Jwk;
    refused(() => createKeySet(jwks(broken)), 'ERR_KEY_INVALID');
    const fetched = (...keys: unknown[]): string[] =>
      importJwks(jwks(...keys), undefined, { secrets: 'passOver', unusable: 'passOver' }).map(
        ({ alg }) => alg,
      );
    expect(fetched(broken, oct, ec)).toEqual(['ES256']);
    refused(
      () => importJwks(jwks(broken), 'RS256', { secrets: 'passOver', unusable: 'throw' }),
      'ERR_KEY_INVALID',
    );
  });

  test('and to one: key pairs alone, without their private half', () => {
    const set = createKeySet([first, secret]);
    expect(set.toJwks()).toEqual({ keys: [{ ...ec, use: 'sig' }] });
    expect(Object.isFrozen(set)).toBe(true);
  });
});
