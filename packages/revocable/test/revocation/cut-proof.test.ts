/** Proofs of cut-offs: one text for one state, under one issuer and one key. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PROOF_BYTES, proofOf, provedText } from '#revocation/cut-proof';

const cut = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant(Number.MAX_SAFE_INTEGER));
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('u::1', 'u::1,1', 'u::"', '1', ''));
const state = fc.record({ scope: text, a: cut, r: cut, s: cut, at: cut, expires: cut });

test('24: two states, or two issuers, never have one text', () => {
  fc.assert(
    fc.property(state, state, text, text, (x, y, one, two) => {
      const isSame = one === two && JSON.stringify(x) === JSON.stringify(y);
      expect(provedText(x, one) === provedText(y, two)).toBe(isSame);
    }),
    { numRuns: 2000 },
  );
});

test('its MAC is 128 bits of HMAC with SHA-256, and depends on key and issuer', () => {
  const proved = { scope: 'u::ada', a: 1, r: 2, s: 3, at: 4, expires: 5 };
  const key = new TextEncoder().encode('a key of thirty-two bytes, no less');
  const proof = Buffer.from(proofOf(proved, { issuer: 'https://a.example', key })).toString('hex');
  expect(proof).toHaveLength(2 * PROOF_BYTES);
  expect(proof).toBe('2c6e252b6fedae87576955297a779f28');
  const others = [
    { issuer: 'https://b.example', key },
    { issuer: 'https://a.example', key: Uint8Array.of(...key, 0x21) },
  ];
  for (const other of others) expect(Buffer.from(proofOf(proved, other)).toString('hex')).not.toBe(proof);
});
