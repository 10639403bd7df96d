/** `POST /token`: RFC 6749 section 3.2. */
import { type IssueOptions, TokenProofError } from 'revocable';
import { ADMIN_SCOPES } from '../admin-access.ts';
import { json } from '../answer.ts';
import { type Call, type Form, readForm, required } from '../call.ts';
import { authenticateClient, authenticateConfidential, CLIENT_PARAMETERS } from '../client-authentication.ts';
import type { Grant } from '../client-settings.ts';
import type { Client } from '../clients.ts';
import { dpopOf, nonceHeader } from '../dpop.ts';
import type { Parts } from '../parts.ts';
import { isRefusedGrant, Refusal } from '../refusal.ts';
import { countTokens } from '../sign-in.ts';
import { pairAnswer, tokenAnswer } from '../token-answer.ts';
import { currentClaims } from './refresh.ts';

type Handler = (call: Call, form: Form, parts: Parts) => Promise<Response>;

/** One row a grant. There is none for passwords, in any form. */
const HANDLERS: Readonly<Record<Grant, Handler>> = {
  refresh_token: refreshGrant,
  client_credentials: clientCredentials,
};

const PARAMETERS = [...CLIENT_PARAMETERS, 'grant_type', 'refresh_token', 'scope'];

export async function token(call: Call, parts: Parts): Promise<Response> {
  const form = await readForm(call.request, PARAMETERS);
  const grant = required(form, 'grant_type');
  if (!Object.hasOwn(HANDLERS, grant))
    throw badRequest('unsupported_grant_type', 'This grant type is not supported here.');
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

/** Those asked for, or all that it has. Admin scopes are for this issuer, others for an API: never both in one token. */
function scopesFor(client: Client, asked: string | undefined): readonly string[] {
  const scopes = asked === undefined ? client.scopes : [...new Set(asked.split(' '))];
  if (!scopes.every(scope => client.scopes.includes(scope)))
    throw badRequest('invalid_scope', 'The client may not have one of these scopes.');
  if (scopes.some(isAdminScope) && !scopes.every(isAdminScope))
    throw badRequest(
      'invalid_scope',
      'Scopes that begin with "revocable:" come in a token of their own: ask for them alone.',
    );
  return scopes;
}

const isAdminScope = (scope: string): boolean => (ADMIN_SCOPES as readonly string[]).includes(scope);

/**
 * RFC 9449 section 5: refresh tokens of clients that authenticate are bound by that, their access tokens by the proof.
 * @throws {TokenProofError} ERR_TOKEN_PROOF for a client that said it would always send one (section 5.2)
 */
function boundBy(call: Call, client: Client, parts: Parts): Pick<IssueOptions, 'dpop' | 'bind'> {
  const dpop = dpopOf(call, parts);
  if (client.alwaysProves && dpop.proof === undefined)
    throw new TokenProofError('form', 'This client is registered to send a DPoP proof with each request.');
  return { dpop, bind: client.isConfidential ? 'access' : 'session' };
}

function refuseGrant(client: Client, grant: Grant): void {
  if (!client.grants.includes(grant))
    throw badRequest('unauthorized_client', `This client may not use "${grant}".`);
}

const badRequest = (error: string, description: string): Refusal =>
  new Refusal({ status: 400, error, description });
