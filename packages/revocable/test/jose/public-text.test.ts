/** What anyone may know is no secret: each form of a public key, where it begins, and what only resembles one. */
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { looksLikeKey } from '#jose/public-text';

const octets = (text: string): Uint8Array => Buffer.from(text);

test.each([
  '-----BEGIN PUBLIC KEY-----\nx',
  ' \n\t-----BEGIN CERTIFICATE-----',
  'ssh-ed25519 AAAA me@example',
  'ecdsa-sha2-nistp256 AAAA',
  '{"kty":"EC"}',
  ' {"keys":[{"kty":"RSA"}]}',
])('%j looks like a key', text => {
  expect(looksLikeKey(octets(text))).toBe(true);
});

test.each([
  ...['', 'x', 'a -----BEGIN PUBLIC KEY-----', 'an ssh-key', 'my ecdsa-sha2-key', '{"key":"x"}'],
  ...['"kty"', '["kty"]', '{', '-----END PUBLIC KEY-----'],
])('%j does not', text => {
  expect(looksLikeKey(octets(text))).toBe(false);
});

test('DER of a public key, whole, in both of its forms; and nothing else that is a SEQUENCE', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const spki = ec.export({ format: 'der', type: 'spki' });
  for (const der of [spki, rsa.export({ format: 'der', type: 'pkcs1' })]) {
    expect(looksLikeKey(der)).toBe(true);
    expect(looksLikeKey(new Uint8Array(der))).toBe(true);
    expect(looksLikeKey(der.subarray(0, -1))).toBe(false);
    expect(looksLikeKey(der.subarray(1))).toBe(false);
  }
  expect(looksLikeKey(Buffer.concat([Buffer.alloc(1), spki]))).toBe(false);
  expect(looksLikeKey(Uint8Array.of(0x30, 0))).toBe(false);
});
