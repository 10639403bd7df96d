/** `POST /refresh`: the cookie for a new access token. */
import { type Session, SessionError, TokenError } from 'revocable';
import { json } from '../answer.ts';
import { claimsOf, cookieOf, settingCookie } from '../browser-session.ts';
import type { Call } from '../call.ts';
import type { Parts } from '../parts.ts';
import { invalidGrant, isRefusedGrant } from '../refusal.ts';
import { countTokens } from '../sign-in.ts';
import { tokenAnswer } from '../token-answer.ts';

/** No refusal removes the cookie: a late one would remove another tab's new token. */
export async function refresh(call: Call, parts: Parts): Promise<Response> {
  const presented = cookieOf(call.request, parts.settings);
  try {
    if (presented === undefined) throw new TokenError('ERR_TOKEN_MISSING', 'No cookie was sent.');
    const pair = await parts.authority.refresh(presented, { claims: currentClaims(parts) });
    parts.metrics.refreshes.inc({ result: 'ok' });
    countTokens(parts, 'refresh_token');
    const isSame = pair.refreshToken === presented;
    return json(tokenAnswer(pair), 200, isSame ? {} : settingCookie(pair.refreshToken, parts.settings));
  } catch (error) {
    parts.metrics.refreshes.inc({ result: isRefusedGrant(error) ? 'refused' : 'failed' });
    throw isRefusedGrant(error) ? invalidGrant(401, error) : error;
  }
}

/** Looked up between begin and step, so that a role that was taken away is in no later token. */
export function currentClaims({
  accounts,
}: Parts): (session: Session) => Promise<Readonly<Record<string, unknown>>> {
  return async session => {
    const account = await accounts.get(session.subject);
    if (account === undefined || account.disabled)
      throw new SessionError('ERR_SESSION_NOT_FOUND', 'The account is gone or disabled.');
    return claimsOf(account);
  };
}
