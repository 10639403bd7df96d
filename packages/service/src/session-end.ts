/** Ends the session of a refresh token, when it is one. */
import { SessionError, TokenError } from 'revocable';
import type { Parts } from './parts.ts';

/** A forged, old or unknown token ends nothing, and that is no error: there is nothing left to end. */
export async function endSessionOf(refreshToken: string | undefined, { authority }: Parts): Promise<boolean> {
  if (refreshToken === undefined) return false;
  try {
    return (await authority.revoke({ token: refreshToken })).known;
  } catch (error) {
    if (error instanceof TokenError || error instanceof SessionError) return false;
    throw error;
  }
}
