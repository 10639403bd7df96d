/** Keys of proofs that were seen before: as many as are allowed, the oldest goes first, long headers never come in. */
import { generateKey } from 'revocable';
import { expect, test } from 'vitest';
import { createProofKeys } from '#jose/proof-keys';

const [one, other] = [generateKey('ES256') as never, generateKey('ES256') as never];

test('are found by the very text, and stay what they were at first', () => {
  const keys = createProofKeys(3);
  keys.remember('a', one);
  keys.remember('a', other);
  expect(keys.recall('a')).toBe(one);
  expect(keys.recall('A')).toBeUndefined();
});

test('are bounded: the oldest makes room, and one that is known takes none', () => {
  const keys = createProofKeys(3);
  for (const header of ['a', 'b', 'c', 'a', 'd']) keys.remember(header, one);
  expect(['a', 'b', 'c', 'd'].map(header => keys.recall(header))).toEqual([undefined, one, one, one]);
});

test('of 1024 characters are kept, of more not', () => {
  const keys = createProofKeys(3);
  for (const length of [1024, 1025]) keys.remember('x'.repeat(length), one);
  expect(keys.recall('x'.repeat(1024))).toBe(one);
  expect(keys.recall('x'.repeat(1025))).toBeUndefined();
});
