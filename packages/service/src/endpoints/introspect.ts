/** `POST /introspect`: RFC 7662. */
import { requireScope } from '../admin-access.ts';
import { json } from '../answer.ts';
import { type Call, type Form, readForm, required, tokenOf } from '../call.ts';
import { authenticateConfidential, CLIENT_PARAMETERS } from '../client-authentication.ts';
import type { Parts } from '../parts.ts';

export async function introspect(call: Call, parts: Parts): Promise<Response> {
  const form = await readForm(call.request, [...CLIENT_PARAMETERS, 'token', 'token_type_hint']);
  const caller = await callerOf(call, form, parts);
  const answer = await parts.authority.introspect(required(form, 'token'));
  const isTold = answer.active && mayKnow(answer, caller);
  parts.metrics.introspections.inc({ active: String(isTold) });
  return json(isTold ? answer : { active: false });
}

interface Caller {
  readonly clientId: string | undefined;
  readonly audience: readonly string[];
}

async function callerOf(call: Call, form: Form, parts: Parts): Promise<Caller> {
  const { audience } = parts.settings;
  if (tokenOf(call.request) !== undefined) {
    const { subject } = await requireScope(call, parts, 'revocable:verify');
    const own = parts.clients.get(subject)?.audience;
    return { clientId: subject, audience: own === undefined ? audience : [own] };
  }
  const client = await authenticateConfidential(call, form, parts);
  return { clientId: client.id, audience: client.audience === undefined ? audience : [client.audience] };
}

/** Section 4: a token of another audience, or another client's refresh token, is none of the caller's business. */
function mayKnow(answer: Readonly<Record<string, unknown>>, caller: Caller): boolean {
  if (answer.token_type === 'refresh_token')
    return answer.client_id === undefined || answer.client_id === caller.clientId;
  const audience: readonly unknown[] = Array.isArray(answer.aud) ? answer.aud : [answer.aud];
  return audience.some(each => caller.audience.includes(String(each)));
}
