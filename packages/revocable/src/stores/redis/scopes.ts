/** The scopes that a step looks at. */
import {
  clientScope,
  EVERYONE,
  type Scope,
  sessionScope,
  tenantScope,
  userScope,
} from '../../revocation/index.ts';
import type { SessionRow } from '../../sessions/index.ts';

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

/** Of a refresh: the key that proved its token too. */
export function scopesOfRefresh(row: SessionRow, provedBy: Scope | undefined): Scope[] {
  return provedBy === undefined ? scopesOfSession(row) : [...scopesOfSession(row), provedBy];
}
