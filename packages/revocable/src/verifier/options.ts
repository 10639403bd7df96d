/** The options of a verifier, checked once. What is dangerous to forget is required or an explicit null. */
import { ConfigError, refuseUnknown } from '../errors.ts';
import { type Expectations, findAlgorithm, type Keys, mediaType } from '../jose/index.ts';
import type { Replica } from '../revocation/index.ts';
import { type Duration, milliseconds, seconds, type WallClock } from '../time.ts';
import type { DpopOptions } from './dpop.ts';
import type { CacheOptions } from './proved-signatures.ts';
import type { Schema } from './schema.ts';

export interface VerifierOptions<Required extends string = string> {
  /** A key, an array of keys, a KeySet or a RemoteKeySet. */
  readonly keys: Keys;
  /** The issuers whose tokens are taken, or null for any. Required. */
  readonly issuer: string | readonly string[] | null;
  /** The audiences that this service is, or null for any. Required. */
  readonly audience: string | readonly string[] | null;
  /** Values of the header's `typ`, or null for any. @default absent, JWT or at+jwt */
  readonly typ?: string | readonly string[] | null;
  /** Narrows the algorithms of the keys. */
  readonly algorithms?: readonly string[];
  readonly subject?: string | readonly string[];
  /** @default 0 */
  readonly clockTolerance?: Duration;
  /** The greatest age by `iat`, which is then required. */
  readonly maxAge?: Duration;
  /** @default true */
  readonly requireExpiry?: boolean;
  /** In characters. @default 16384 */
  readonly maxTokenLength?: number;
  /** Claims that must be there; their type is then not optional. */
  readonly requiredClaims?: readonly Required[];
  /** The replica of that issuer, which refuses tokens that are cut off. */
  readonly revocation?: Replica;
  /** Remembers proved signatures, never verdicts: time, keys and cuts are judged at every call. @default none */
  readonly cache?: true | CacheOptions;
  /**
   * How DPoP proofs are judged. A token that is bound to a key (`cnf.jkt`) is taken only with one.
   * `null`: that is judged elsewhere, and here a bound token passes like any. @default without nonces
   */
  readonly dpop?: DpopOptions | null;
  /** Milliseconds, like Date.now. */
  readonly clock?: WallClock;
}

export interface SchemaOption<Output> {
  /** A synchronous Standard Schema; `claims` is its output. */
  readonly schema: Schema<Output>;
}

const OPTIONS: readonly string[] = [
  ...[
    'keys',
    'issuer',
    'audience',
    'typ',
    'algorithms',
    'subject',
    'clockTolerance',
    'maxAge',
    'requireExpiry',
  ],
  ...['maxTokenLength', 'requiredClaims', 'schema', 'revocation', 'cache', 'dpop', 'clock'],
];

/** Access tokens and plain ones; `undefined` is a header without `typ`. */
const DEFAULT_TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'at+jwt'];
const DEFAULT_MAX_LENGTH = 16_384;
/** What a cut-off outlives its tokens by allows for no more. */
const MOST_TOLERANCE_MS = 60_000;

/** The rules that the options make. */
export interface Rules {
  readonly types: readonly (string | undefined)[] | null;
  readonly algorithms: readonly string[] | null;
  readonly maxLength: number;
  readonly expectations: Expectations;
}

/**
 * @throws {ConfigError} ERR_CONFIG_INVALID
 */
export function rulesOf(options: VerifierOptions & Partial<SchemaOption<unknown>>): Rules {
  refuseUnknown(options, OPTIONS, 'createVerifier');
  const expectations = expectationsOf(options);
  if (options.revocation !== undefined) checkRevocation(options.revocation, expectations);
  return {
    types: options.typ === undefined ? DEFAULT_TYPES : (listOf(options.typ, 'typ')?.map(mediaType) ?? null),
    algorithms: algorithmsOf(options.algorithms),
    maxLength: maxLengthOf(options.maxTokenLength),
    expectations,
  };
}

function expectationsOf(options: VerifierOptions): Expectations {
  const { maxAge, requireExpiry = true, requiredClaims = [] } = options;
  if (typeof requireExpiry !== 'boolean') throw new ConfigError('"requireExpiry" is true or false.');
  if (!Array.isArray(requiredClaims) || requiredClaims.some(name => typeof name !== 'string'))
    throw new ConfigError('"requiredClaims" is an array of names.');
  return {
    issuers: required(options, 'issuer'),
    audiences: required(options, 'audience'),
    subjects: options.subject === undefined ? null : notNull(listOf(options.subject, 'subject'), 'subject'),
    required: [...requiredClaims, ...(requireExpiry ? ['exp'] : [])],
    toleranceMs: milliseconds(options.clockTolerance ?? 0, 'clockTolerance'),
    maxAgeMs: maxAge === undefined ? null : seconds(maxAge, 'maxAge') * 1000,
  };
}

function required(options: VerifierOptions, name: 'issuer' | 'audience'): readonly string[] | null {
  if (options[name] === undefined)
    throw new ConfigError(`"${name}" is missing: a text, an array of texts, or null to take tokens of any.`);
  return listOf(options[name], name);
}

function notNull(list: readonly string[] | null, name: string): readonly string[] {
  if (list === null) throw new ConfigError(`"${name}" is a text or an array of texts.`);
  return list;
}

/** Matchers are values: no regular expression ever runs over what a token says. */
function listOf(value: string | readonly string[] | null, name: string): readonly string[] | null {
  if (value === null) return null;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.some(one => typeof one !== 'string' || one === ''))
    throw new ConfigError(`"${name}" is a text that is not empty, an array of such texts, or null.`);
  return Object.freeze([...list]) as readonly string[];
}

function algorithmsOf(names: readonly string[] | undefined): readonly string[] | null {
  if (names === undefined) return null;
  if (!Array.isArray(names) || names.length === 0 || names.some(name => findAlgorithm(name) === undefined))
    throw new ConfigError('"algorithms" is an array of names such as "RS256"; "none" is not one.');
  return [...names];
}

function maxLengthOf(length: number | undefined): number {
  if (length === undefined) return DEFAULT_MAX_LENGTH;
  if (!(Number.isInteger(length) && length > 0))
    throw new ConfigError('"maxTokenLength" is a whole number of characters above 0.');
  return length;
}

function checkRevocation(revocation: Replica, { issuers, toleranceMs }: Expectations): void {
  if (typeof revocation !== 'object' || revocation === null || typeof revocation.judge !== 'function')
    throw new ConfigError('"revocation" is what followRevocations resolves with.');
  if (toleranceMs > MOST_TOLERANCE_MS)
    throw new ConfigError(
      '"clockTolerance" is 60 s at most together with "revocation": cut-offs are not kept for longer.',
    );
  const { issuer } = revocation; // not known while the feed has never been heard
  if (issuers === null || (issuer !== undefined && !issuers.includes(issuer)))
    throw new ConfigError(`"issuer" must name the issuer whose revocations these are: ${issuer}.`);
}
