/** The world's signing keys: always the same ones, so that one seed makes one world. */
import { createKeySet, type KeySet, secretKey } from '#jose/index';

const SECRETS = ['first', 'second', 'third'].map((kid, i) =>
  secretKey('HS256', { utf8: `the ${kid} secret of the simulated world ${i}` }, { kid }),
);

/** The last one signs. */
export function keyPool(_: boolean, count: number): KeySet {
  return createKeySet(SECRETS.slice(0, count));
}
