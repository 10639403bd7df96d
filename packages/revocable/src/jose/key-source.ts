/** PORT: from a header to the keys that may have signed it, at hand or after a fetch; and the rule of choice. */
import type { KeyObject } from 'node:crypto';
import { ConfigError, KeyError, TokenError } from '../errors.ts';
import { findAlgorithm } from './algorithms.ts';
import {
  type ExternalKey,
  isKey,
  type KeyObjectLike,
  materialOf,
  type SigningKey,
  type VerificationKey,
} from './key.ts';

/** Where a `KeySet` keeps its `KeySource`. */
export const keySource: unique symbol = Symbol('revocable.keySource');

/** What has keys for a verifier: a `KeySet`, a `RemoteKeySet`. */
export interface HasKeySource {
  readonly [keySource]: KeySource;
}

export interface KeySource {
  /** Changes when a key is added, retired or removed. */
  readonly epoch: number;
  /**
   * The keys at hand that may have signed such a header; none when a fetch may find one.
   * @throws {TokenError} ERR_TOKEN_ALG_NOT_ALLOWED when none can ever have that algorithm
   * @throws {KeyError} ERR_KEY_AMBIGUOUS
   */
  find(alg: string, kid: string | undefined): readonly VerificationKey[];
  /** Resolves when another `find` is worth while; rejects with a KeyError. Absent where all keys are at hand. */
  fetch?(alg: string, kid: string | undefined): Promise<void>;
  /** The newest key that signs; absent where there are only public ones. */
  newest?(): SigningKey | ExternalKey | undefined;
}

/** What `keys` takes. */
export type Keys = VerificationKey | readonly VerificationKey[] | HasKeySource;

/** How many candidates are tried, so that no token makes verification many times as slow. */
const MOST_TRIED = 4;

/**
 * The source behind what a caller gave as `keys`.
 * @throws {ConfigError} ERR_CONFIG_INVALID
 */
export function sourceOf(keys: Keys): KeySource {
  if (typeof keys === 'object' && keys !== null && keySource in keys) return keys[keySource];
  const list: readonly unknown[] = Array.isArray(keys) ? keys : [keys];
  if (list.length === 0) throw new ConfigError('"keys" is empty.');
  const all = list.map(checkedKey);
  const [only] = all;
  if (all.length === 1 && only !== undefined) return { epoch: 0, find: oneKeyFinder(only, all) };
  return { epoch: 0, find: (alg, kid) => chooseKeys(all, alg, kid) };
}

/** The rule of choice where there is nothing to choose from. */
function oneKeyFinder(key: VerificationKey, all: readonly VerificationKey[]): KeySource['find'] {
  const { kidDefaulted } = materialOf(key);
  return (alg, kid) => {
    if (key.alg !== alg) throw algNotAllowed(alg);
    if (kid !== undefined && kid !== key.kid && !kidDefaulted) throw notFound();
    return all;
  };
}

function checkedKey(key: unknown): VerificationKey {
  if (!isKey(key))
    throw new ConfigError(
      '"keys" is a key, an array of keys, a KeySet or a RemoteKeySet; a bare text or byte array does not say its algorithm: use secretKey, publicKey or importJwk, and createKeySet for a JWK Set.',
    );
  if (materialOf(key).verifying === undefined)
    throw new ConfigError('The key_ops of a key in "keys" do not have "verify".');
  return key;
}

/**
 * Choice: the token's `alg`, then its `kid`; a `kid` that nobody gave refuses nothing.
 * @throws {TokenError} ERR_TOKEN_ALG_NOT_ALLOWED when no key is for that algorithm
 * @throws {KeyError} ERR_KEY_NOT_FOUND, ERR_KEY_AMBIGUOUS
 */
export function chooseKeys(
  keys: readonly VerificationKey[],
  alg: string,
  kid: string | undefined,
): readonly VerificationKey[] {
  const fitting = keys.filter(key => key.alg === alg);
  if (fitting.length === 0) throw keys.length === 0 ? notFound() : algNotAllowed(alg);
  const candidates = distinct(kid === undefined ? fitting : namedBy(kid, fitting));
  if (candidates.length === 0) throw notFound();
  if (candidates.length > MOST_TRIED || sharesKid(candidates)) throw ambiguous();
  return candidates;
}

function namedBy(kid: string, keys: readonly VerificationKey[]): readonly VerificationKey[] {
  const named = keys.filter(key => key.kid === kid);
  return named.length > 0 ? named : keys.filter(key => materialOf(key).kidDefaulted);
}

function distinct(keys: readonly VerificationKey[]): readonly VerificationKey[] {
  return keys.filter((key, at) => !keys.slice(0, at).some(other => sameKey(key, other)));
}

/** True when two keys check the same signatures. */
export function sameKey(a: VerificationKey, b: VerificationKey): boolean {
  if (a === b) return true;
  const first = materialOf(a);
  const second = materialOf(b);
  if (a.alg !== b.alg || first.thumbprint !== second.thumbprint) return false;
  return first.thumbprint !== undefined || sameSecret(first.verifying, second.verifying);
}

function sameSecret(a: KeyObjectLike | undefined, b: KeyObjectLike | undefined): boolean {
  return a !== undefined && b !== undefined && (a as KeyObject).equals(b as KeyObject);
}

function sharesKid(keys: readonly VerificationKey[]): boolean {
  return keys.some(
    (key, at) => key.kid !== undefined && keys.slice(0, at).some(other => other.kid === key.kid),
  );
}

/** The `alg` may be anything a stranger wrote, so it is named only where the table has it. */
export function algNotAllowed(alg: string): TokenError {
  const name = findAlgorithm(alg)?.name ?? 'in the header';
  return new TokenError('ERR_TOKEN_ALG_NOT_ALLOWED', `The algorithm ${name} is not that of any key here.`);
}

export function notFound(): KeyError {
  return new KeyError('ERR_KEY_NOT_FOUND', 'No key at hand has the algorithm and key ID of the token.');
}

function ambiguous(): KeyError {
  return new KeyError(
    'ERR_KEY_AMBIGUOUS',
    `More than ${MOST_TRIED} keys fit the token, or two different ones share its key ID.`,
  );
}
