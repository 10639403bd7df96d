/** createVerifier: shape, header, algorithm, key, signature, claims, cuts, in this order (RFC 7519 section 7.2, RFC 8725). */
import {
  type Action,
  ConfigError,
  type ErrorCode,
  RevocableError,
  refuseUnknown,
  TokenError,
} from '../errors.ts';
import {
  algNotAllowed,
  type Claims,
  type Compact,
  checkClaims,
  checkCritical,
  type KeySource,
  materialOf,
  notFound,
  parseClaims,
  parseCompact,
  proveCompact,
  sourceOf,
  type VerificationKey,
} from '../jose/index.ts';
import { systemRandom } from '../random.ts';
import type { Replica } from '../revocation/index.ts';
import { clockFrom, type WallClock } from '../time.ts';
import { createDpopChecks, type DpopJudge, type DpopRequest, type DpopTerms } from './dpop.ts';
import { confirmHolder } from './holder.ts';
import { type Rules, rulesOf, type SchemaOption, type VerifierOptions } from './options.ts';
import { createProvedSignatures, type Proved, type ProvedSignatures } from './proved-signatures.ts';
import { createSchemaCheck, type SchemaCheck } from './schema.ts';
import { type Verified, verified } from './verified.ts';

/** A claim that `requiredClaims` names is not optional. */
export type ClaimsWith<Required extends string> = [Required] extends [never]
  ? Claims
  : Claims & {
      readonly [Name in Required]: Name extends keyof Claims ? Exclude<Claims[Name], undefined> : unknown;
    };

export type Checked<T> =
  | ({ readonly ok: true } & Verified<T>)
  | { readonly ok: false; readonly error: RevocableError; readonly code: ErrorCode; readonly action: Action };

/** What came with a token. */
export interface VerifyOptions {
  /** A DPoP proof, and the request that it was sent with (RFC 9449). Tokens that are bound to a key need one. */
  readonly dpop?: DpopRequest | undefined;
}

export interface Verifier<T = Claims> {
  /**
   * The proof that the token is valid now; fetches a key that is not at hand.
   * @throws {TokenError} why it is refused
   * @throws {TokenProofError} ERR_TOKEN_PROOF, ERR_TOKEN_NONCE: the proof in `dpop` is refused
   * @throws {KeyError} ERR_KEY_NOT_FOUND, ERR_KEY_AMBIGUOUS, and ERR_JWKS_* for a key set that cannot be had
   * @throws {StoreError} ERR_REPLICA_STALE
   */
  verify(token: string | null | undefined, options?: VerifyOptions): Promise<Verified<T>>;
  /** The same at once; for a key that is not at hand ERR_KEY_NOT_FOUND, and its fetch begins. */
  verifySync(token: string | null | undefined, options?: VerifyOptions): Verified<T>;
  /** `verifySync` with its refusal as a value; wrong use still throws. */
  check(token: string | null | undefined, options?: VerifyOptions): Checked<T>;
  /** The issuers whose tokens it takes; null for any. */
  readonly issuers: readonly string[] | null;
  /** For challenges; absent where bindings are judged elsewhere. */
  readonly dpop?: DpopTerms;
}

/**
 * A verifier: options checked once, tokens many times.
 * @example
 * const verifier = createVerifier({ keys, issuer: 'https://auth.example', audience: 'api' })
 * const { claims } = await verifier.verify(token)
 * @throws {ConfigError} ERR_CONFIG_INVALID for options that are unknown, missing or contradict
 */
export function createVerifier<T>(options: VerifierOptions & SchemaOption<T>): Verifier<T>;
export function createVerifier<const Required extends string = never>(
  options: VerifierOptions<Required> & { readonly schema?: never },
): Verifier<ClaimsWith<Required>>;
export function createVerifier(options: VerifierOptions & Partial<SchemaOption<unknown>>): Verifier<unknown> {
  const rules = rulesOf(options);
  const now = clockOf(options.clock);
  const bench: Bench = {
    rules,
    source: sourceOf(options.keys),
    schema: options.schema === undefined ? undefined : createSchemaCheck(options.schema),
    revocation: options.revocation,
    cache: options.cache === undefined ? undefined : createProvedSignatures(options.cache, systemRandom),
    proofs: options.dpop === null ? null : createDpopChecks(options.dpop ?? {}, now),
    now,
  };
  const verifySync = (token: unknown, came?: VerifyOptions): Verified<unknown> =>
    judge(bench, proveNow(bench, token), token, came);
  return Object.freeze({
    verify: (token: unknown, came?: VerifyOptions) => verifyLater(bench, token, came),
    verifySync,
    check: (token: unknown, came?: VerifyOptions) => checked(() => verifySync(token, came)),
    issuers: rules.expectations.issuers,
    ...(bench.proofs && { dpop: bench.proofs.terms }),
  });
}

function clockOf(clock: WallClock | undefined): () => number {
  return clock === undefined ? Date.now : clockFrom(clock).wall;
}

