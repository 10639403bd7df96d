/** One test named after each published advisory about signatures that were compared or decoded too leniently. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { createVerifier, publicKey, type SigningKey } from 'revocable';
import { describe, expect, test } from 'vitest';
import { b64, forge, headerOf } from './forge.ts';
import { keyOf } from './runtime.ts';

const any = { issuer: null, audience: null } as const;
const claims = { sub: 'admin', exp: 4_000_000_000 };
const codeOf = (token: string, keys: Parameters<typeof createVerifier>[0]['keys']): string => {
  const result = createVerifier({ keys, ...any }).check(token);
  return result.ok ? 'accepted' : result.code;
};
/** The token with its signature changed. */
const resigned = (token: string, change: (signature: Buffer) => Uint8Array): string => {
  const at = token.lastIndexOf('.') + 1;
  return `${token.slice(0, at)}${b64(Buffer.from(change(Buffer.from(token.slice(at), 'base64url'))))}`;
};
const zeros = (count: number): Buffer => Buffer.alloc(count);

describe('more than one spelling of a signature', () => {
  test.each(['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'])(
    'CVE-2020-14968, CVE-2020-14966: zeros before or behind a signature of %s, or before a half of it',
    alg => {
      const key = keyOf(alg) as SigningKey;
      const token = forge(key, headerOf(key), claims);
      expect(codeOf(token, key)).toBe('accepted');
      for (const change of [
        (signature: Buffer) => Buffer.concat([zeros(1), signature]),
        (signature: Buffer) => Buffer.concat([zeros(2), signature]),
        (signature: Buffer) => Buffer.concat([signature, zeros(1)]),
        (signature: Buffer) => Buffer.concat([signature.subarray(1)]),
        (signature: Buffer) =>
          Buffer.concat([zeros(1), signature.subarray(0, 32), zeros(1), signature.subarray(32)]),
      ])
        expect(codeOf(resigned(token, change), key)).toBe('ERR_TOKEN_SIGNATURE');
    },
  );

  test('CVE-2022-25898: characters that no signature has', () => {
    const key = keyOf('ES256') as SigningKey;
    const token = forge(key, headerOf(key), claims);
    const at = token.lastIndexOf('.') + 1;
    for (const character of ['\\', '"', ' ', '\n', '%', '=', '+', '/', '\0', 'é', '\u2028', '\ud800'])
      for (const place of [at, at + 40, token.length])
        expect(codeOf(`${token.slice(0, place)}${character}${token.slice(place)}`, key)).toBe(
          'ERR_TOKEN_MALFORMED',
        );
  });
});

describe('RSA signatures whose padding is not looked at', () => {
  const { publicKey: handle } = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
  const key = publicKey('RS256', handle);
  const input = `${b64('{"alg":"RS256"}')}.${b64(JSON.stringify(claims))}`;
  const digest = createHash('sha256').update(input).digest();
  const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

  /** The least number whose cube begins with these octets: a forgery where what follows them is not looked at. */
  function cubeRootOf(start: Buffer): Buffer {
    const target = BigInt(`0x${Buffer.concat([start, zeros(256 - start.length)]).toString('hex')}`);
    let [low, high] = [0n, 1n << 683n];
    while (low < high) {
      const middle = (low + high) >> 1n;
      if (middle ** 3n < target) low = middle + 1n;
      else high = middle;
    }
    return Buffer.from(low.toString(16).padStart(512, '0'), 'hex');
  }
  const cubeOf = (signature: Buffer): Buffer =>
    Buffer.from((BigInt(`0x${signature.toString('hex')}`) ** 3n).toString(16).padStart(512, '0'), 'hex');

  test.each([
    [
      'CVE-2006-4339, CVE-2022-24771: octets behind the hash',
      [0x00, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00],
    ],
    [
      'CVE-2021-30246: another block type, padding of anything',
      [0x00, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x00],
    ],
    ['no padding at all', [0x00, 0x01, 0x00]],
  ])('%s', (_name, padding) => {
    const start = Buffer.concat([Buffer.from(padding), DIGEST_INFO, digest]);
    const forgery = cubeRootOf(start);
    expect(cubeOf(forgery).subarray(0, start.length)).toEqual(start); // what a lenient check would look at
    expect(codeOf(`${input}.${b64(forgery)}`, key)).toBe('ERR_TOKEN_SIGNATURE');
  });
});
