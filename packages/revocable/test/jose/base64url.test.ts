/** Strict base64url (RFC 4648 section 5 as RFC 7515 section 2 uses it). */
import { expect, test } from 'vitest';
import { decodeBase64url, encodeBase64url } from '#jose/base64url';

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString('latin1');

test('the vectors of RFC 4648 section 10, without their padding', () => {
  const vectors = {
    '': '',
    f: 'Zg',
    fo: 'Zm8',
    foo: 'Zm9v',
    foob: 'Zm9vYg',
    fooba: 'Zm9vYmE',
    foobar: 'Zm9vYmFy',
  };
  for (const [plain, encoded] of Object.entries(vectors)) {
    expect(encodeBase64url(plain)).toBe(encoded);
    expect(encodeBase64url(Buffer.from(plain))).toBe(encoded);
    expect(text(decodeBase64url(encoded))).toBe(plain);
  }
});

test('a part of a larger buffer is encoded alone, and text as UTF-8', () => {
  const whole = Uint8Array.from([9, 9, 0xfb, 0xff, 9]);
  expect(encodeBase64url(whole.subarray(2, 4))).toBe('-_8');
  expect(encodeBase64url('€')).toBe('4oKs');
});

test('one spelling alone', () => {
  for (const bad of [
    'Zg==',
    'Zg=',
    'Zh',
    'Zm9',
    'Z',
    '+_8',
    '-/8',
    ' Zg',
    'Zg\n',
    'Z g',
    'Zm9vŁ',
    'Ł',
    '.',
    'Zm9v=',
  ])
    expect(decodeBase64url(bad)).toBeUndefined();
});
