/** Which scopes a token gets: those that were asked for, or all that the client is registered with. RFC 6749 section 3.3. */
import { ADMIN_SCOPES } from './admin-access.ts';
import type { Client } from './clients.ts';
import { type Refusal, refusedRequest } from './refusal.ts';

/**
 * For the client itself. Admin scopes are for this issuer, others for an API: never both in one token.
 * @throws {Refusal} invalid_scope
 */
export function scopesFor(client: Client, asked: string | undefined): readonly string[] {
  const scopes = among(client, asked, client.scopes);
  if (scopes.some(isAdminScope) && !scopes.every(isAdminScope))
    throw invalidScope(
      'Scopes that begin with "revocable:" come in a token of their own: ask for them alone.',
    );
  return scopes;
}

/** For a person who signs in to the client. @throws {Refusal} invalid_scope */
export function scopesForPerson(client: Client, asked: string | undefined): readonly string[] {
  const own = client.scopes.filter(scope => !isAdminScope(scope));
  const scopes = among(client, asked, own);
  if (scopes.some(isAdminScope))
    throw invalidScope('Scopes that begin with "revocable:" are for programs: by "client_credentials".');
  return scopes;
}

export const isAdminScope = (scope: string): boolean => (ADMIN_SCOPES as readonly string[]).includes(scope);

function among(client: Client, asked: string | undefined, usual: readonly string[]): readonly string[] {
  const scopes = asked === undefined ? usual : [...new Set(asked.split(' '))];
  if (!scopes.every(scope => client.scopes.includes(scope)))
    throw invalidScope('The client may not have one of these scopes.');
  return scopes;
}

const invalidScope = (description: string): Refusal => refusedRequest('invalid_scope', description);
