/** `/admin` and `/admin/users`: the console's pages for reading, and its form for a new user. */
import type { Account } from '../accounts.ts';
import { type Actor, type AdminScope, adminByCookie, mayDo, requireAdmin } from '../admin-access.ts';
import { seeOther } from '../answer.ts';
import { type Call, readForm, required } from '../call.ts';
import { page } from '../pages/layout.ts';
import { overviewPage } from '../pages/overview-page.ts';
import { type UserRow, type UsersPage, usersPage } from '../pages/users-page.ts';
import type { Parts } from '../parts.ts';
import { forbidden, refusalOf } from '../refusal.ts';
import { createUser } from '../user-changes.ts';
import { verifiers } from '../verifiers.ts';
import { pathOf, toLogin } from './account.ts';

/** The page for whoever may read the console; others are told, and whoever is nobody goes to the login page. */
export async function asReader(
  call: Call,
  parts: Parts,
  show: (viewer: Account) => Promise<Response>,
): Promise<Response> {
  const person = await adminByCookie(call, parts);
  if (person === undefined) return toLogin(pathOf(call), parts);
  if (!mayDo(person.account, 'revocable:read')) throw forbidden('The console is for admins and auditors.');
  return show(person.account);
}

/** By cookie alone: pages are for people. */
export async function requireConsole(
  call: Call,
  parts: Parts,
  scope: AdminScope,
): Promise<Actor & { readonly viewer: Account }> {
  const actor = await requireAdmin(call, parts, scope);
  if (actor.signedIn === undefined) throw forbidden('The pages of the console want a signed-in admin.');
  return { ...actor, viewer: actor.signedIn.account };
}

export function showOverview(call: Call, parts: Parts): Promise<Response> {
  return asReader(call, parts, async account => {
    const [status, standing, accounts, [applied]] = await Promise.all([
      parts.authority.status(),
      verifiers(parts),
      parts.accounts.list(),
      parts.store.audit.list({ event: 'revocation.applied', limit: 1 }),
    ]);
    const signs = status.keys.find(key => key.state === 'active');
    return page(
      overviewPage({
        account,
        sessions: status.sessions,
        users: accounts.length,
        verifiers: standing,
        keyAgeMs: signs?.activatedAt === undefined ? undefined : Date.now() - signs.activatedAt,
        last: applied?.detail as { live: number; applied: number; ms: number } | undefined,
        accessTtlMs: parts.settings.access_ttl * 1000,
        issuer: parts.settings.issuer,
      }),
    );
  });
}

export function showUsers(call: Call, parts: Parts): Promise<Response> {
  const { searchParams } = call.url;
  const made = searchParams.get('made');
  return asReader(call, parts, viewer =>
    usersAnswer(parts, viewer, 200, {
      query: searchParams.get('q') ?? '',
      result: made === null ? undefined : `Done. ${made} can sign in now.`,
    }),
  );
}

type Shown = Pick<UsersPage, 'query' | 'result' | 'mistake' | 'typed'>;

async function usersAnswer(parts: Parts, viewer: Account, status: number, shown: Shown): Promise<Response> {
  const [found, all] = await Promise.all([parts.accounts.list(shown.query), parts.accounts.list()]);
  const rows = await Promise.all(found.slice(0, MOST_ROWS).map(account => rowOf(parts, account)));
  const { password_min: passwordMin } = parts.settings;
  const mayChange = mayDo(viewer, 'revocable:admin');
  return page(
    usersPage({ viewer, mayChange, rows, total: all.length, passwordMin, now: Date.now(), ...shown }),
    { status },
  );
}

/** A page that one can look through; the search finds the others. */
const MOST_ROWS = 200;

async function rowOf({ authority }: Parts, account: Account): Promise<UserRow> {
  const sessions = await authority.sessions.list({ subject: account.subject });
  const devices = sessions.filter(each => each.parentId === undefined).length;
  return { account, devices, lastUsed: sessions[0]?.lastUsedAt.getTime() };
}

export async function makeUser(call: Call, parts: Parts): Promise<Response> {
  const actor = await requireConsole(call, parts, 'revocable:admin');
  const form = await readForm(call.request, ['username', 'password']);
  const typed = form.get('username') ?? '';
  try {
    const { username } = await createUser(parts, actor, {
      username: required(form, 'username'),
      password: required(form, 'password'),
    });
    return seeOther(`${parts.settings.issuer}/admin/users?made=${encodeURIComponent(username)}`);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined || refusal.status >= 500) throw error;
    const mistake = { field: refusal.field ?? 'username', words: refusal.message };
    return usersAnswer(parts, actor.viewer, refusal.status, { query: '', mistake, typed });
  }
}
