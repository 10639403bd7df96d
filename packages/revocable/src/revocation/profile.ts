/** Our claims on the wire, defined once: from any Claims Set to the stamps and scopes that the cut-offs judge. */
import { TokenClaimError } from '../errors.ts';
import { type Bearing, isStamp } from './cutoff.ts';
import {
  clientScope,
  EVERYONE,
  isIdentifier,
  keyScope,
  type Scope,
  sessionScope,
  tenantScope,
  tokenScope,
  userScope,
} from './scope.ts';

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
 * The bearing of a verified token. `typ` tells access from refresh, never which claims there are.
 * @throws {TokenClaimError} ERR_TOKEN_CLAIM for a stamp or identifier of the wrong type, form or range
 */
export function bearingOf(
  claims: Claims,
  typ: string | undefined,
  key: ProvingKey,
  profile: TokenProfile,
): Bearing {
  const stamps = profile.stamps ? ownStamps(claims) : foreignStamps(claims);
  return { kind: isRefresh(typ) ? 'refresh' : 'access', ...stamps, scopes: scopesOf(claims, key) };
}

/** RFC 9068 writes `at+jwt`; ours for refresh tokens is `rt+jwt`. Media types compare without case, RFC 7515 section 4.1.9. */
export function isRefresh(typ: string | undefined): boolean {
  const name = typ?.toLowerCase();
  return name === 'rt+jwt' || name === 'application/rt+jwt';
}

function ownStamps(claims: Claims): { modifiedAt: number; refreshModifiedAt: number } {
  const modifiedAt = stampClaim(claims, 'modified_at');
  const refreshModifiedAt = stampClaim(claims, 'refresh_modified_at');
  return { modifiedAt, refreshModifiedAt };
}

function stampClaim(claims: Claims, name: string): number {
  const value = claims[name];
  if (value === undefined) throw new TokenClaimError(name, 'missing');
  if (!isStamp(value)) throw new TokenClaimError(name, 'invalid');
  return value;
}

/** Without stamps a token is as old as its `iat` says, less that issuer's clock error; without `iat`, as old as can be. */
function foreignStamps(claims: Claims): { modifiedAt: number; refreshModifiedAt: number } {
  const issued = typeof claims.iat === 'number' ? claims.iat * 1000 - FOREIGN_CLOCK_MS : 0;
  return { modifiedAt: issued, refreshModifiedAt: issued };
}

function scopesOf(claims: Claims, key: ProvingKey): Scope[] {
  const scopes = [EVERYONE];
  if (key.kid !== undefined) scopes.push(keyScope(key.kid));
  if (key.thumbprint !== undefined && key.thumbprint !== key.kid) scopes.push(keyScope(key.thumbprint));
  const tenant = named(claims, 'tid', true);
  const subject = named(claims, 'sub');
  if (tenant !== undefined) scopes.push(tenantScope(tenant));
  if (subject !== undefined) scopes.push(userScope(tenant, subject));
  add(scopes, clientScope, named(claims, 'client_id'));
  add(scopes, sessionScope, named(claims, 'sid'));
  add(scopes, tokenScope, named(claims, 'jti'));
  return scopes;
}

function add(scopes: Scope[], scopeOf: (name: string) => Scope, name: string | undefined): void {
  if (name !== undefined) scopes.push(scopeOf(name));
}

function named(claims: Claims, name: string, mayBeEmpty = false): string | undefined {
  const value = claims[name];
  if (value === undefined || (mayBeEmpty && value === '')) return undefined;
  if (!isIdentifier(value)) throw new TokenClaimError(name, 'invalid');
  return value;
}

/**
 * Refuses what our authority can not have made: a stamp from the future or a life above the declared maximum.
 * @param newestCut the newest finite cut that applies: after a takeover stamps may be that far ahead
 * @throws {TokenClaimError} ERR_TOKEN_CLAIM
 */
export function guard(
  claims: Claims,
  bearing: Bearing,
  profile: TokenProfile,
  wallMs: number,
  newestCut: number,
): void {
  if (!profile.stamps) return;
  if (bearing.modifiedAt > Math.max(wallMs, newestCut) + GUARD_MS)
    throw new TokenClaimError('modified_at', 'invalid', 'The claim "modified_at" lies in the future.');
  const longest = bearing.kind === 'access' ? profile.accessMaxMs : profile.refreshMaxMs;
  if (
    typeof claims.exp === 'number' &&
    typeof claims.iat === 'number' &&
    (claims.exp - claims.iat) * 1000 > longest
  )
    throw new TokenClaimError('exp', 'invalid', 'The token lives longer than its issuer declares.');
}
