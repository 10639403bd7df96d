/** Our claims on the wire, defined once: from any Claims Set to the stamps and scopes that the cut-offs judge. */
import { TokenClaimError } from '../errors.ts';
import { isStamp, type Stamps } from './cutoff.ts';
import { isIdentifier } from './scope.ts';
import type { Standing } from './standing.ts';

/** The claims that only the authority sets. A caller who gives one of them is refused. */
export const PROFILE_CLAIMS: readonly string[] = [
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'typ',
  'sid',
  'tid',
  'client_id',
  'scope',
  'modified_at',
  'refresh_modified_at',
];

/** What an issuer declares of its tokens; the feed names it, and a verifier configured otherwise is refused. */
export interface TokenProfile {
  readonly issuer: string;
  /** The version of the feed's format. */
  readonly format: number;
  /** Kinds of scope its cut-offs may have. */
  readonly scopes: readonly string[];
  /** Longest life of an access token and of a session, milliseconds. */
  readonly accessMaxMs: number;
  readonly refreshMaxMs: number;
  /** Added to each retention: twice the clocks' allowed disagreement, the largest `clockTolerance`, one second. */
  readonly leewayMs: number;
  /** Whether its tokens carry `modified_at`; else they are judged by `iat`. */
  readonly stamps: boolean;
  /**
   * The owner of the log, with an authority's proof of it: `owner.mac`. Whoever followed that log gives it back when the store has
   * another owner; nobody else can make a store believe that it had one before.
   */
  readonly ownerProof?: string;
}

export const FEED_FORMAT = 1;
/** How far the clocks of a store and its authorities may disagree. */
export const DELTA_MS = 2000;
/** The largest `clockTolerance` of a verifier that takes tokens back. */
export const MAX_TOLERANCE_MS = 60_000;
export const LEEWAY_MS: number = 2 * DELTA_MS + MAX_TOLERANCE_MS + 1000;
/** A token stamped further ahead than this was not stamped by our authority. */
const GUARD_MS = 60_000;
/** The clock error allowed to an issuer that gives no stamps. */
const FOREIGN_CLOCK_MS = 5000;

/** The key that proved the signature, whatever the token's header says. */
export interface ProvingKey {
  readonly kid?: string | undefined;
  readonly thumbprint?: string | undefined;
}

type Claims = Readonly<Record<string, unknown>>;

/**
 * How a verified token stands to the cut-offs. `typ` tells access from refresh, never which claims there are.
 * @throws {TokenClaimError} ERR_TOKEN_CLAIM for a stamp or identifier of the wrong type, form or range
 */
export function standingOf(
  claims: Claims,
  typ: string | undefined,
  key: ProvingKey,
  profile: TokenProfile,
): Standing {
  const foreign = profile.stamps ? undefined : foreignStamp(claims);
  return {
    kind: isRefresh(typ) ? 'refresh' : 'access',
    modifiedAt: foreign ?? stampClaim(claims, 'modified_at'),
    refreshModifiedAt: foreign ?? stampClaim(claims, 'refresh_modified_at'),
    kid: key.kid,
    thumbprint: key.thumbprint,
    tenant: tenantOf(claims.tid),
    subject: named(claims.sub, 'sub'),
    client: named(claims.client_id, 'client_id'),
    session: named(claims.sid, 'sid'),
    token: named(claims.jti, 'jti'),
  };
}

/** RFC 9068 writes `at+jwt`; ours for refresh tokens is `rt+jwt`. Media types compare without case, RFC 7515 section 4.1.9. */
export function isRefresh(typ: string | undefined): boolean {
  const name = typ?.toLowerCase();
  return name === 'rt+jwt' || name === 'application/rt+jwt';
}

function stampClaim(claims: Claims, name: string): number {
  const value = claims[name];
  if (value === undefined) throw new TokenClaimError(name, 'missing');
  if (!isStamp(value)) throw new TokenClaimError(name, 'invalid');
  return value;
}

/** Without stamps a token is as old as its `iat` says, less that issuer's clock error; without `iat`, as old as can be. */
function foreignStamp(claims: Claims): number {
  return typeof claims.iat === 'number' ? claims.iat * 1000 - FOREIGN_CLOCK_MS : 0;
}

const tenantOf = (value: unknown): string | undefined => (value === '' ? undefined : named(value, 'tid'));

function named(value: unknown, name: string): string | undefined {
  if (value === undefined) return undefined;
  if (!isIdentifier(value)) throw new TokenClaimError(name, 'invalid');
  return value;
}

/** Whether a stamp is further ahead of this time than our authority ever gives one. */
export const isAhead = (token: Stamps, profile: TokenProfile, timeMs: number): boolean =>
  profile.stamps && token.modifiedAt > timeMs + GUARD_MS;

/** @throws {TokenClaimError} ERR_TOKEN_CLAIM for a life above the declared maximum: our authority made no such token */
export function refuseLongLife(claims: Claims, { kind }: Stamps, profile: TokenProfile): void {
  if (!profile.stamps) return;
  const longest = kind === 'access' ? profile.accessMaxMs : profile.refreshMaxMs;
  const { exp, iat } = claims;
  if (typeof exp === 'number' && typeof iat === 'number' && (exp - iat) * 1000 > longest)
    throw new TokenClaimError('exp', 'invalid', 'The token lives longer than its issuer declares.');
}
