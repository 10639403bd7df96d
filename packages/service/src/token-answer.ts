/** The JSON of an answer with tokens: RFC 6749 section 5.1. */
import { decode, type TokenPair } from 'revocable';

type MintedToken = Pick<TokenPair, 'accessToken' | 'tokenType' | 'expiresIn'>;

export function tokenAnswer(minted: MintedToken): Record<string, unknown> {
  const { scope } = decode(minted.accessToken).claims;
  return {
    access_token: minted.accessToken,
    token_type: minted.tokenType,
    expires_in: minted.expiresIn,
    ...(typeof scope === 'string' && scope !== '' && { scope }),
  };
}

/** With the refresh token, the seconds until it ends unless it is used, and until the session ends whatever is done. */
export function pairAnswer(pair: TokenPair): Record<string, unknown> {
  return {
    ...tokenAnswer(pair),
    refresh_token: pair.refreshToken,
    refresh_token_timeout: pair.refreshExpiresIn,
    authorization_expires_in: pair.sessionExpiresIn,
  };
}
