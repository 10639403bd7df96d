/** Cookies on the wire: RFC 6265 sections 4.1 and 4.2, and the `__Host-Http-` prefix of its successor. */
import { ConfigError } from '../errors.ts';
import { SESSION_COOKIE } from './wire.ts';

/**
 * All values of one cookie in a `Cookie` header, undecoded. More than one means that somebody else's page of a
 * parent domain, or another path, has set it too: nobody can tell which is the right one.
 */
export function cookieValues(header: string | undefined, name: string): string[] {
  const values: string[] = [];
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) values.push(pair.slice(equals + 1).trim());
  }
  return values;
}

/** Name of the session cookie for an issuer: the prefixed one for https, the plain one for http on loopback. */
export function sessionCookieName(secure: boolean): string {
  return secure ? SESSION_COOKIE.secure : SESSION_COOKIE.plain;
}

/**
 * A `Set-Cookie` line for the session cookie. `SameSite=Lax`, for Strict breaks links and single sign-on.
 * @param value the refresh token; an empty one with `maxAge` 0 removes the cookie
 * @param maxAge seconds
 * @throws {ConfigError} ERR_CONFIG_INVALID when the value cannot stand in a cookie
 */
export function sessionCookie(
  value: string,
  options: { readonly secure: boolean; readonly maxAge: number },
): string {
  if (!isCookieValue(value))
    throw new ConfigError('The value of a cookie has characters that a cookie cannot carry.');
  const secure = options.secure ? ' Secure;' : '';
  const name = sessionCookieName(options.secure);
  return `${name}=${value};${secure} HttpOnly; SameSite=Lax; Path=/; Max-Age=${Math.floor(options.maxAge)}`;
}

/** cookie-octet of RFC 6265 section 4.1.1. */
function isCookieValue(value: string): boolean {
  return [...value].every(c => c > ' ' && c < '\x7f' && !'",;\\'.includes(c));
}

/** `token` of RFC 9110 section 5.6.2, which a cookie's name is. */
export function isCookieName(name: unknown): name is string {
  return (
    typeof name === 'string' &&
    name !== '' &&
    [...name].every(c => c > ' ' && c < '\x7f' && !'"(),/:;<=>?@[\\]{}'.includes(c))
  );
}
