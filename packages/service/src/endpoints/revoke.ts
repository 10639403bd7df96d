/** `POST /revoke`: RFC 7009. A refresh token ends its session, an access token itself alone. */
import { json } from '../answer.ts';
import { type Call, readForm, required } from '../call.ts';
import { authenticateClient, CLIENT_PARAMETERS } from '../client-authentication.ts';
import type { Parts } from '../parts.ts';
import { isRefusedGrant, Refusal } from '../refusal.ts';

/** Section 2.2: 200 also for a token that is unknown or no longer valid. */
export async function revoke(call: Call, parts: Parts): Promise<Response> {
  const form = await readForm(call.request, [...CLIENT_PARAMETERS, 'token', 'token_type_hint']);
  const client = await authenticateClient(call, form, parts);
  const token = required(form, 'token');
  const answer = await parts.authority.introspect(token);
  if (!answer.active) return json({});
  if (answer.client_id !== client.id)
    throw new Refusal({
      status: 400,
      error: 'invalid_grant',
      description: 'The token was given to another client.',
    });
  try {
    await parts.authority.revoke({ token });
  } catch (error) {
    // It came to its end between the two looks.
    if (!isRefusedGrant(error)) throw error;
  }
  parts.metrics.revocations.inc({ scope: 'token', plane: 'session' });
  const { token_type, sid, jti, sub } = answer;
  await parts.store.audit.append({
    event: 'revoked',
    actor: client.id,
    subject: String(sub),
    detail: {
      by: client.id,
      target: token_type === 'refresh_token' ? { session: sid } : { token: jti },
      plane: 'session',
    },
  });
  return json({});
}