/** What a verifier judges with. */
interface Bench {
  readonly rules: Rules;
  readonly source: KeySource;
  readonly schema: SchemaCheck<unknown> | undefined;
  readonly revocation: Replica | undefined;
  readonly cache: ProvedSignatures | undefined;
  readonly proofs: DpopJudge | null;
  readonly now: () => number;
}

async function verifyLater(
  bench: Bench,
  token: unknown,
  came: VerifyOptions | undefined,
): Promise<Verified<unknown>> {
  const proved = recall(bench, token) ?? (await proveLater(bench, token));
  const { revocation } = bench;
  if (revocation?.judgeLater === undefined) return judge(bench, proved, token, came);
  // Only for tokens that are good but for this: garbage and what has expired cost nobody a question.
  const {
    claims,
    key,
    protected: { header },
  } = proved;
  checkClaims(claims, bench.rules.expectations, bench.now());
  confirm(bench, claims, token, came);
  await revocation.judgeLater({ claims, typ: header.typ, key: materialOf(key).name }, token as string);
  return judge({ ...bench, revocation: undefined, proofs: null }, proved, token, came);
}

async function proveLater(bench: Bench, token: unknown): Promise<Proved> {
  const compact = open(bench.rules, token);
  const { alg, kid } = compact.protected.header;
  let keys = bench.source.find(alg, kid);
  if (keys.length === 0) {
    await bench.source.fetch?.(alg, kid);
    keys = bench.source.find(alg, kid);
  }
  return prove(bench, compact, keys);
}

function proveNow(bench: Bench, token: unknown): Proved {
  const known = recall(bench, token);
  if (known !== undefined) return known;
  const compact = open(bench.rules, token);
  const { alg, kid } = compact.protected.header;
  const keys = bench.source.find(alg, kid);
  if (keys.length === 0) void bench.source.fetch?.(alg, kid).catch(() => {});
  return prove(bench, compact, keys);
}

/** A token that was proved before, if its key is still one that would be tried. */
function recall({ cache, source }: Bench, token: unknown): Proved | undefined {
  if (cache === undefined || typeof token !== 'string') return undefined;
  const proved = cache.recall(token, source.epoch);
  if (proved === undefined) return undefined;
  const { alg, kid } = proved.protected.header;
  return source.find(alg, kid).includes(proved.key) ? proved : undefined;
}

/** Shape, header and algorithm. */
function open(rules: Rules, token: unknown): Compact {
  const compact = parseCompact(token, rules.maxLength);
  const { header, type, algorithm, isExtended } = compact.protected;
  if (isExtended) checkCritical(header, []);
  if (rules.types !== null && !rules.types.includes(type))
    throw new TokenError('ERR_TOKEN_TYPE', 'The header has another "typ" than this verifier takes.');
  if (algorithm === undefined) throw algNotAllowed(header.alg);
  if (rules.algorithms !== null && !rules.algorithms.includes(header.alg)) throw algNotAllowed(header.alg);
  return compact;
}

/** Key and signature; and the claims, which are of the right types or the token is refused. */
function prove({ cache, source }: Bench, compact: Compact, keys: readonly VerificationKey[]): Proved {
  if (keys.length === 0) throw notFound();
  const key = proveCompact(compact, keys);
  const claims = parseClaims(compact.text);
  const proved: Proved = { protected: compact.protected, claims, key, answer: undefined };
  cache?.remember(compact.token, source.epoch, proved);
  return proved;
}

/** Claims and cuts, at this moment. */
function judge(
  bench: Bench,
  proved: Proved,
  token: unknown,
  came: VerifyOptions | undefined,
): Verified<unknown> {
  const { rules, schema, revocation, now } = bench;
  const { claims } = proved;
  const { header } = proved.protected;
  const { name } = materialOf(proved.key);
  checkClaims(claims, rules.expectations, now());
  confirm(bench, claims, token, came);
  const output = schema === undefined ? undefined : schema(claims);
  revocation?.judge({ claims, typ: header.typ, key: name });
  if (schema !== undefined) return verified(header, output, name, claims);
  proved.answer ??= verified(header, claims, name, claims);
  return proved.answer;
}

/** Of most tokens nothing is asked but whether they have a `cnf`. */
function confirm({ proofs }: Bench, claims: Claims, token: unknown, came: VerifyOptions | undefined): void {
  if (claims['cnf'] === undefined && came === undefined) return;
  if (came !== undefined) refuseUnknown(came, ['dpop'], 'verify');
  confirmHolder(claims['cnf'], token as string, came?.dpop, proofs);
}

/** Internal to this room: a refusal as a value. */
export function checked<T>(verify: () => Verified<T>): Checked<T> {
  try {
    const result = verify();
    const { header, claims, key, tokenClaims } = result;
    const accepted = { ok: true, header, claims, key };
    if (tokenClaims !== undefined) Object.defineProperty(accepted, 'tokenClaims', { value: tokenClaims });
    return Object.freeze(accepted) as Checked<T>;
  } catch (error) {
    if (!(error instanceof RevocableError) || error instanceof ConfigError) throw error;
    return Object.freeze({ ok: false, error, code: error.code, action: error.action });
  }
}
