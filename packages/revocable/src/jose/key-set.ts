/** Keys that come and go: JWK Set, RFC 7517 section 5. */
import { ConfigError, KeyError, refuseUnknown } from '../errors.ts';
import { type Alg, type Algorithm, algorithmOfCurve, findAlgorithm } from './algorithms.ts';
import { publishedJwk } from './export-key.ts';
import { importJwk } from './import-key.ts';
import type { Jwk, Jwks } from './jwk.ts';
import { type ExternalKey, isKey, materialOf, type SigningKey, type VerificationKey } from './key.ts';
import { algorithmRow } from './key-rules.ts';
import { chooseKeys, type HasKeySource, type KeySource, keySource, sameKey } from './key-source.ts';

export interface KeySet extends HasKeySource {
  /** Adds a key; the newest one that signs is what a signer uses. A key that is there already stays where it is. */
  add(key: VerificationKey): void;
  /** The key signs no more; it still verifies and stays in `toJwks()`. Returns whether there was one. */
  retire(key: VerificationKey | string): boolean;
  /** The key is gone: what it signed is refused from now on, cached or not. Returns whether there was one. */
  remove(key: VerificationKey | string): boolean;
  /** The public halves, retired ones too; secrets never. */
  toJwks(): Jwks;
  /** Keys in the order of their adding. */
  readonly keys: readonly VerificationKey[];
  /** Grows with each change. */
  readonly epoch: number;
}

export interface KeySetOptions {
  /** For RSA keys (or secrets, if it is for HMAC) of a JWK Set that name no `alg`. @default 'RS256' */
  readonly alg?: Alg;
}

/**
 * A set of keys, from keys or from a JWK Set.
 * Of a JWK Set, keys with `use: "enc"`, of an unknown type, curve or algorithm are passed over.
 * @throws {KeyError} ERR_JWKS_INVALID; ERR_KEY_INVALID and ERR_KEY_TOO_WEAK for a key of it
 * @throws {ConfigError} ERR_CONFIG_INVALID for what is no key, and for an unknown `alg`
 */
export function createKeySet(
  keys: readonly VerificationKey[] | Jwks = [],
  options: KeySetOptions = {},
): KeySet {
  refuseUnknown(options, ['alg'], 'createKeySet');
  if (options.alg !== undefined) algorithmRow(options.alg);
  const initial = Array.isArray(keys)
    ? (keys as readonly VerificationKey[])
    : importJwks(keys as Jwks, options.alg);
  const members: Member[] = [];
  let epoch = 0;
  const source: KeySource = {
    get epoch() {
      return epoch;
    },
    find: (alg, kid) => chooseKeys(verifying(members), alg, kid),
    newest: () => newest(members),
  };
  const set: KeySet = {
    add(key) {
      if (insert(members, key)) epoch++;
    },
    retire(key) {
      const found = matching(members, key);
      for (const member of found) member.retired = true;
      if (found.length > 0) epoch++;
      return found.length > 0;
    },
    remove(key) {
      const found = matching(members, key);
      for (const member of found) members.splice(members.indexOf(member), 1);
      if (found.length > 0) epoch++;
      return found.length > 0;
    },
    toJwks: () => ({
      keys: members.map(member => publishedJwk(member.key)).filter(jwk => jwk !== undefined),
    }),
    get keys() {
      return members.map(member => member.key);
    },
    get epoch() {
      return epoch;
    },
    [keySource]: source,
  };
  for (const key of initial) set.add(key);
  return Object.freeze(set);
}

interface Member {
  readonly key: VerificationKey;
  retired: boolean;
}

function insert(members: Member[], key: VerificationKey): boolean {
  if (!isKey(key))
    throw new ConfigError(
      'A KeySet holds keys that this library made: use importJwk, publicKey, privateKey or secretKey.',
    );
  if (
    members.some(
      member => member.key.kid === key.kid && member.key.type === key.type && sameKey(member.key, key),
    )
  )
    return false;
  members.push({ key, retired: false });
  return true;
}

