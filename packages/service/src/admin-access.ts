/** Who may use the admin surface: a bearer token for this issuer with a `revocable:` scope, or the console's cookie. */
import type { Account, Role } from './accounts.ts';
import { presentedClaims, type SignedIn, signedInByCookie } from './browser-session.ts';
import { type Call, tokenOf } from './call.ts';
import type { Parts } from './parts.ts';
import { bearerRefusal, forbidden, Refusal } from './refusal.ts';

export type AdminScope = 'revocable:admin' | 'revocable:revoke' | 'revocable:read' | 'revocable:verify';
export const ADMIN_SCOPES: readonly AdminScope[] = [
  'revocable:admin',
  'revocable:revoke',
  'revocable:read',
  'revocable:verify',
];

/** Who gave an order. `subject`: a person's, or the client's name. */
export interface Actor {
  readonly subject: string;
  readonly name: string;
  /** Undefined for a program with a bearer token. */
  readonly signedIn?: SignedIn & { readonly account: Account };
}

/** What a role may do; `revocable:admin` includes the others. */
const OF_ROLE: Readonly<Record<Role, readonly AdminScope[]>> = {
  admin: ADMIN_SCOPES,
  auditor: ['revocable:read'],
};

/** @throws {Refusal} 401, or 403 with the scope that is needed */
export async function requireAdmin(call: Call, parts: Parts, scope: AdminScope): Promise<Actor> {
  if (tokenOf(call.request) !== undefined) return requireScope(call, parts, scope);
  const person = await adminByCookie(call, parts);
  if (person === undefined)
    throw new Refusal({
      status: 401,
      error: 'login_required',
      description: 'Nobody is signed in here.',
      action: 'login',
    });
  if (!mayDo(person.account, scope)) throw forbidden('Your account has no role that allows this.');
  return { subject: person.subject, name: person.account.username, signedIn: person };
}

/** The person of the cookie with their account, whatever they may do. */
export async function adminByCookie(
  call: Call,
  parts: Parts,
): Promise<(SignedIn & { readonly account: Account }) | undefined> {
  const signedIn = await signedInByCookie(call, parts);
  const account = signedIn && (await parts.accounts.get(signedIn.subject));
  return signedIn === undefined || account === undefined ? undefined : { ...signedIn, account };
}

export const mayDo = (account: Account, scope: AdminScope): boolean =>
  !account.disabled && account.roles.some(role => OF_ROLE[role].includes(scope));

/** @throws {Refusal} as RFC 6750 section 3.1 */
export async function requireScope(call: Call, parts: Parts, scope: AdminScope): Promise<Actor> {
  const answer = await presentedClaims(call, parts);
  const audience = Array.isArray(answer.aud) ? answer.aud : [answer.aud];
  if (!audience.includes(parts.settings.issuer)) throw bearerRefusal('invalid');
  const granted = typeof answer.scope === 'string' ? answer.scope.split(' ') : [];
  if (!granted.includes(scope) && !granted.includes('revocable:admin')) throw bearerRefusal('scope', scope);
  return { subject: String(answer.sub), name: String(answer.client_id ?? answer.sub) };
}
