/** `/sessions`: my devices, as JSON, by cookie or by the access token of one of them. */
import type { Session } from 'revocable';
import { json, noContent } from '../answer.ts';
import { requireCookie, requireSignedIn, type SignedIn } from '../browser-session.ts';
import type { Call } from '../call.ts';
import type { Parts } from '../parts.ts';
import { notFound } from '../refusal.ts';
import { timestamp } from '../words.ts';

export async function listSessions(call: Call, parts: Parts): Promise<Response> {
  const caller = await requireSignedIn(call, parts);
  const sessions = await parts.authority.sessions.list({ subject: caller.subject });
  const shown = sessions.filter(each => isSeenBy(caller, each));
  return json({ sessions: shown.map(each => sessionAnswer(each, caller.session)) });
}

export async function endSession(call: Call, parts: Parts): Promise<Response> {
  const caller = await requireSignedIn(call, parts);
  await endOwnSession(parts, caller, call.param('id'));
  return noContent();
}

/** The caller's session goes on. */
export async function endOtherSessions(call: Call, parts: Parts): Promise<Response> {
  const { subject, session } = await requireCookie(call, parts);
  return json({ ended: await endOthers(parts, subject, session) });
}

/** An application, and whoever it shows its token to, has no business with a person's other devices. */
const isSeenBy = ({ client }: SignedIn, session: Session): boolean =>
  client === undefined || session.client === client;

/** @throws {Refusal} 404, also for somebody else's session: whose it is nobody needs to know */
export async function endOwnSession(parts: Parts, caller: SignedIn, id: string): Promise<void> {
  const { subject } = caller;
  const sessions = await parts.authority.sessions.list({ subject });
  if (!sessions.some(each => each.id === id && isSeenBy(caller, each)))
    throw notFound('You have no such session.');
  await parts.authority.sessions.end(id);
  await parts.store.audit.append({
    event: 'session_ended',
    actor: subject,
    subject,
    detail: { session: id },
  });
}

export async function endOthers(parts: Parts, subject: string, session: string): Promise<number> {
  const { ended } = await parts.authority.sessions.endOthers(session);
  await parts.store.audit.append({
    event: 'other_sessions_ended',
    actor: subject,
    subject,
    detail: { ended },
  });
  return ended;
}

function sessionAnswer(session: Session, current: string): Readonly<Record<string, unknown>> {
  return {
    id: session.id,
    parent_id: session.parentId ?? null,
    client_id: session.client ?? null,
    device: session.device ?? null,
    address: session.address ?? null,
    created_at: timestamp(session.createdAt.getTime()),
    last_used_at: timestamp(session.lastUsedAt.getTime()),
    expires_at: timestamp(session.expiresAt.getTime()),
    current: session.id === current,
  };
}
