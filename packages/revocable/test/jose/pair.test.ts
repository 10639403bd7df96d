/** Keys around the halves of a pair: they belong together, and are bound to what they are for. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Alg, privateKey } from 'revocable/jose';
import { describe, expect, test } from 'vitest';
import { materialOf } from '#jose/key';
import { algorithmRow } from '#jose/key-rules';
import { asymmetricRow, checkKid, privateFrom, publicParts } from '#jose/pair';
import { thumbprintOf } from '#jose/thumbprint';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const made = (half: KeyObject, alg: Alg, options = {}, kid?: string) =>
  privateFrom(half, algorithmRow(alg), options, kid);
const refused = (make: () => unknown, code: string, words: string): void => {
  expect(make).toThrow(expect.objectContaining({ code }));
  expect(make).toThrow(words);
};
const typesOf = (alg: Alg, half: KeyObject): unknown[] => {
  const { signing, verifying } = materialOf(made(half, alg));
  return [signing, verifying].map(one => {
    const { type, asymmetricKeyType } = one as unknown as KeyObject;
    return [type, asymmetricKeyType];
  });
};

describe('a private key', () => {
  test('has both halves, the length of its signatures, and names', () => {
    const key = made(ec.privateKey, 'ES256');
    expect(key).toMatchObject({ type: 'private', alg: 'ES256', kid: thumbprintOf(ec.publicKey) });
    expect(materialOf(key)).toMatchObject({ signatureLength: 64, thumbprint: key.kid, kidDefaulted: true });
    expect(made(ec.privateKey, 'ES256', { kid: 'given' }, 'jwk').kid).toBe('given');
    expect(made(ec.privateKey, 'ES256', {}, 'jwk').kid).toBe('jwk');
    expect(materialOf(made(ec.privateKey, 'ES256', {}, 'jwk')).kidDefaulted).toBe(false);
  });

  test('is bound to PSS where it is for PSS, and to nothing elsewhere', () => {
    expect(typesOf('PS256', rsa.privateKey)).toEqual([
      ['private', 'rsa-pss'],
      ['public', 'rsa-pss'],
    ]);
    expect(typesOf('RS256', rsa.privateKey)).toEqual([
      ['private', 'rsa'],
      ['public', 'rsa'],
    ]);
    const bound = publicParts(rsa.publicKey, algorithmRow('PS384'), {}).verifying;
    expect(bound.asymmetricKeyDetails).toMatchObject({ hashAlgorithm: 'sha384', saltLength: 48 });
    expect(publicParts(rsa.publicKey, algorithmRow('RS256'), {}).verifying).toBe(rsa.publicKey);
  });

  /** Undefined where the runtime sees it too: Node 26. */
  function handleOf(jwk: never): KeyObject | undefined {
    try {
      return createPrivateKey({ key: jwk, format: 'jwk' });
    } catch {
      return undefined;
    }
  }

  test('whose halves do not belong together is none', () => {
    const jwk = rsa.privateKey.export({ format: 'jwk' });
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
    const even = Buffer.from(jwk.n as string, 'base64url');
    even[even.length - 1] = 2;
    const unusable = { n: even.toString('base64url') }; // OpenSSL cannot reckon with it at all, and throws
    for (const members of [{ n: other.n }, { d: other.d, dp: other.dp, dq: other.dq }, unusable]) {
      const wrong = { ...jwk, ...members } as never;
      const key = handleOf(wrong);
      if (key === undefined)
        refused(() => privateKey('RS256', wrong), 'ERR_KEY_INVALID', 'is no private key');
      else refused(() => made(key, 'RS256'), 'ERR_KEY_INVALID', 'does not belong to its private half');
    }
  });
});

test('a short modulus is taken where that is allowed, by true alone', () => {
  for (const take of [
    (options: object) => materialOf(made(weak.privateKey, 'RS256', options)).signatureLength,
    (options: object) => publicParts(weak.publicKey, algorithmRow('RS256'), options).signatureLength,
  ]) {
    expect(take({ allowWeak: true })).toBe(128);
    for (const allowWeak of [undefined, false, 1, 'true'])
      refused(() => take({ allowWeak }), 'ERR_KEY_TOO_WEAK', '2048 bits or more');
  }
});

test('the algorithm is one of pairs', () => {
  expect(asymmetricRow('ES256', 'maker').name).toBe('ES256');
  refused(
    () => asymmetricRow('HS256', 'maker'),
    'ERR_CONFIG_INVALID',
    'maker makes keys of key pairs; for HS256',
  );
  refused(() => asymmetricRow('none' as never, 'maker'), 'ERR_CONFIG_INVALID', 'is one of');
});

test('a key ID is a text that is not empty, or there is none', () => {
  expect([checkKid('x'), checkKid(undefined)]).toEqual(['x', undefined]);
  for (const kid of ['', 7, null, {}, ['x']])
    refused(() => checkKid(kid as never), 'ERR_CONFIG_INVALID', '"kid" is a text that is not empty');
});
