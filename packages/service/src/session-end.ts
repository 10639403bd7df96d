/** Ends the session of a refresh token, when it is one. */
import type { Parts } from './parts.ts';
import { isRefusedGrant } from './refusal.ts';

/** A forged, old or unknown token ends nothing, and that is no error: there is nothing left to end. */
export async function endSessionOf(refreshToken: string | undefined, { authority }: Parts): Promise<boolean> {
  if (refreshToken === undefined) return false;
  try {
    return (await authority.revoke({ token: refreshToken })).known;
  } catch (error) {
    if (isRefusedGrant(error)) return false;
    throw error;
  }
}
