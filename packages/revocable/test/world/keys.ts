/** The world's signing keys: always the same ones, so that one seed makes one world. */
import { createKeySet, generateKey, type KeySet, type SigningKey, secretKey } from '#jose/index';

const SECRETS = ['first', 'second', 'third'].map((kid, i) =>
  secretKey('HS256', { utf8: `the ${kid} secret of the simulated world ${i}` }, { kid }),
);

/** Pairs of a curve, which cost a hundred times as much; no trace says what they sign with. */
let pairs: readonly SigningKey[] | undefined;

/** The last one signs. */
export function keyPool(isReal: boolean, count: number): KeySet {
  if (!isReal) return createKeySet(SECRETS.slice(0, count));
  pairs ??= ['first', 'second', 'third'].map(kid => generateKey('Ed25519', { kid }));
  return createKeySet(pairs.slice(0, count));
}
