/** The scopes that a login, a session or a refresh stands in: what an atomic step looks at. */
import {
  type CutEntry,
  clientScope,
  EVERYONE,
  type Refusal,
  refusalOf,
  type Scope,
  sessionScope,
  tenantScope,
  userScope,
} from '../revocation/index.ts';
import type { SessionRow } from '../sessions/index.ts';

export function scopesOf(
  tenant: string,
  subject: string,
  client: string,
  parent: string | undefined,
): Scope[] {
  const scopes = [EVERYONE, userScope(tenant, subject)];
  if (tenant !== '') scopes.push(tenantScope(tenant));
  if (client !== '') scopes.push(clientScope(client));
  if (parent) scopes.push(sessionScope(parent));
  return scopes;
}

export function scopesOfSession(row: SessionRow): Scope[] {
  return [...scopesOf(row.tenant, row.subject, row.client, row.parent), sessionScope(row.id)];
}

/** The refusal of a login's refresh tokens in these scopes. */
export const refusalOfLogin = (
  login: number,
  scopes: readonly Scope[],
  entryOf: (scope: Scope) => CutEntry | undefined,
): Refusal | undefined =>
  refusalOf({ kind: 'refresh', modifiedAt: login, refreshModifiedAt: login, scopes }, entryOf);
