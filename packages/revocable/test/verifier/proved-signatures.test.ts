/** The cache of proved signatures: faster, and otherwise as if it were not there. */
import {
  createKeySet,
  createSigner,
  createVerifier,
  generateKey,
  secretKey,
  TokenRevokedError,
} from 'revocable';
import { describe, expect, test } from 'vitest';
import { createProvedSignatures, type Proved } from '#verifier/proved-signatures';

const key = secretKey('HS256', new Uint8Array(32).fill(3), { kid: 'k' });
const any = { issuer: null, audience: null } as const;
const fresh = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
const sign = (claims: object = {}): string =>
  createSigner({ key, expiresIn: '5m', jwtId: true }).sign(claims as never);

test('a repeated token has the very claims of the first time', () => {
  const verifier = createVerifier({ keys: key, ...any, cache: true });
  const token = sign({ role: 'admin' });
  const first = verifier.verifySync(token);
  const second = verifier.verifySync(fresh(token));
  expect(second).toEqual(first);
  expect(second.claims).toBe(first.claims);
});

test('expiry is judged at every call', () => {
  let now = 1_000_000;
  const clock = () => now;
  const verifier = createVerifier({ keys: key, ...any, cache: true, clock });
  const token = createSigner({ key, expiresIn: 60, clock }).sign();
  expect(verifier.check(token).ok).toBe(true);
  now += 59_999;
  expect(verifier.check(token).ok).toBe(true);
  now += 1;
  expect(verifier.check(token)).toMatchObject({ code: 'ERR_TOKEN_EXPIRED' });
});

test('a cut after caching refuses', async () => {
  let cut = false;
  const revocation = {
    issuer: 'me',
    judge() {
      if (cut) throw new TokenRevokedError('u:u1', 's', 'login');
    },
  };
  const verifier = createVerifier({
    keys: key,
    issuer: 'me',
    audience: null,
    revocation: revocation as never,
    cache: true,
  });
  const token = sign({ iss: 'me' });
  expect(verifier.check(token).ok).toBe(true);
  cut = true;
  expect(verifier.check(token)).toMatchObject({ code: 'ERR_TOKEN_REVOKED', action: 'login' });
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_TOKEN_REVOKED' });
});

test('with its key goes what it proved', () => {
  const [old, next] = [generateKey('ES256', { kid: 'old' }), generateKey('ES256', { kid: 'next' })];
  const set = createKeySet([old]);
  const verifier = createVerifier({ keys: set, ...any, cache: true });
  const token = createSigner({ key: set, expiresIn: '5m' }).sign();
  expect(verifier.check(token).ok).toBe(true);
  set.add(next);
  set.retire('old');
  expect(verifier.check(token).ok).toBe(true);
  set.remove('old');
  expect(verifier.check(token)).toMatchObject({ code: 'ERR_KEY_NOT_FOUND' });
});

test('a refusal is not remembered, and no changed token passes for a known one', () => {
  const verifier = createVerifier({ keys: key, ...any, cache: true });
  const token = sign();
  verifier.verifySync(token);
  for (let at = 0; at < token.length; at++) {
    const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
    expect(verifier.check(changed).ok).toBe(false);
    expect(verifier.check(changed).ok).toBe(false);
  }
  expect(verifier.check(token).ok).toBe(true);
});

describe('bounds', () => {
  const random = { bytes: (count: number) => new Uint8Array(count).fill(5) };
  const proved = {} as Proved;
  const text = (n: number, length = 200): string =>
    `${String(n).padStart(length - 43, 'x')}${String(n).padStart(43, 's')}`;

  test('entries', () => {
    for (const maxEntries of [1, 3, 4, 64, 1000]) {
      const cache = createProvedSignatures({ maxEntries }, random);
      for (let n = 0; n < 5000; n++) cache.remember(text(n), 0, proved);
      expect(cache.size).toBeLessThanOrEqual(maxEntries);
      expect(cache.size).toBeGreaterThan(0);
      expect(cache.recall(text(4999), 0)).toBe(proved);
    }
  });

  test('bytes', () => {
    const cache = createProvedSignatures({ maxEntries: 1 << 16, maxBytes: 100_000 }, random);
    for (let n = 0; n < 5000; n++) {
      cache.remember(text(n, 100 + (n % 400)), 0, proved);
      expect(cache.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(cache.size).toBeGreaterThan(20);
    cache.remember(text(1, 100_000), 0, proved);
    expect(cache.recall(text(1, 100_000), 0)).toBeUndefined();
  });

  test('flooding one set pushes out that set alone', () => {
    const cache = createProvedSignatures({ maxEntries: 64 }, random);
    const others = Array.from({ length: 8 }, (_, n) => text(n));
    for (const other of others) cache.remember(other, 0, proved);
    const kept = others.filter(other => cache.recall(other, 0) !== undefined);
    const flood = (n: number): string =>
      `${String(n).padStart(176, 'f')}${'0123456789'.repeat(3).slice(0, 24)}`;
    for (let n = 0; n < 1000; n++) cache.remember(flood(n), 0, proved);
    expect(kept.filter(other => cache.recall(other, 0) !== undefined).length).toBeGreaterThanOrEqual(
      kept.length - 4,
    );
    expect(cache.size).toBeLessThanOrEqual(kept.length + 4);
    expect(cache.recall(flood(999), 0)).toBe(proved);
  });

  test('another epoch empties it', () => {
    const cache = createProvedSignatures(true, random);
    cache.remember(text(1), 7, proved);
    expect(cache.recall(text(1), 8)).toBeUndefined();
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });

  test('limits that are none are wrong use', () => {
    for (const cache of [{ maxEntries: 0 }, { maxBytes: -1 }, { maxEntries: 1.5 }, { ttl: 1 }, 7, false])
      expect(() => createVerifier({ keys: key, ...any, cache } as never)).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
      );
  });
});
