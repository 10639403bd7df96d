/** OAuth scopes of a proved token: RFC 6749 section 3.3, RFC 8693 section 4.2 (`scope`), and `scp` of other issuers. */
import { ConfigError, RequestError } from '../errors.ts';

type Claims = { readonly [name: string]: unknown };

/** `"read write"`, or `["read", "write"]`: each is needed. */
export type ScopeOption = string | readonly string[];

/**
 * The scopes that an option names.
 * @throws {ConfigError} ERR_CONFIG_INVALID when there is none, or one has a character that RFC 6749 forbids
 */
export function requiredScopes(scope: ScopeOption, where: string): readonly string[] {
  const given: readonly unknown[] = Array.isArray(scope) ? scope : [scope];
  const scopes = given.flatMap(text => (typeof text === 'string' ? text.split(' ') : [text]));
  if (scopes.length === 0 || !scopes.every(isScopeToken))
    throw new ConfigError(`${where} takes the names of scopes, such as "read" or "orders:write".`);
  return scopes;
}

/** scope-token of RFC 6749 section 3.3: visible ASCII but for the quote and the backslash. */
function isScopeToken(scope: unknown): scope is string {
  return (
    typeof scope === 'string' &&
    scope !== '' &&
    [...scope].every(c => c > ' ' && c < '\x7f' && c !== '"' && c !== '\\')
  );
}

/**
 * Refuses a token that lacks one of the scopes.
 * @param claims the token's own, for a schema may have dropped the scopes from its output
 * @throws {RequestError} ERR_SCOPE_INSUFFICIENT
 */
export function refuseInsufficientScope(claims: Claims, needed: readonly string[]): void {
  const granted = grantedScopes(claims);
  if (!needed.every(scope => granted.has(scope)))
    throw new RequestError('ERR_SCOPE_INSUFFICIENT', `This needs the scope ${needed.join(' ')}.`);
}

function grantedScopes(claims: Claims): ReadonlySet<string> {
  const granted = claims.scope ?? claims.scp;
  const texts: readonly unknown[] = Array.isArray(granted) ? granted : [granted];
  return new Set(texts.flatMap(text => (typeof text === 'string' ? text.split(' ') : [])));
}
