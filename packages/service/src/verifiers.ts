/** The services that follow the feed under a name, as their last probes described them. */
import type { AuthorityStatus } from 'revocable';
import type { Parts } from './parts.ts';

export interface VerifierStanding {
  readonly name: string;
  readonly state: 'live' | 'stale';
  readonly staleness_ms: number;
  readonly cursor: string | null;
  /** What it does with what it cannot check. */
  readonly when_stale: 'reject' | 'allow' | 'introspect';
}

export const verifiers = async ({ authority }: Parts): Promise<VerifierStanding[]> =>
  standingIn(await authority.status());

/** By the store's clock, which is the one that their probes were written down by. */
export function standingIn({ replicas, now }: Pick<AuthorityStatus, 'replicas' | 'now'>): VerifierStanding[] {
  return replicas
    .map(replica => {
      const staleness = Math.max(0, now - replica.seenAt);
      return {
        name: replica.name,
        state: staleness <= replica.maxStalenessMs ? ('live' as const) : ('stale' as const),
        staleness_ms: staleness,
        cursor: replica.applied ?? null,
        when_stale: replica.whenStale,
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}
