/** What a store keeps how long beyond its use. */
import { signingKey } from '../keys/index.ts';
import type { KeyRow, ReplicaRow } from '../store.ts';

/** Rows that one `purge` removes at most. */
export const PURGED_AT_ONCE = 500;

/** A session that is over is kept a day, so that its holder hears "expired" rather than "unknown". */
export const KEEP_ENDED_MS = 86_400_000;

/** A replica that refuses by itself when stale is forgotten a day after its last probe; one that allows never lapses. */
export function isLapsed(row: ReplicaRow, now: number): boolean {
  return row.whenStale !== 'allow' && row.seenAt + row.maxStalenessMs + KEEP_ENDED_MS <= now;
}

/** The key that signs: when it changes, verifiers should fetch the JWK Set. */
export function signingKid(rows: readonly KeyRow[]): string | undefined {
  return signingKey(rows)?.kid;
}
