/** `/authorize`: somebody who is signed in here is sent back with a code. RFC 6749 section 4.1, RFC 9207. */
import { adminByCookie } from '../admin-access.ts';
import { seeOther } from '../answer.ts';
import {
  type Asker,
  askerOf,
  type Parameters,
  parametersOf,
  REQUEST_PARAMETERS,
  requestOf,
} from '../authorization-request.ts';
import { type Call, readForm } from '../call.ts';
import { deviceOf } from '../device.ts';
import { isSecure } from '../origins.ts';
import { consentPage } from '../pages/consent-page.ts';
import { page } from '../pages/layout.ts';
import { messagePage } from '../pages/message-page.ts';
import type { Parts } from '../parts.ts';
import { formSource, isOnThisMachine, withAnswer } from '../redirect-uris.ts';
import { Refusal, refusalOf, refusedRequest } from '../refusal.ts';
import { toLogin } from './account.ts';

export async function authorize(call: Call, parts: Parts): Promise<Response> {
  return answerTo(call, parts, parametersOf(call.url.searchParams), undefined);
}

/** The form of the page that asks. It brings the request again, and nothing of it is believed for having been shown. */
export async function decideAuthorization(call: Call, parts: Parts): Promise<Response> {
  const values = await readForm(call.request, [...REQUEST_PARAMETERS, 'decision']);
  const decision = values.get('decision') === 'allow' ? 'allow' : 'deny';
  return answerTo(call, parts, { values, repeated: new Set() }, decision);
}

type Decision = 'allow' | 'deny';

/** Whoever cannot be named hears nothing, so the person does; every other answer goes to the client. */
async function answerTo(
  call: Call,
  parts: Parts,
  parameters: Parameters,
  decision: Decision | undefined,
): Promise<Response> {
  const asker = askerOf(parameters, parts.clients);
  if (asker instanceof Refusal) return page(messagePage(asker), { status: asker.status });
  try {
    return await judge(call, parts, parameters, asker, decision);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    if (refusal.status === 503) parts.log.warn({ route: '/authorize', reason: refusal.message }, 'sent back');
    return sendBack(parts, asker, { error: refusal.error, error_description: refusal.message });
  }
}

async function judge(
  call: Call,
  parts: Parts,
  parameters: Parameters,
  asker: Asker,
  decision: Decision | undefined,
): Promise<Response> {
  const { client, redirectUri } = asker;
  const { challenge, scope, jkt } = requestOf(parameters, asker);
  const person = await adminByCookie(call, parts);
  if (person === undefined) return toLogin(`/authorize?${queryOf(parameters)}`, parts);
  if (decision === 'deny') throw refusedRequest('access_denied', 'The person did not allow it.');
  if (decision === undefined && needsConsent(redirectUri, parts))
    return page(
      consentPage({ account: person.account, appName: client.name, fields: fieldsOf(parameters) }),
      {
        formAction: [formSource(redirectUri)],
      },
    );
  const code = await parts.codes.give({
    client: client.id,
    redirectUri,
    challenge,
    scope,
    ...(jkt !== undefined && { jkt }),
    subject: person.subject,
    parent: person.session,
    device: deviceOf(call.request.headers.get('user-agent')),
    address: call.address,
  });
  return sendBack(parts, asker, { code });
}

/** Any program of that machine may listen there, and none of them can prove who it is: RFC 8252 section 8.6. */
const needsConsent = (redirectUri: string, { settings }: Parts): boolean =>
  isSecure(settings.issuer) && isOnThisMachine(redirectUri);

/** RFC 9207: with `iss` the client knows that the answer is of the server that it asked. */
function sendBack(
  { settings }: Parts,
  { redirectUri, state }: Asker,
  answer: Readonly<Record<string, string>>,
): Response {
  const whole = { ...answer, ...(state !== undefined && { state }), iss: settings.issuer };
  return seeOther(withAnswer(redirectUri, whole), { 'referrer-policy': 'no-referrer' });
}

const fieldsOf = ({ values }: Parameters): Readonly<Record<string, string>> =>
  Object.fromEntries(
    REQUEST_PARAMETERS.map(name => [name, values.get(name) ?? '']).filter(([, value]) => value),
  );

const queryOf = (parameters: Parameters): string => String(new URLSearchParams(fieldsOf(parameters)));
