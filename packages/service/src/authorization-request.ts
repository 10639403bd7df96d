/** The request of `/authorize`: RFC 6749 section 4.1.1, RFC 7636 section 4.3, RFC 9449 section 10. */
import type { Form } from './call.ts';
import type { Client, Clients } from './clients.ts';
import { isRegistered } from './redirect-uris.ts';
import { invalidRequest, type Refusal, refusedRequest } from './refusal.ts';
import { scopesForPerson } from './scopes.ts';

export const REQUEST_PARAMETERS = [
  'response_type',
  'response_mode',
  'client_id',
  'redirect_uri',
  'state',
  'scope',
  'code_challenge',
  'code_challenge_method',
  'dpop_jkt',
] as const;

/** The query as a form, and what of it came twice. A parameter without value is absent, an unknown one is ignored. */
export interface Parameters {
  readonly values: Form;
  readonly repeated: ReadonlySet<string>;
}

export function parametersOf(query: URLSearchParams): Parameters {
  const values = new Map<string, string>();
  const repeated = new Set<string>();
  for (const name of REQUEST_PARAMETERS) {
    const [value, ...others] = query.getAll(name).filter(text => text !== '');
    if (value !== undefined) values.set(name, value);
    if (others.length > 0) repeated.add(name);
  }
  return { values, repeated };
}

/** Who hears the answer, also that of a request which is wrong otherwise. */
export interface Asker {
  readonly client: Client;
  readonly redirectUri: string;
  readonly state: string | undefined;
}

/** Section 4.1.2.1: where client or address is in doubt, nobody is sent anywhere. @returns the refusal for the person */
export function askerOf({ values, repeated }: Parameters, clients: Clients): Asker | Refusal {
  if (repeated.has('client_id') || repeated.has('redirect_uri'))
    return invalidRequest('The address that led here names its application or its way back twice.');
  const client = clients.get(values.get('client_id') ?? '');
  if (client === undefined) return invalidRequest('The application that sent you here is not known.');
  const redirectUri = values.get('redirect_uri');
  if (redirectUri === undefined || !isRegistered(redirectUri, client.redirectUris))
    return invalidRequest(
      `${client.name} asked to send you to an address that is not registered for it. Tell whoever runs it.`,
    );
  return { client, redirectUri, state: values.get('state') };
}

export interface AuthorizationRequest {
  readonly scope: string;
  readonly challenge: string;
  /** Thumbprint of the key whose proof must come with the code. */
  readonly jkt: string | undefined;
}

/** A SHA-256 in base64url. */
const DIGEST = /^[\w-]{43}$/;

/** @throws {Refusal} with the error for the client, which its asker hears by a redirect */
export function requestOf({ values, repeated }: Parameters, { client }: Asker): AuthorizationRequest {
  const [twice] = repeated;
  if (twice !== undefined) throw invalidRequest(`The parameter "${twice}" is repeated.`);
  const type = values.get('response_type');
  if (type === undefined) throw invalidRequest('The parameter "response_type" is missing.');
  if (type !== 'code')
    throw refusedRequest('unsupported_response_type', 'The only "response_type" is "code".');
  if ((values.get('response_mode') ?? 'query') !== 'query')
    throw invalidRequest('The only "response_mode" is "query".');
  if (!client.grants.includes('authorization_code'))
    throw refusedRequest('unauthorized_client', 'This client may not use "authorization_code".');
  const jkt = values.get('dpop_jkt');
  if (jkt !== undefined && !DIGEST.test(jkt)) throw invalidRequest('"dpop_jkt" is a thumbprint of RFC 7638.');
  return {
    challenge: challengeOf(values),
    scope: scopesForPerson(client, values.get('scope')).join(' '),
    jkt,
  };
}

/** RFC 7636 section 4.3: without a method it would be "plain", which shows the verifier to whoever sees the request. */
function challengeOf(values: Form): string {
  const challenge = values.get('code_challenge');
  if (challenge === undefined)
    throw invalidRequest('PKCE is needed: the parameter "code_challenge" is missing.');
  if (values.get('code_challenge_method') !== 'S256')
    throw invalidRequest('The only "code_challenge_method" is "S256", and it must be named.');
  if (!DIGEST.test(challenge))
    throw invalidRequest('"code_challenge" is a SHA-256 in base64url: 43 characters.');
  return challenge;
}
