/** A Web Cryptography `CryptoKey` to a KeyObject, if its algorithm and usages allow what is wanted. */
import { KeyObject } from 'node:crypto';
import { KeyError } from '../errors.ts';
import type { Algorithm } from './algorithms.ts';

/** Structural, for a `CryptoKey` is a global whose type needs the DOM or `@types/node`. */
interface CryptoKeyShape {
  readonly algorithm: { readonly name: string; readonly hash?: { readonly name: string } };
  readonly usages: readonly string[];
}

/** Names of Web Cryptography, per scheme; `pure` ones carry the algorithm's or the curve's own name. */
const NAMES: Readonly<Record<Algorithm['scheme'], string | undefined>> = {
  hmac: 'HMAC',
  pkcs1: 'RSASSA-PKCS1-v1_5',
  pss: 'RSA-PSS',
  ecdsa: 'ECDSA',
  pure: undefined,
};

/**
 * The KeyObject, or undefined when the material is no CryptoKey.
 * @throws {KeyError} ERR_KEY_INVALID when its algorithm, hash or usages contradict
 */
export function cryptoKeyHandle(
  material: object,
  row: Algorithm,
  half: 'secret' | 'private' | 'public',
): KeyObject | undefined {
  const CryptoKey = (globalThis as { CryptoKey?: abstract new () => object }).CryptoKey;
  if (CryptoKey === undefined || !(material instanceof CryptoKey)) return undefined;
  const { algorithm, usages } = material as CryptoKeyShape;
  const name = NAMES[row.scheme] ?? algorithm.name;
  const hash = algorithm.hash?.name.replace('-', '').toLowerCase();
  if (algorithm.name !== name || (hash !== undefined && hash !== row.hash))
    throw new KeyError(
      'ERR_KEY_INVALID',
      `The CryptoKey is for ${algorithm.name} ${hash ?? ''}, which ${row.name} contradicts.`,
    );
  const usage = half === 'public' ? 'verify' : 'sign';
  if (!usages.includes(usage))
    throw new KeyError('ERR_KEY_INVALID', `The CryptoKey's usages do not have "${usage}".`);
  return KeyObject.from(material as Parameters<typeof KeyObject.from>[0]);
}
