/** The fingerprint of RSA moduli made by a flawed chip library (CVE-2017-15361, Nemec et al., CCS 2017). */

/** Such a modulus is a power of 65537 modulo every one of these primes; of others about one in 2^27 is. */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
];
const GENERATOR = 65_537;

export function hasRocaFingerprint(modulus: bigint): boolean {
  return PRIMES.every(prime => powersOfGenerator(prime).has(Number(modulus % BigInt(prime))));
}

function powersOfGenerator(prime: number): Set<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * (GENERATOR % prime)) % prime) powers.add(power);
  return powers;
}
