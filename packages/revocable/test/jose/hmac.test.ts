/** HMAC of two hashes is that of node:crypto, for any secret, message and hash. */
import crypto, { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { createSigner, createVerifier, importJwk, secretKey } from 'revocable';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Algorithm, findAlgorithm, type HmacAlgorithm } from '#jose/algorithms';
import { hmacKey, hmacText } from '#jose/hmac';
import { materialOf } from '#jose/key';
import { holdAscii } from '#jose/octets';
import { checkText, signText } from '#jose/signature';

const ALGORITHMS: readonly HmacAlgorithm[] = ['HS256', 'HS384', 'HS512'];
const hashOf = (alg: HmacAlgorithm): string => `sha${alg.slice(2)}`;
const nodes = (alg: HmacAlgorithm, secret: Uint8Array, message: Uint8Array | string): string =>
  createHmac(hashOf(alg), secret).update(message).digest('base64url');

function ours(alg: HmacAlgorithm, secret: Uint8Array, message: Uint8Array): string {
  const row = findAlgorithm(alg);
  const key = row === undefined ? undefined : hmacKey(row, secret);
  if (key === undefined) throw new Error('This runtime has no hash at one call.');
  return hmacText(key, Buffer.concat([key.inner, message]));
}

/** RFC 4231 sections 4.2 to 4.4 and 4.7 to 4.8: short and long secrets, longer than a block too. */
const PRINTED: readonly (readonly [secret: Buffer, message: Buffer, sha256: string])[] = [
  [
    Buffer.alloc(20, 0x0b),
    Buffer.from('Hi There'),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  ],
  [
    Buffer.from('Jefe'),
    Buffer.from('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    Buffer.alloc(20, 0xaa),
    Buffer.alloc(50, 0xdd),
    '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  ],
  [
    Buffer.alloc(131, 0xaa),
    Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
];

describe('the octets of a MAC', () => {
  test.each(PRINTED)('as RFC 4231 prints it, %#', (secret, message, printed) => {
    expect(Buffer.from(ours('HS256', secret, message), 'base64url').toString('hex')).toBe(printed);
  });

  test.each(ALGORITHMS)('%s: as node:crypto makes it, of any secret and message', alg => {
    const octets = fc.uint8Array({ minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(octets, fc.uint8Array({ maxLength: 300 }), (secret, message) => {
        expect(ours(alg, secret, message)).toBe(nodes(alg, secret, message));
      }),
    );
  });

  test.each(ALGORITHMS)('%s: at the edges of a block', alg => {
    for (const length of [1, 63, 64, 65, 127, 128, 129, 256]) {
      const octets = new Uint8Array(length).fill(0xc3);
      expect(ours(alg, octets, octets)).toBe(nodes(alg, octets, octets));
    }
  });
});

describe('the text that is held', () => {
  const keys = ALGORITHMS.flatMap(alg =>
    [1, 2].map(n => ({
      alg,
      secret: new Uint8Array(64).fill(n),
      key: materialOf(secretKey(alg, new Uint8Array(64).fill(n))),
    })),
  );

  test('one key after another, over texts of any length', () => {
    for (const length of [0, 1, 5, 69, 70, 133, 134, 16_384, 16_385, 50_000])
      for (const { alg, secret, key } of [...keys, ...keys.toReversed()]) {
        const text = 'x'.repeat(length);
        const signature = nodes(alg, secret, text);
        expect(signText(key, text)).toBe(signature);
        expect(checkText(key, `${text}.rest`, length, holdAscii(`${text}.rest`), signature)).toBe(true);
        expect(checkText(key, `${text}y`, length + 1, holdAscii(`${text}y`), signature)).toBe(false);
        expect(checkText(key, text, length, holdAscii(text), signature.slice(0, -1))).toBe(false);
        expect(checkText(key, text, length, holdAscii(text), `${signature}A`)).toBe(false);
      }
  });

  test('another text held meanwhile changes nothing', () => {
    for (const { alg, secret, key } of keys) {
      const hold = holdAscii('header.payload.signature');
      holdAscii('HEADER.PAYLOAD.SIGNATURE');
      expect(checkText(key, 'header.payload.signature', 14, hold, nodes(alg, secret, 'header.payload'))).toBe(
        true,
      );
      expect(checkText(key, 'header.payload.signature', 14, hold, nodes(alg, secret, 'HEADER.PAYLOAD'))).toBe(
        false,
      );
    }
  });
});

test('what key_ops forbid stays forbidden', () => {
  const k = Buffer.alloc(32, 7).toString('base64url');
  const signs = importJwk({ kty: 'oct', alg: 'HS256', k, key_ops: ['sign'] });
  const checks = importJwk({ kty: 'oct', alg: 'HS256', k, key_ops: ['verify'] });
  const token = createSigner({ key: signs as never, expiresIn: 60 }).sign();
  expect(() => signText(materialOf(checks), 'text')).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
  );
  expect(checkText(materialOf(signs), token, 1, holdAscii(token), 'AAAA')).toBe(false);
  expect(createVerifier({ keys: checks, issuer: null, audience: null }).check(token).ok).toBe(true);
});

describe('createHmac makes the MAC', () => {
  const row = findAlgorithm('HS256') as Algorithm;
  const secret = new Uint8Array(32).fill(9);
  const replaced = (name: 'hash' | 'getFips', value: unknown): void => {
    vi.spyOn(crypto, name as 'subtle', 'get').mockReturnValue(value as never);
  };
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('where the runtime has no hash at one call', () => {
    replaced('hash', undefined);
    expect(hmacKey(row, secret)).toBeUndefined();
    const key = materialOf(secretKey('HS256', secret));
    expect(signText(key, 'header.payload')).toBe(nodes('HS256', secret, 'header.payload'));
  });

  test('under FIPS 140, and there alone', () => {
    replaced('getFips', () => 1);
    expect(hmacKey(row, secret)).toBeUndefined();
    replaced('getFips', () => 0);
    expect(hmacKey(row, secret)).toMatchObject({ hash: 'sha256' });
    replaced('getFips', undefined);
    expect(hmacKey(row, secret)).toMatchObject({ hash: 'sha256' });
  });

  test('of nothing, where the algorithm has no hash', () => {
    expect(hmacKey(findAlgorithm('EdDSA') as Algorithm, secret)).toBeUndefined();
  });
});
