/** A token before the cut-offs that a replica knows. */
import { StoreError, TokenClaimError, TokenRevokedError } from '../errors.ts';
import { newestFinite, refusalOf } from './cutoff.ts';
import type { CutoffTable } from './cutoff-table.ts';
import { ageOf, isReady, type Knowledge } from './knowledge.ts';
import { isAhead, type ProvingKey, refuseLongLife, standingOf, type TokenProfile } from './profile.ts';
import { isClear, type Standing, scopesOf } from './standing.ts';

/** A token as a verifier has proved it. */
export interface ProvedToken {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly typ: string | undefined;
  readonly key: ProvingKey;
}

/**
 * @param maxAgeMs the greatest age of what is known
 * @throws {TokenRevokedError} ERR_TOKEN_REVOKED
 * @throws {TokenClaimError} ERR_TOKEN_CLAIM a stamp that is missing, malformed or from the future
 * @throws {StoreError} ERR_REPLICA_STALE
 */
export function judge(knowledge: Knowledge, token: ProvedToken, maxAgeMs: number): Standing {
  const { profile } = knowledge;
  const wallMs = knowledge.clock.wall();
  if (profile === undefined || !isReady(knowledge) || ageOf(knowledge, wallMs) > maxAgeMs)
    throw stale('The revocations have not been heard for too long to judge this token.');
  return judgeByKnown(knowledge, profile, token, wallMs);
}

/** By what is known, whole or not and however old: what this refuses is refused for ever; what it does not may still be cut off. */
export function judgeByKnown(
  { table }: Knowledge,
  profile: TokenProfile,
  { claims, typ, key }: ProvedToken,
  wallMs: number,
): Standing {
  if (claims['iss'] !== profile.issuer)
    throw stale('The revocations at hand are those of another issuer than the token names.');
  const standing = standingOf(claims, typ, key, profile);
  if (isAhead(standing, profile, wallMs)) refuseFuture(standing, profile, table);
  refuseLongLife(claims, standing, profile);
  if (!isClear(standing, table)) refuse(standing, table);
  return standing;
}

export const stale = (message: string): StoreError => new StoreError('ERR_REPLICA_STALE', message);

/** After a takeover stamps may lie as far ahead as the newest finite cut that applies. */
function refuseFuture(standing: Standing, profile: TokenProfile, table: CutoffTable): void {
  const cuts = scopesOf(standing).flatMap(scope => table.get(scope) ?? []);
  if (isAhead(standing, profile, newestFinite(cuts)))
    throw new TokenClaimError('modified_at', 'invalid', 'The claim "modified_at" lies in the future.');
}

function refuse(standing: Standing, table: CutoffTable): void {
  const refusal = refusalOf({ ...standing, scopes: scopesOf(standing) }, scope => table.get(scope));
  if (refusal !== undefined) throw new TokenRevokedError(refusal.scope, refusal.plane, refusal.action);
}
