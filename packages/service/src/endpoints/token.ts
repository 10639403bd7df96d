/** `POST /token`: RFC 6749 section 3.2. */
import { json } from '../answer.ts';
import { type Call, type Form, readForm, required } from '../call.ts';
import {
  authenticateClient,
  authenticateConfidential,
  CLIENT_PARAMETERS,
  refuseGrant,
} from '../client-authentication.ts';
import type { Grant } from '../client-settings.ts';
import { CODE_PARAMETERS, codeGrant } from '../code-grant.ts';
import { boundBy, nonceHeader } from '../dpop.ts';
import type { Parts } from '../parts.ts';
import { isRefusedGrant, refusedRequest } from '../refusal.ts';
import { isAdminScope, scopesFor } from '../scopes.ts';
import { countTokens } from '../sign-in.ts';
import { pairAnswer, tokenAnswer } from '../token-answer.ts';
import { currentClaims } from './refresh.ts';

type Handler = (call: Call, form: Form, parts: Parts) => Promise<Response>;

/** One row a grant. There is none for passwords, in any form. */
const HANDLERS: Readonly<Record<Grant, Handler>> = {
  authorization_code: codeGrant,
  refresh_token: refreshGrant,
  client_credentials: clientCredentials,
};

const PARAMETERS = [...CLIENT_PARAMETERS, ...CODE_PARAMETERS, 'grant_type', 'refresh_token', 'scope'];

export async function token(call: Call, parts: Parts): Promise<Response> {
  const form = await readForm(call.request, PARAMETERS);
  const grant = required(form, 'grant_type');
  if (!Object.hasOwn(HANDLERS, grant))
    throw refusedRequest('unsupported_grant_type', 'This grant type is not supported here.');
  return HANDLERS[grant as Grant](call, form, parts);
}

/** The client first, then what it presents: nothing is consumed for a client that did not prove who it is. */
async function refreshGrant(call: Call, form: Form, parts: Parts): Promise<Response> {
  const client = await authenticateClient(call, form, parts);
  refuseGrant(client, 'refresh_token');
  const presented = required(form, 'refresh_token');
  try {
    const pair = await parts.authority.refresh(presented, {
      client: client.id,
      claims: currentClaims(parts),
      ...boundBy(call, client, parts),
    });
    parts.metrics.refreshes.inc({ result: 'ok' });
    countTokens(parts, 'refresh_token');
    return json(pairAnswer(pair), 200, nonceHeader(call, parts));
  } catch (error) {
    parts.metrics.refreshes.inc({ result: isRefusedGrant(error) ? 'refused' : 'failed' });
    throw error;
  }
}

/** No refresh token: whoever has the secret can come again. The subject is the client. */
async function clientCredentials(call: Call, form: Form, parts: Parts): Promise<Response> {
  const client = await authenticateConfidential(call, form, parts);
  refuseGrant(client, 'client_credentials');
  const scopes = scopesFor(client, form.get('scope'));
  const isAdmin = scopes.some(isAdminScope);
  const minted = await parts.authority.issue({
    subject: client.id,
    client: client.id,
    audience: isAdmin ? parts.settings.issuer : (client.audience ?? parts.settings.audience),
    scope: scopes.join(' '),
    refresh: false,
    ...boundBy(call, client, parts),
  });
  countTokens(parts, 'client_credentials');
  return json(tokenAnswer(minted), 200, nonceHeader(call, parts));
}
