/** The token of an `Authorization` header: RFC 6750 section 2.1, with the grammar of RFC 9110 section 11.4. */
import { RequestError } from '../errors.ts';

/** A header as a server hands it over; sent twice it is an array. */
export type HeaderValue = string | readonly string[] | undefined;

/**
 * The bearer token, unjudged; `undefined` where there is none, which includes another scheme such as Basic.
 * @throws {RequestError} ERR_REQUEST_INVALID for two headers, two tokens, or the scheme without a token
 */
export function bearerToken(authorization: HeaderValue): string | undefined {
  const header = onlyHeader(authorization);
  if (header === undefined) return undefined;
  const space = header.indexOf(' ');
  const scheme = space === -1 ? header : header.slice(0, space);
  if (scheme.toLowerCase() !== 'bearer') return refuseSecond(header);
  const token = space === -1 ? '' : header.slice(space + 1).trim();
  if (token === '') throw new RequestError('ERR_REQUEST_INVALID', 'The Authorization header names no token.');
  // A comma is how an intermediary, and the Fetch API, join two headers into one (RFC 9110 section 5.3).
  if (token.includes(' ') || token.includes(','))
    throw new RequestError('ERR_REQUEST_INVALID', 'The Authorization header has more than one token.');
  return token;
}

function onlyHeader(authorization: HeaderValue): string | undefined {
  if (authorization === undefined || typeof authorization === 'string') return authorization;
  if (authorization.length > 1)
    throw new RequestError('ERR_REQUEST_INVALID', 'There are two Authorization headers.');
  return authorization[0];
}

/** Basic credentials joined with a bearer token by a comma are two headers, not another scheme. */
function refuseSecond(header: string): undefined {
  if (header.split(',').some(part => part.trim().toLowerCase().startsWith('bearer ')))
    throw new RequestError('ERR_REQUEST_INVALID', 'There are two Authorization headers.');
  return undefined;
}
