/** The names under which tokens are taken back: everyone, a key, tenant, client, user, session or one token. */
import { ConfigError } from '../errors.ts';

/** `g` `k:<kid>` `t:<tenant>` `c:<client>` `u:<tenant>:<subject>` `s:<sid>` `j:<jti>`. */
export type Scope = string;

export const EVERYONE: Scope = 'g';

/** The kinds of scope this version knows; a feed that names another one makes a replica stale, never open. */
export const SCOPE_KINDS: readonly string[] = ['g', 'k', 't', 'c', 'u', 's', 'j'];

export const keyScope = (kid: string): Scope => `k:${kid}`;
export const clientScope = (client: string): Scope => `c:${client}`;
export const sessionScope = (session: string): Scope => `s:${session}`;
export const tokenScope = (jti: string): Scope => `j:${jti}`;
export const tenantScope = (tenant: string): Scope => `t:${escaped(tenant)}`;

/** The subject stands last, as it is; only the tenant is escaped, so no two pairs share a scope. */
export function userScope(tenant: string | undefined, subject: string): Scope {
  return `u:${escaped(tenant ?? '')}:${subject}`;
}

/** The first letter of a scope. */
export const scopeKind = (scope: Scope): string => scope.slice(0, 1);

/** The one or two names in a scope, as they are written there: of a user the escaped tenant and the subject. */
export function namesIn(scope: Scope): readonly [first: string, second: string] {
  if (scopeKind(scope) !== 'u') return [scope.slice(2), ''];
  const colon = scope.indexOf(':', 2);
  return colon < 0 ? [scope.slice(2), ''] : [scope.slice(2, colon), scope.slice(colon + 1)];
}

/** A tenant as it is written in scopes. */
export function escaped(tenant: string): string {
  return tenant.includes('%') || tenant.includes(':')
    ? tenant.replaceAll('%', '%25').replaceAll(':', '%3A')
    : tenant;
}

// On Node 20 and later; the typed library of ES2023 does not have it yet.
const isWellFormed = (text: string): boolean => (text as string & { isWellFormed(): boolean }).isWellFormed();

/**
 * An identifier that every store, feed and journal gives back as it was.
 * @throws {ConfigError} ERR_CONFIG_INVALID when it is no string, is empty, is over 1,024 characters or has a lone surrogate
 */
export function identifier(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '')
    throw new ConfigError(`"${name}" is a text that is not empty.`);
  if (value.length > 1024)
    throw new ConfigError(`"${name}" has ${value.length} characters; 1,024 is the most.`);
  if (!isWellFormed(value)) throw new ConfigError(`"${name}" is not well-formed Unicode (a lone surrogate).`);
  return value;
}

/** Whether a token's string can be a scope: ill-formed ones match nothing that a store can give back. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 1024 && isWellFormed(value);
}
