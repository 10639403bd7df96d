/** RSA keys that say what they are for: PSS with its hash and salt, by RFC 4055. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Algorithm, findAlgorithm } from '#jose/algorithms';
import { plainRsa, pssBound } from '#jose/rsa-pss';

const row = (alg: string): Algorithm => findAlgorithm(alg) as Algorithm;
const plain = generateKeyPairSync('rsa', { modulusLength: 2048 });
const halves: readonly (readonly [string, KeyObject])[] = [
  ['private', plain.privateKey],
  ['public', plain.publicKey],
];
const sizes = { PS256: ['sha256', 32], PS384: ['sha384', 48], PS512: ['sha512', 64] } as const;

describe.each(halves)('the %s half', (type, half) => {
  test.each(Object.entries(sizes))(
    'bound to %s says hash, mask and salt, and is the same key',
    (alg, [hash, saltLength]) => {
      const bound = pssBound(half, row(alg));
      expect(bound.type).toBe(type);
      expect(bound.asymmetricKeyType).toBe('rsa-pss');
      expect(bound.asymmetricKeyDetails).toMatchObject({
        ...{ modulusLength: 2048, publicExponent: 65_537n },
        ...{ hashAlgorithm: hash, mgf1HashAlgorithm: hash, saltLength },
      });
      const back = plainRsa(bound, row(alg));
      expect(back.asymmetricKeyType).toBe('rsa');
      expect(back.equals(half)).toBe(true);
    },
  );

  test('that came as PKCS #1 is bound too', () => {
    const der = half.export({ format: 'der', type: 'pkcs1' });
    const options = { key: der as Buffer, format: 'der', type: 'pkcs1' } as const;
    const handle = type === 'private' ? createPrivateKey(options) : createPublicKey(options);
    expect(pssBound(handle, row('PS256')).asymmetricKeyType).toBe('rsa-pss');
  });

  test('bound to one hash contradicts another, and the other scheme', () => {
    const bound = pssBound(half, row('PS256'));
    for (const alg of ['PS384', 'PS512', 'RS256'])
      expect(() => plainRsa(bound, row(alg))).toThrow(expect.objectContaining({ code: 'ERR_KEY_INVALID' }));
    expect(() => plainRsa(bound, row('PS384'))).toThrow('bound to sha256, which PS384 contradicts');
  });

  test('of PSS without parameters fits every hash of PSS, and not the other scheme', () => {
    const pair = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
    const unbound = type === 'private' ? pair.privateKey : pair.publicKey;
    for (const alg of Object.keys(sizes)) expect(plainRsa(unbound, row(alg)).asymmetricKeyType).toBe('rsa');
    expect(() => plainRsa(unbound, row('RS256'))).toThrow('bound to PSS, which RS256 contradicts');
  });

  test('that is plain stays as it is', () => {
    for (const alg of ['RS256', 'PS256']) expect(plainRsa(half, row(alg))).toBe(half);
  });
});

test('what a bound key signs, a plain one checks with the same salt, and the reverse', () => {
  for (const [alg, [hash, saltLength]] of Object.entries(sizes)) {
    const [privateHalf, publicHalf] = [plain.privateKey, plain.publicKey].map(half =>
      pssBound(half, row(alg)),
    );
    const data = Buffer.from('data');
    const told = { padding: 6, saltLength };
    const byBound = sign(hash, data, privateHalf as KeyObject);
    expect(verify(hash, data, { key: plain.publicKey, ...told }, byBound)).toBe(true);
    const byPlain = sign(hash, data, { key: plain.privateKey, ...told });
    expect(verify(hash, data, publicHalf as KeyObject, byPlain)).toBe(true);
  }
});

test('a key that cannot be bound stays as it is', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  expect([pssBound(publicKey, row('PS256')), pssBound(privateKey, row('PS256'))]).toEqual([
    publicKey,
    privateKey,
  ]);
  const again = createPublicKey(createPrivateKey(plain.privateKey.export({ format: 'pem', type: 'pkcs8' })));
  expect(pssBound(again, row('PS256')).asymmetricKeyType).toBe('rsa-pss');
});
