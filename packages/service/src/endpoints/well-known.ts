/** What everybody may know: the public keys (RFC 7517) and where the endpoints are (RFC 8414). */
import { createHash } from 'node:crypto';
import { ADMIN_SCOPES } from '../admin-access.ts';
import { document } from '../answer.ts';
import type { Call } from '../call.ts';
import { AUTH_METHODS, GRANTS } from '../client-settings.ts';
import type { Parts } from '../parts.ts';

/** A key is published one max-age before it signs. */
const MAX_AGE_S = 300;

export async function jwks(call: Call, { authority }: Parts): Promise<Response> {
  const keys = authority.jwks().keys.map(key => ({ use: 'sig', ...key }));
  return published(call, { keys }, 'application/json');
}

export async function metadata(call: Call, { settings, authority }: Parts): Promise<Response> {
  const { issuer } = settings;
  const body = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    revocation_endpoint: `${issuer}/revoke`,
    introspection_endpoint: `${issuer}/introspect`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    grant_types_supported: GRANTS,
    scopes_supported: ADMIN_SCOPES,
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
    dpop_signing_alg_values_supported: authority.dpop.algorithms,
    introspection_endpoint_auth_methods_supported: AUTH_METHODS.filter(method => method !== 'none'),
  };
  return published(call, body, 'application/json');
}

function published({ request }: Call, body: object, type: string): Response {
  const text = JSON.stringify(body);
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  return document(request, text, type, etag, MAX_AGE_S);
}
