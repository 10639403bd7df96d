/** Which client calls: RFC 6749 section 2.3, one method a request. */
import type { Call, Form } from './call.ts';
import { credentialOf } from './call.ts';
import type { AuthMethod, Grant } from './client-settings.ts';
import type { Client } from './clients.ts';
import type { Parts } from './parts.ts';
import { invalidRequest, Refusal, refusedRequest } from './refusal.ts';

export const CLIENT_PARAMETERS = ['client_id', 'client_secret'] as const;

interface Presented {
  readonly id: string;
  readonly secret: string | undefined;
  readonly method: AuthMethod;
}

/**
 * @throws {Refusal} invalid_client, with a challenge only after Basic; 429 after too many wrong secrets; invalid_request
 * for two methods at once
 */
export async function authenticateClient(call: Call, form: Form, parts: Parts): Promise<Client> {
  const presented = presentedBy(call.request, form);
  if (presented === undefined) throw invalidClient(undefined);
  const { id, secret, method } = presented;
  const client = parts.clients.get(id);
  if (secret === undefined) {
    if (client?.methods.includes('none')) return client;
    throw invalidClient(method);
  }
  // Of an unknown client there is nothing to guess, and its name may be made up to fill the memory.
  const attempts = client === undefined ? undefined : parts.clientAttempts;
  await attempts?.begin(id, call.address);
  const isRight = parts.clients.isSecretOf(id, secret);
  if (!isRight || client === undefined || !client.methods.includes(method)) throw invalidClient(method);
  await attempts?.succeeded(id, call.address);
  return client;
}

/** The client, when it has a secret to prove who it is. @throws {Refusal} as `authenticateClient` */
export async function authenticateConfidential(call: Call, form: Form, parts: Parts): Promise<Client> {
  const client = await authenticateClient(call, form, parts);
  if (!client.isConfidential) throw invalidClient(undefined);
  return client;
}

/** @throws {Refusal} unauthorized_client */
export function refuseGrant(client: Client, grant: Grant): void {
  if (!client.grants.includes(grant))
    throw refusedRequest('unauthorized_client', `This client may not use "${grant}".`);
}

function presentedBy(request: Request, form: Form): Presented | undefined {
  const basic = basicOf(request);
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  if (basic === undefined) {
    if (id === undefined) return undefined;
    return { id, secret, method: secret === undefined ? 'none' : 'client_secret_post' };
  }
  if (secret !== undefined)
    throw invalidRequest('A client authenticates in one way a request: by header or by body.');
  if (id !== undefined && id !== basic.id)
    throw invalidRequest('"client_id" is not the client of the Authorization header.');
  return basic;
}

/** Name and secret are form-encoded inside: RFC 6749 section 2.3.1. */
function basicOf(request: Request): Presented | undefined {
  const credential = credentialOf(request);
  if (credential?.scheme !== 'basic') return undefined;
  const text = Buffer.from(credential.value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const id = formDecoded(text.slice(0, colon));
  const secret = formDecoded(text.slice(colon + 1));
  if (colon === -1 || id === undefined || secret === undefined) throw invalidClient('client_secret_basic');
  return { id, secret, method: 'client_secret_basic' };
}

function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** RFC 6749 section 5.2: the challenge only where the Authorization header was used. */
function invalidClient(method: AuthMethod | undefined): Refusal {
  return new Refusal({
    status: 401,
    error: 'invalid_client',
    description: 'The client is unknown, or did not prove who it is.',
    ...(method === 'client_secret_basic' && {
      headers: { 'www-authenticate': 'Basic realm="revocable", charset="UTF-8"' },
    }),
  });
}
