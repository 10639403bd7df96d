/** A token that a stale replica cannot judge: its issuer is asked (RFC 7662). Nothing of the answer outlives the moment. */
import { StoreError, TokenRevokedError } from '../errors.ts';
import { judgeByKnown, type ProvedToken } from './judgement.ts';
import type { Knowledge } from './knowledge.ts';
import { tokenScope } from './scope.ts';

/**
 * Whether the issuer says that a token is active.
 * @throws {StoreError} ERR_REPLICA_STALE when it cannot be asked now
 */
export type IsActive = (token: string) => Promise<boolean>;

/**
 * @param judgeNow judges by what is known, and throws ERR_REPLICA_STALE when that is too old
 * @throws {TokenRevokedError} ERR_TOKEN_REVOKED
 * @throws {StoreError} ERR_REPLICA_STALE
 */
export async function judgeByAsking(
  knowledge: Knowledge,
  { token, text }: { readonly token: ProvedToken; readonly text: string },
  judgeNow: (token: ProvedToken) => void,
  isActive: IsActive,
): Promise<void> {
  try {
    return judgeNow(token);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
  // A cut is for ever: what is known refuses at any age, and tokens of another issuer are nobody's to ask about.
  const { profile, clock } = knowledge;
  if (profile !== undefined) judgeByKnown(knowledge, profile, token, clock.wall());
  if (!(await isActive(text))) throw inactive(token);
}

/** The answer does not say why. It is of this one token, so its session may go on: a refresh tells. */
function inactive({ claims: { jti } }: ProvedToken): TokenRevokedError {
  return new TokenRevokedError(tokenScope(typeof jti === 'string' ? jti : ''), 'a', 'refresh');
}
