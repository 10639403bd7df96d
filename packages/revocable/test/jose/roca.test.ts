/** The ROCA fingerprint: all of its primes must agree (CVE-2017-15361). */
import { expect, test } from 'vitest';
import { hasRocaFingerprint } from '#jose/roca';

const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
];
const product = PRIMES.reduce((all, prime) => all * BigInt(prime), 1n);
/** The number below the product with this residue for one prime and that of 65537 ** power for the others. */
function moduloOf(power: number, odd?: { prime: number; residue: number }): bigint {
  let sum = 0n;
  for (const prime of PRIMES) {
    const p = BigInt(prime);
    const rest = product / p;
    const residue = odd?.prime === prime ? BigInt(odd.residue) : powerOf(65_537n, power, p);
    sum += residue * rest * powerOf(rest % p, prime - 2, p);
  }
  return sum % product;
}
function powerOf(base: bigint, exponent: number, modulus: bigint): bigint {
  let result = 1n;
  for (let i = 0; i < exponent; i++) result = (result * base) % modulus;
  return result;
}

test('every power of the generator has it, however large the modulus', () => {
  for (const power of [0, 1, 2, 3, 17, 100]) {
    expect(hasRocaFingerprint(moduloOf(power))).toBe(true);
    expect(hasRocaFingerprint(moduloOf(power) + product * (1n << 1800n))).toBe(true);
  }
});

test.each(PRIMES)('one that is no power modulo %i has not', prime => {
  const powers = new Set(
    Array.from({ length: prime }, (_, power) => Number(powerOf(65_537n, power, BigInt(prime)))),
  );
  const residues = Array.from({ length: prime }, (_, residue) => residue).filter(
    residue => !powers.has(residue),
  );
  expect(residues).toContain(0);
  for (const residue of residues.slice(0, 5))
    expect(hasRocaFingerprint(moduloOf(1, { prime, residue }))).toBe(false);
});
