/** `POST /admin/api/revocations`: takes back, or says what would happen. */
import type { Target } from 'revocable';
import { z } from 'zod';
import { type Actor, requireAdmin } from '../admin-access.ts';
import { json } from '../answer.ts';
import { type Call, readJson } from '../call.ts';
import type { Parts } from '../parts.ts';
import { invalidRequest, Refusal } from '../refusal.ts';
import { foresee, takeBack } from '../take-back.ts';

const name = z.string().min(1).max(20_000);

/** One target: names that were not found must not take back somebody else, so nothing else may stand in it. */
const TARGET = z.union([
  z.strictObject({ everyone: z.literal(true) }),
  z.strictObject({ tenant: name }),
  z.strictObject({ client: name }),
  z.strictObject({ subject: name, tenant: name.optional() }),
  z.strictObject({ session: name }),
  z.strictObject({ token: name }),
  z.strictObject({ key: name }),
]);
const ORDER = z.strictObject({
  target: TARGET,
  plane: z.enum(['access', 'refresh', 'session']).default('session'),
  reason: z.string().max(500).optional(),
  dry_run: z.boolean().default(false),
});

export async function adminRevocations(call: Call, parts: Parts): Promise<Response> {
  const actor = await requireAdmin(call, parts, 'revocable:revoke');
  const { target: given, plane, reason, dry_run } = parseOrder(await readJson(call.request));
  const target = given as Target;
  if (dry_run) return json(await foresee(parts, target, plane));
  await refuseOldSignIn(parts, actor, target);
  const { id, cursor, effect, summary, applied } = await takeBack(parts, actor, { target, plane, reason });
  return json({ id, cursor, effect, summary, applied });
}

function parseOrder(body: unknown): z.infer<typeof ORDER> {
  const result = ORDER.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') || 'the body';
  if (where === 'target')
    throw invalidRequest(
      '"target" names one of: everyone (true), tenant, client, subject (with tenant), session, token, key.',
    );
  throw invalidRequest(`${where}: ${issue?.message ?? 'not valid'}.`);
}

const RECENT_MS = 10 * 60_000;

/** A console left open must not be enough to cut off everybody. */
async function refuseOldSignIn(parts: Parts, { signedIn }: Actor, target: Target): Promise<void> {
  const isWide =
    'everyone' in target ||
    'client' in target ||
    'key' in target ||
    ('tenant' in target && !('subject' in target));
  if (signedIn === undefined || !isWide) return;
  const sessions = await parts.authority.sessions.list({ subject: signedIn.subject });
  const current = sessions.find(each => each.id === signedIn.session);
  if (current !== undefined && Date.now() - current.createdAt.getTime() <= RECENT_MS) return;
  throw new Refusal({
    status: 403,
    error: 'login_required',
    description: 'This reaches many people: sign in again first (your sign-in is older than 10 minutes).',
    action: 'login',
  });
}
