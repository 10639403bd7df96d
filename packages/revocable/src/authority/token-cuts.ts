/** Counts the tokens of a session that were cut off one by one: beyond sixteen that live, its access tokens are cut off together. */
import type { WallClock } from '../time.ts';

export interface TokenCuts {
  /** Whether there are sixteen others of this session that were cut off and have not expired. Counts this one. */
  areMany(session: string, jti: string, expiresMs: number): boolean;
}

const MOST_OF_A_SESSION = 16;
/** Sessions remembered; of one that is forgotten the count begins anew. */
const MOST_SESSIONS = 10_000;

/**
 * Each process counts for itself. Tokens that are cut off have no session in the store, so its step would have to keep a counter
 * for each; what the bound is for does not need one. It keeps a loop of one account from filling every verifier's table, and with
 * several processes on one store that table holds sixteen tokens of the session for each of them, and at a restart sixteen more:
 * a bound all the same, and each of those entries is gone a lifetime of its token later.
 */
export function createTokenCuts(now: WallClock): TokenCuts {
  const sessions = new Map<string, Map<string, number>>();
  return {
    areMany(session, jti, expiresMs) {
      const tokens = sessions.get(session) ?? new Map<string, number>();
      for (const [each, expires] of tokens) if (expires <= now()) tokens.delete(each);
      const areMany = tokens.size >= MOST_OF_A_SESSION && !tokens.has(jti);
      if (!areMany) tokens.set(jti, expiresMs);
      sessions.delete(session);
      sessions.set(session, tokens);
      const [oldest] = sessions.keys();
      if (sessions.size > MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest);
      return areMany;
    },
  };
}
