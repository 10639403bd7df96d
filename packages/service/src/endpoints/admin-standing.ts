/** `/admin/api/verifiers` and `/admin/api/keys`: who follows, and what signs. */
import { requireAdmin } from '../admin-access.ts';
import { json } from '../answer.ts';
import type { Call } from '../call.ts';
import type { Parts } from '../parts.ts';
import { verifiers } from '../verifiers.ts';
import { timestamp } from '../words.ts';

export async function listVerifiers(call: Call, parts: Parts): Promise<Response> {
  await requireAdmin(call, parts, 'revocable:read');
  return json({ verifiers: await verifiers(parts) });
}

export async function listKeys(call: Call, parts: Parts): Promise<Response> {
  await requireAdmin(call, parts, 'revocable:read');
  const { keys } = await parts.authority.status();
  return json({
    keys: keys.map(({ kid, alg, state, createdAt, activatedAt, retiredAt }) => ({
      kid,
      alg,
      state,
      created_at: moment(createdAt),
      activated_at: state === 'next' ? null : moment(activatedAt),
      retired_at: moment(retiredAt),
    })),
  });
}

/** The next key takes over, at once or as soon as it has been published for long enough; the one that signed goes on verifying for one access lifetime. */
export async function rotateKeys(call: Call, parts: Parts): Promise<Response> {
  const actor = await requireAdmin(call, parts, 'revocable:admin');
  const { kid, signsFrom } = await parts.authority.rotateKeys();
  await parts.store.audit.append({
    event: 'keys_rotated',
    actor: actor.subject,
    detail: { by: actor.name, kid },
  });
  return json({ kid, signs_from: timestamp(signsFrom.getTime()) });
}

const moment = (ms: number | undefined): string | null =>
  ms === undefined || ms <= 0 ? null : timestamp(ms);
