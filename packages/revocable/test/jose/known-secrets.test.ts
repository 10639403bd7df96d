/** The dictionary: some of each list, as other projects print them, and each way a phrase is written. */
import { expect, test } from 'vitest';
import { knownSecrets } from '#jose/known-secrets';

test('a phrase is written apart, together, with hyphens, with underscores, and those in capitals', () => {
  for (const secret of ['keyboard cat', 'keyboardcat', 'keyboard-cat', 'keyboard_cat', 'KEYBOARD_CAT'])
    expect(knownSecrets).toContain(secret);
  expect(knownSecrets).not.toContain('KEYBOARD-CAT');
  for (const secret of ['your-secret-key', 'my_secret', 'supersecretkey', 'JWT_SECRET', 'token-secret'])
    expect(knownSecrets).toContain(secret);
});

test.each([
  ...['your-256-bit-secret', 'your-384-bit-secret', 'your-512-bit-secret'],
  ...['a-string-secret-at-least-256-bits-long', 'my-32-character-ultra-secure-and-ultra-long-secret'],
  'a-valid-string-secret-that-is-at-least-384-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  'your-super-secret-jwt-token-with-at-least-32-characters-long',
  // RFC 7515 appendix A.1.1
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  ...['secret', 's3cr3t', 'shhhhh', 'default', 'foobar', 'undefined', 'key', 'P@ssw0rd', 'password'],
  ...['p@ssword', '12345678', '0123456789', '111111', 'qwerty', '1qaz2wsx', 'asdfghjkl', 'abc123', 'aaaaaa'],
  ...['admin', 'letmein', 'hello', 'nodejs', 'django', 'Hello, World!', 'database', 'localhost'],
])('everyone tries %s', secret => {
  expect(knownSecrets).toContain(secret);
});

test('32 octets, as a lazy one makes them', () => {
  for (const secret of [
    ...['0'.repeat(32), 'a'.repeat(32), 'x'.repeat(32)],
    ...['01234567890123456789012345678901', '12345678901234567890123456789012'],
  ])
    expect(knownSecrets).toContain(secret);
});

test('each is there once, and none is empty or two', () => {
  expect(new Set(knownSecrets).size).toBe(knownSecrets.length);
  for (const secret of knownSecrets) {
    expect(secret.trim()).not.toBe('');
    expect(secret).not.toContain('|');
  }
});
