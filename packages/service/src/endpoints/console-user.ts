/** `/admin/users/SUBJECT`: one user's page, and what it can do, each with a page that asks first. */
import type { AuditRow, Session } from 'revocable';
import type { Account } from '../accounts.ts';
import { mayDo } from '../admin-access.ts';
import { seeOther } from '../answer.ts';
import { type Call, readForm, required } from '../call.ts';
import { confirmPage } from '../pages/confirm-page.ts';
import { page } from '../pages/layout.ts';
import { PLANE_WORDS, userPage } from '../pages/user-page.ts';
import type { Parts } from '../parts.ts';
import { invalidRequest, notFound } from '../refusal.ts';
import { type Applied, appliedIn, foresee, type PlaneName, type TakenBack, takeBack } from '../take-back.ts';
import { changeUser } from '../user-changes.ts';
import { count, milliseconds, span } from '../words.ts';
import { asReader, requireConsole } from './console.ts';

const HISTORY = 30;

export function showUserPage(call: Call, parts: Parts): Promise<Response> {
  return asReader(call, parts, async viewer => {
    const account = await accountOf(call, parts);
    const { subject } = account;
    const summary = async (plane: PlaneName): Promise<string> =>
      (await foresee(parts, { subject }, plane)).summary;
    const [sessions, history, access, refresh, session, done] = await Promise.all([
      parts.authority.sessions.list({ subject }),
      parts.store.audit.list({ subject, limit: HISTORY }),
      summary('access'),
      summary('refresh'),
      summary('session'),
      doneBy(call, parts),
    ]);
    return page(
      userPage({
        viewer,
        mayRevoke: mayDo(viewer, 'revocable:revoke'),
        mayChange: mayDo(viewer, 'revocable:admin'),
        account,
        sessions,
        summaries: { access, refresh, session },
        history,
        now: Date.now(),
        ...done,
      }),
    );
  });
}

async function accountOf(call: Call, parts: Parts): Promise<Account> {
  const account = await parts.accounts.get(call.param('subject'));
  if (account === undefined) throw notFound('There is no such user.');
  return account;
}

/** What the order before this page did: its two entries in the audit log, the fact and how it was applied. */
async function doneBy(
  call: Call,
  parts: Parts,
): Promise<{ readonly result?: string; readonly waiting?: string }> {
  const id = Number(call.url.searchParams.get('done') ?? Number.NaN);
  if (!Number.isSafeInteger(id) || id < 1) return {};
  const entries = await parts.store.audit.list({
    before: id + NEAR,
    limit: NEAR,
    subject: call.param('subject'),
  });
  const fact = entries.find(row => row.seq === id && row.event === 'revoked');
  const applied = entries.find(row => row.event === 'revocation.applied' && row.detail?.of === id);
  return fact === undefined || applied === undefined ? {} : doneWords(fact, appliedIn(applied), parts);
}

/** How far apart the two entries can be when others write at the same time. */
const NEAR = 50;

function doneWords(
  fact: AuditRow,
  applied: Applied,
  parts: Parts,
): { readonly result: string; readonly waiting?: string } {
  const devices = Number(fact.detail?.devices ?? 0);
  const by = `by ${applied.applied} of ${applied.live} in ${milliseconds(applied.ms)}`;
  const words = fact.detail?.plane === 'session' ? `${count(devices, 'device')} signed out. ` : '';
  const result = `Done. Applied ${by}. ${words}Audit entry ${fact.seq}`;
  if (applied.waiting.length === 0) return applied.unheard ? { result, waiting: UNHEARD_SINCE } : { result };
  const names = applied.waiting.join(', ');
  return {
    result,
    waiting: `${names} had not answered after ${milliseconds(applied.ms)}: what it cannot check it refuses once it is stale; with policy "allow" it may accept tokens for ${span(parts.settings.access_ttl * 1000)} at most.`,
  };
}

const UNHEARD_SINCE =
  'The store was taken over a moment ago. Services that it has not heard of since may not have applied this yet: they refuse what they cannot check, or apply it when they ask again.';

const PLANES: readonly string[] = Object.keys(PLANE_WORDS);

function planeOf(text: string | null | undefined): PlaneName {
  if (!PLANES.includes(text ?? '')) throw invalidRequest('"plane" is access, refresh or session.');
  return text as PlaneName;
}