function matching(members: readonly Member[], key: VerificationKey | string): Member[] {
  if (typeof key === 'string') return members.filter(member => member.key.kid === key);
  if (!isKey(key)) throw new ConfigError('A key of a KeySet is named by itself or by its kid.');
  return members.filter(member => sameKey(member.key, key));
}

function verifying(members: readonly Member[]): VerificationKey[] {
  return members.filter(member => materialOf(member.key).verifying !== undefined).map(member => member.key);
}

function newest(members: readonly Member[]): SigningKey | ExternalKey | undefined {
  const signs = (member: Member): boolean => {
    const { signing, external } = materialOf(member.key);
    return !member.retired && (signing !== undefined || external !== undefined);
  };
  return members.findLast(signs)?.key as SigningKey | ExternalKey | undefined;
}

/** What a set does with a key it cannot use: a local set says so, a remote one goes on without it. */
export interface JwksPolicy {
  readonly secrets: 'take' | 'passOver';
  readonly unusable: 'throw' | 'passOver';
}
const LOCAL: JwksPolicy = { secrets: 'take', unusable: 'throw' };

/**
 * The usable keys of a JWK Set.
 * @throws {KeyError} ERR_JWKS_INVALID when it is none
 */
export function importJwks(
  jwks: { readonly keys?: unknown },
  setAlg: Alg = 'RS256',
  policy: JwksPolicy = LOCAL,
): VerificationKey[] {
  algorithmRow(setAlg);
  const list = typeof jwks === 'object' && jwks !== null ? jwks.keys : undefined;
  if (!Array.isArray(list) || list.some(jwk => typeof jwk !== 'object' || jwk === null))
    throw new KeyError('ERR_JWKS_INVALID', 'A JWK Set is an object with an array "keys" of JWKs.');
  const jwkList = list as Jwk[];
  if (policy.secrets === 'take') refuseMixed(jwkList);
  return jwkList.map(jwk => importMember(jwk, setAlg, policy)).filter(key => key !== undefined);
}

/** Whoever may see the public keys of a set would see its secrets, and a secret in it could pass for a public key. */
function refuseMixed(list: readonly Jwk[]): void {
  if (list.some(jwk => jwk.kty === 'oct') && list.some(jwk => jwk.kty !== 'oct'))
    throw new KeyError(
      'ERR_JWKS_INVALID',
      'The JWK Set mixes secrets with keys of key pairs: keep them apart.',
    );
}

const KNOWN_TYPES = ['oct', 'RSA', 'EC', 'OKP', 'AKP'];

/** RFC 7517 section 5: a key of a type, or for a use, that is not understood is passed over. */
function importMember(jwk: Jwk, setAlg: Alg, policy: JwksPolicy): VerificationKey | undefined {
  if (!KNOWN_TYPES.includes(jwk.kty) || jwk.use === 'enc') return undefined;
  if (jwk.kty === 'oct' && policy.secrets === 'passOver') return undefined;
  const row = jwk.alg === undefined ? impliedRow(jwk, setAlg) : findAlgorithm(jwk.alg);
  if (row === undefined && (jwk.alg !== undefined || jwk.kty !== 'oct')) return undefined;
  try {
    return importJwk(jwk, row?.name);
  } catch (error) {
    if (policy.unusable === 'passOver' && error instanceof KeyError) return undefined;
    throw error;
  }
}

/** Of its curve, or the set's where that is for its type; RSA is RS256 then. */
function impliedRow(jwk: Jwk, setAlg: Alg): Algorithm | undefined {
  const row = findAlgorithm(setAlg);
  if (row?.kty === jwk.kty && row.curves.length === 0) return row;
  return jwk.kty === 'RSA' ? findAlgorithm('RS256') : algorithmOfCurve(jwk.crv);
}
