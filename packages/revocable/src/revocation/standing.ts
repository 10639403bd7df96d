/** A token among the scopes: which it stands in, and whether none of their cuts can refuse it. */
import { refusingPlane, type Stamps } from './cutoff.ts';
import type { CutoffTable } from './cutoff-table.ts';
import {
  clientScope,
  EVERYONE,
  escaped,
  keyScope,
  type Scope,
  sessionScope,
  tenantScope,
  tokenScope,
  userScope,
} from './scope.ts';

/** Its stamps and the names that its scopes are made of. */
export interface Standing extends Stamps {
  readonly kid: string | undefined;
  readonly thumbprint: string | undefined;
  readonly tenant: string | undefined;
  readonly subject: string | undefined;
  readonly client: string | undefined;
  readonly session: string | undefined;
  readonly token: string | undefined;
}

export function scopesOf(token: Standing): Scope[] {
  const { kid, thumbprint, tenant, subject } = token;
  const scopes = [EVERYONE];
  add(scopes, keyScope, kid);
  if (thumbprint !== kid) add(scopes, keyScope, thumbprint);
  add(scopes, tenantScope, tenant);
  if (subject !== undefined) scopes.push(userScope(tenant, subject));
  add(scopes, clientScope, token.client);
  add(scopes, sessionScope, token.session);
  add(scopes, tokenScope, token.token);
  return scopes;
}

function add(scopes: Scope[], scopeOf: (name: string) => Scope, name: string | undefined): void {
  if (name !== undefined) scopes.push(scopeOf(name));
}

/**
 * Whether no cut refuses it: what most tokens are, found without making a text. Sessions, tokens and keys are always looked up;
 * the others only for a token that is older than the newest cut among them.
 */
export function isClear(token: Standing, table: CutoffTable): boolean {
  const { kid, thumbprint, session } = token;
  if (session !== undefined && isRefused(token, table, 's', session)) return false;
  if (token.token !== undefined && isRefused(token, table, 'j', token.token)) return false;
  if (kid !== undefined && isRefused(token, table, 'k', kid)) return false;
  if (thumbprint !== undefined && isRefused(token, table, 'k', thumbprint)) return false;
  return !table.reachesWide(token) || isClearWide(token, table);
}

function isClearWide(token: Standing, table: CutoffTable): boolean {
  const { subject, client } = token;
  const tenant = token.tenant === undefined ? '' : escaped(token.tenant);
  if (isRefused(token, table, 'g', '')) return false;
  if (subject !== undefined && isRefused(token, table, 'u', tenant, subject)) return false;
  if (client !== undefined && isRefused(token, table, 'c', client)) return false;
  return tenant === '' || !isRefused(token, table, 't', tenant);
}

function isRefused(token: Standing, table: CutoffTable, kind: string, first: string, second = ''): boolean {
  const cuts = table.find(kind, first, second);
  return cuts !== undefined && refusingPlane(token, cuts) !== undefined;
}
