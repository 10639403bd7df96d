/** Fresh keys: what they are, what may be asked of them, and that no two are the same. */
import {
  createSigner,
  createVerifier,
  exportJwk,
  exportPem,
  generateKey,
  type SigningKey,
  thumbprint,
} from 'revocable';
import { type Alg, generateKeyAsync } from 'revocable/jose';
import { describe, expect, test } from 'vitest';
import { materialOf } from '#jose/key';
import { lacking } from './runtime.ts';

const makers = [
  ['generateKey', async (alg: Alg, options: object) => generateKey(alg, options)],
  ['generateKeyAsync', async (alg: Alg, options: object) => generateKeyAsync(alg, options)],
] as const;
const bitsOf = (key: SigningKey): number =>
  Buffer.from(exportJwk(key)['n'] as string, 'base64url').length * 8;
const config = (text: string): object => ({
  code: 'ERR_CONFIG_INVALID',
  message: expect.stringContaining(text),
});

describe.each(makers)('%s', (name, make) => {
  test.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const)('%s: a secret as long as the hash, without a key ID of its own', async (alg, length) => {
    const [one, other] = [await make(alg, {}), await make(alg, { kid: 'k' })];
    expect(one).toMatchObject({ type: 'secret', alg, kid: undefined });
    expect(other.kid).toBe('k');
    const octets = [one, other].map(key => exportJwk(key, { private: true })['k'] as string);
    expect(octets[0]).not.toBe(octets[1]);
    expect(Buffer.from(octets[0] as string, 'base64url')).toHaveLength(length);
    const token = createSigner({ key: one, expiresIn: 60 }).sign();
    const verifierOf = (keys: typeof one) => createVerifier({ keys, issuer: null, audience: null });
    expect(verifierOf(one).check(token).ok).toBe(true);
    expect(verifierOf(other).check(token)).toMatchObject({ code: 'ERR_TOKEN_SIGNATURE' });
    expect(materialOf(one).kidDefaulted).toBe(true);
  });

  test('a pair on the curve of its algorithm, named by its thumbprint', async () => {
    for (const [alg, crv] of [
      ['ES256', 'P-256'],
      ['ES384', 'P-384'],
      ['EdDSA', 'Ed25519'],
      ['Ed448', 'Ed448'],
    ] as const) {
      const key = await make(alg, {});
      expect(key).toMatchObject({ type: 'private', alg, kid: thumbprint(key) });
      expect(exportJwk(key)['crv']).toBe(crv);
    }
    expect((await make('ES256', { kid: 'mine' })).kid).toBe('mine');
  });

  test('RSA of as many bits as are asked for', async () => {
    expect(bitsOf(await make('RS256', { modulusLength: 2056 }))).toBe(2056);
  });

  test('what nobody may ask', async () => {
    for (const modulusLength of [2047, 1024, 16_385, 2048.5, '2048', null, Number.NaN, -1])
      await expect(make('RS256', { modulusLength })).rejects.toMatchObject(config('from 2048 to 16384'));
    for (const alg of ['ES256', 'HS256', 'EdDSA'] as const)
      await expect(make(alg, { modulusLength: 2048 })).rejects.toMatchObject(config(`not for ${alg}`));
    for (const kid of ['', 7, null])
      for (const alg of ['HS256', 'ES256'] as const)
        await expect(make(alg, { kid })).rejects.toMatchObject(config('"kid"'));
    await expect(make('ES256', { size: 1 })).rejects.toMatchObject(config(`${name}`));
    for (const alg of ['none', 'es256', undefined])
      await expect(make(alg as never, {})).rejects.toMatchObject(config('The algorithm is one of'));
  });
});

test('an algorithm that this runtime lacks: what it is, and why', async () => {
  for (const alg of lacking)
    for (const [, make] of makers) {
      const made = make(alg, {});
      await expect(made).rejects.toThrow(`This runtime cannot make a key for ${alg}.`);
      await expect(made).rejects.toMatchObject({ code: 'ERR_KEY_INVALID', cause: expect.any(Error) });
    }
});

test('RSA has 2048 bits unless more are asked for', () => {
  expect(bitsOf(generateKey('RS256'))).toBe(2048);
  expect(bitsOf(generateKey('PS256', { modulusLength: 2048 }))).toBe(2048);
});

test('a private key is PKCS #8, and no two are the same', () => {
  const pems = [generateKey('EdDSA'), generateKey('EdDSA')].map(key => exportPem(key, { private: true }));
  expect(pems[0]).not.toBe(pems[1]);
});