export async function askTakeBack(call: Call, parts: Parts): Promise<Response> {
  const { viewer } = await requireConsole(call, parts, 'revocable:revoke');
  const account = await accountOf(call, parts);
  const plane = planeOf(call.url.searchParams.get('plane'));
  const { summary, effect } = await foresee(parts, { subject: account.subject }, plane);
  const sessions = await parts.authority.sessions.list({ subject: account.subject });
  const isBoth = plane === 'session';
  return page(
    confirmPage({
      viewer,
      question: isBoth
        ? `Sign out ${account.username} everywhere?`
        : `Refuse ${account.username}’s ${PLANE_WORDS[plane].title.toLowerCase()}?`,
      sentence: `${withNames(summary, sessions)} It cannot be undone; ${account.username} can sign in again at once.`,
      action: `/admin/users/${account.subject}/take-back`,
      back: `/admin/users/${account.subject}`,
      button: isBoth ? `Sign out ${count(effect.devices, 'device')}` : PLANE_WORDS[plane].button,
      fields: { plane },
      asksReason: true,
    }),
  );
}

/** "Signs out 3 devices (Firefox on Linux, Chrome on Android, curl); …" */
function withNames(summary: string, sessions: readonly Session[]): string {
  const names = sessions
    .filter(each => each.parentId === undefined)
    .map(each => each.device ?? 'unknown device');
  return summary.replace(
    /^(Signs out \d[\d,]* devices?)/,
    `$1 (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''})`,
  );
}

export async function takeBackUser(call: Call, parts: Parts): Promise<Response> {
  const actor = await requireConsole(call, parts, 'revocable:revoke');
  const { subject } = await accountOf(call, parts);
  const form = await readForm(call.request, ['plane', 'reason']);
  return done(
    parts,
    subject,
    await takeBack(parts, actor, {
      target: { subject },
      plane: planeOf(form.get('plane')),
      reason: form.get('reason'),
    }),
  );
}

const done = (parts: Parts, subject: string, { id }: TakenBack): Response =>
  seeOther(`${parts.settings.issuer}/admin/users/${subject}?done=${id}`);

export async function askEnd(call: Call, parts: Parts): Promise<Response> {
  const { viewer } = await requireConsole(call, parts, 'revocable:revoke');
  const { subject, username } = await accountOf(call, parts);
  const session = await sessionOf(parts, subject, call.url.searchParams.get('session'));
  const { summary } = await foresee(parts, { session: session.id }, 'session');
  return page(
    confirmPage({
      viewer,
      question: `End ${session.device ?? 'this device'}?`,
      sentence: `${withNames(summary, [session])} ${username} can sign in there again at once.`,
      action: `/admin/users/${subject}/end`,
      back: `/admin/users/${subject}`,
      button: 'End this device',
      fields: { session: session.id },
      asksReason: true,
    }),
  );
}

export async function endUserSession(call: Call, parts: Parts): Promise<Response> {
  const actor = await requireConsole(call, parts, 'revocable:revoke');
  const { subject } = await accountOf(call, parts);
  const form = await readForm(call.request, ['session', 'reason']);
  const { id } = await sessionOf(parts, subject, required(form, 'session'));
  const order = { target: { session: id }, plane: 'session', reason: form.get('reason'), subject } as const;
  return done(parts, subject, await takeBack(parts, actor, order));
}

async function sessionOf(parts: Parts, subject: string, id: string | null): Promise<Session> {
  const sessions = await parts.authority.sessions.list({ subject });
  const found = sessions.find(each => each.id === id);
  if (found === undefined) throw notFound('This session is over already.');
  return found;
}

export async function askDisable(call: Call, parts: Parts): Promise<Response> {
  const { viewer } = await requireConsole(call, parts, 'revocable:admin');
  const { subject, username } = await accountOf(call, parts);
  const { summary } = await foresee(parts, { subject }, 'session');
  const sessions = await parts.authority.sessions.list({ subject });
  return page(
    confirmPage({
      viewer,
      question: `Disable ${username}?`,
      sentence: `${withNames(summary, sessions)} ${username} cannot sign in until the account is enabled again.`,
      action: `/admin/users/${subject}/disable`,
      back: `/admin/users/${subject}`,
      button: `Disable ${username}`,
    }),
  );
}

export const disableUser = (call: Call, parts: Parts): Promise<Response> => setDisabled(call, parts, true);
export const enableUser = (call: Call, parts: Parts): Promise<Response> => setDisabled(call, parts, false);

async function setDisabled(call: Call, parts: Parts, disabled: boolean): Promise<Response> {
  const actor = await requireConsole(call, parts, 'revocable:admin');
  const { subject } = await changeUser(parts, actor, call.param('subject'), { disabled });
  return seeOther(`${parts.settings.issuer}/admin/users/${subject}`);
}
