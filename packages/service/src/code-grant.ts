/** The grant `authorization_code`: RFC 6749 section 4.1.3, RFC 7636 section 4.6, RFC 9449 section 10. */
import { createHash } from 'node:crypto';
import { type Alg, decode, importJwk, type Jwk, SessionError, type TokenPair, thumbprint } from 'revocable';
import { json } from './answer.ts';
import { claimsOf } from './browser-session.ts';
import { type Call, type Form, required } from './call.ts';
import { authenticateClient, refuseGrant } from './client-authentication.ts';
import type { Client } from './clients.ts';
import type { CodeGrant } from './codes.ts';
import { boundBy, nonceHeader } from './dpop.ts';
import type { Parts } from './parts.ts';
import { Refusal } from './refusal.ts';
import { again, countTokens } from './sign-in.ts';
import { pairAnswer } from './token-answer.ts';

export const CODE_PARAMETERS = ['code', 'redirect_uri', 'code_verifier'] as const;

/** All that can be wrong is looked at before the code is used: whoever has not proved to be its client uses nothing up. */
export async function codeGrant(call: Call, form: Form, parts: Parts): Promise<Response> {
  const client = await authenticateClient(call, form, parts);
  refuseGrant(client, 'authorization_code');
  const code = required(form, 'code');
  const redirectUri = required(form, 'redirect_uri');
  const verifier = required(form, 'code_verifier');
  const grant = await parts.codes.find(code);
  if (grant === undefined || grant.client !== client.id || grant.redirectUri !== redirectUri)
    throw invalidCode('The code is unknown or over, or was given to another client or address.');
  if (!isVerifierOf(grant.challenge, verifier))
    throw invalidCode('"code_verifier" is not the one whose hash began this.');
  if (grant.jkt !== undefined && grant.jkt !== keyOfProof(call))
    throw invalidCode('The DPoP proof is not of the key that the authorization request named.');
  const redeemed = await parts.codes.redeem(code, grant, () => openChild(call, client, grant, parts));
  if (!redeemed.isFirst) throw await secondUse(grant, redeemed.session, parts);
  countTokens(parts, 'authorization_code');
  await parts.store.audit.append({
    event: 'app_signed_in',
    actor: grant.subject,
    subject: grant.subject,
    detail: {
      client: client.id,
      session: redeemed.opened.sessionId,
      device: grant.device,
      address: grant.address,
    },
  });
  return json(pairAnswer(redeemed.opened), 200, nonceHeader(call, parts));
}

/** Begins before it looks at the account: what was taken back since is in no token of this. */
function openChild(call: Call, client: Client, grant: CodeGrant, parts: Parts): Promise<TokenPair> {
  return again(async () => {
    const begun = await parts.authority.begin();
    const account = await parts.accounts.get(grant.subject);
    if (account === undefined || account.disabled)
      throw new SessionError('ERR_SESSION_NOT_FOUND', 'The account is gone or disabled.');
    return parts.authority.issue({
      subject: grant.subject,
      parent: grant.parent,
      client: client.id,
      begun,
      audience: client.audience ?? parts.settings.audience,
      scope: grant.scope,
      claims: claimsOf(account),
      device: grant.device,
      address: grant.address,
      ...(client.refreshPolicy !== undefined && { refresh: client.refreshPolicy }),
      ...boundBy(call, client, parts),
    });
  });
}

/** RFC 6749 section 4.1.2: two have the code and its verifier, so what the first got is taken back. */
async function secondUse(grant: CodeGrant, session: string | undefined, parts: Parts): Promise<Refusal> {
  const { client, subject } = grant;
  if (session !== undefined) await parts.authority.sessions.end(session);
  parts.log.warn({ client, subject, session }, 'an authorization code was used twice: its session has ended');
  await parts.store.audit.append({
    event: 'code.reuse',
    subject,
    detail: { client, ...(session !== undefined && { session }) },
  });
  return invalidCode('The code has been used before: the session that it opened has ended.');
}

const invalidCode = (description: string): Refusal =>
  new Refusal({ status: 400, error: 'invalid_grant', description, action: 'login' });

/** RFC 7636 sections 4.1 and 4.6. */
const VERIFIER = /^[\w.~-]{43,128}$/;

const isVerifierOf = (challenge: string, verifier: string): boolean =>
  VERIFIER.test(verifier) && createHash('sha256').update(verifier).digest('base64url') === challenge;

/** The key that the proof names; that it proves anything is seen when the session is opened. */
function keyOfProof(call: Call): string | undefined {
  try {
    const { alg, jwk } = decode(call.request.headers.get('dpop') ?? '').header;
    return thumbprint(importJwk(jwk as Jwk, alg as Alg));
  } catch {
    return undefined;
  }
}
