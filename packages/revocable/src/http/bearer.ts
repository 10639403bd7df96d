/** The token of an `Authorization` header: RFC 6750 section 2.1, with the grammar of RFC 9110 section 11.4. */
import { RequestError } from '../errors.ts';

/** A header as a server hands it over; sent twice it is an array. */
export type HeaderValue = string | readonly string[] | undefined;

/** Schemes of tokens: RFC 6750 section 2.1, RFC 9449 section 7.1. */
export type TokenScheme = 'Bearer' | 'DPoP';

export interface Credentials {
  readonly scheme: TokenScheme;
  readonly token: string;
}

/**
 * The bearer token, unjudged; `undefined` where there is none, which includes another scheme such as Basic.
 * @throws {RequestError} ERR_REQUEST_INVALID for two headers, two tokens, or the scheme without a token
 */
export function bearerToken(authorization: HeaderValue): string | undefined {
  return credentialsOf(authorization, ['Bearer'])?.token;
}

/**
 * The token of one of these schemes; `undefined` where there is none.
 * @throws {RequestError} ERR_REQUEST_INVALID as `bearerToken`
 */
export function credentialsOf(
  authorization: HeaderValue,
  schemes: readonly TokenScheme[],
): Credentials | undefined {
  const header = onlyHeader(authorization);
  if (header === undefined) return undefined;
  const space = header.indexOf(' ');
  const name = (space === -1 ? header : header.slice(0, space)).toLowerCase();
  const scheme = schemes.find(each => each.toLowerCase() === name);
  if (scheme === undefined) return refuseSecond(header, schemes);
  const token = space === -1 ? '' : header.slice(space + 1).trim();
  if (token === '') throw new RequestError('ERR_REQUEST_INVALID', 'The Authorization header names no token.');
  // A comma is how an intermediary, and the Fetch API, join two headers into one (RFC 9110 section 5.3).
  if (token.includes(' ') || token.includes(','))
    throw new RequestError('ERR_REQUEST_INVALID', 'The Authorization header has more than one token.');
  return { scheme, token };
}

function onlyHeader(authorization: HeaderValue): string | undefined {
  if (authorization === undefined || typeof authorization === 'string') return authorization;
  if (authorization.length > 1)
    throw new RequestError('ERR_REQUEST_INVALID', 'There are two Authorization headers.');
  return authorization[0];
}

/** Basic credentials joined with a token by a comma are two headers, not another scheme. */
function refuseSecond(header: string, schemes: readonly TokenScheme[]): undefined {
  const parts = header.split(',').map(part => part.trim().toLowerCase());
  if (parts.some(part => schemes.some(scheme => part.startsWith(`${scheme.toLowerCase()} `))))
    throw new RequestError('ERR_REQUEST_INVALID', 'There are two Authorization headers.');
  return undefined;
}
