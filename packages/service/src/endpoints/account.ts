/** `/account`: my devices and my password, as pages. */

import { type Account, nameKey } from '../accounts.ts';
import { adminByCookie } from '../admin-access.ts';
import { seeOther } from '../answer.ts';
import { type SignedIn, settingCookie } from '../browser-session.ts';
import { type Call, readForm, required } from '../call.ts';
import { type AccountPage, accountPage, endOthersPage } from '../pages/account-page.ts';
import { page } from '../pages/layout.ts';
import type { Parts } from '../parts.ts';
import { Refusal, refusalOf } from '../refusal.ts';
import { startSession } from '../sign-in.ts';
import { count } from '../words.ts';
import { endOthers, endOwnSession } from './sessions.ts';

type Person = SignedIn & { readonly account: Account };

export async function showAccount(call: Call, parts: Parts): Promise<Response> {
  const person = await adminByCookie(call, parts);
  if (person === undefined) return toLogin(pathOf(call), parts);
  return accountAnswer(parts, person, 200, { result: resultOf(call.url.searchParams) });
}

/** The page again after signing in. */
export function toLogin(path: string, { settings }: Parts): Response {
  return seeOther(`${settings.issuer}/login?return_to=${encodeURIComponent(path)}`);
}

export const pathOf = ({ url }: Call): string => url.pathname + url.search;

function resultOf(query: URLSearchParams): string | undefined {
  const ended = Number(query.get('ended') ?? Number.NaN);
  if (Number.isInteger(ended) && ended >= 0) return `Done. ${count(ended, 'device')} signed out.`;
  return query.has('changed')
    ? 'Done. Your password is changed, and your other devices are signed out.'
    : undefined;
}

async function accountAnswer(
  parts: Parts,
  { account, session }: Person,
  status: number,
  more: Pick<AccountPage, 'result' | 'mistake'>,
): Promise<Response> {
  const sessions = await parts.authority.sessions.list({ subject: account.subject });
  const passwordMin = parts.settings.password_min;
  const appName = (client = ''): string => parts.clients.get(client)?.name ?? client;
  const shown = { account, sessions, current: session, passwordMin, appName, now: Date.now(), ...more };
  return page(accountPage(shown), { status });
}

export async function endDevice(call: Call, parts: Parts): Promise<Response> {
  const person = await requirePerson(call, parts);
  await endOwnSession(parts, person, required(await readForm(call.request, ['session']), 'session'));
  return seeOther(`${parts.settings.issuer}/account?ended=1`);
}

export async function askEndOthers(call: Call, parts: Parts): Promise<Response> {
  const person = await adminByCookie(call, parts);
  if (person === undefined) return toLogin(pathOf(call), parts);
  const sessions = await parts.authority.sessions.list({ subject: person.subject });
  const others = sessions.filter(each => each.id !== person.session && each.parentId === undefined);
  return page(endOthersPage(person.account, others));
}

export async function endOtherDevices(call: Call, parts: Parts): Promise<Response> {
  const { subject, session } = await requirePerson(call, parts);
  const ended = await endOthers(parts, subject, session);
  return seeOther(`${parts.settings.issuer}/account?ended=${ended}`);
}

async function requirePerson(call: Call, parts: Parts): Promise<Person> {
  const person = await adminByCookie(call, parts);
  if (person === undefined)
    throw new Refusal({
      status: 401,
      error: 'login_required',
      description: 'Nobody is signed in here.',
      action: 'login',
    });
  return person;
}

/** The fact, then everything given before it is taken back; whoever changes it goes on with a new session. */
export async function changePassword(call: Call, parts: Parts): Promise<Response> {
  const person = await requirePerson(call, parts);
  const form = await readForm(call.request, ['current', 'new']);
  const { subject } = person;
  const name = nameKey(person.account.username);
  try {
    await parts.signInAttempts.begin(name, call.address);
    const isRight = await parts.accounts.authenticate(person.account.username, required(form, 'current'));
    if (isRight === undefined)
      return accountAnswer(parts, person, 401, wrongField('current', 'This is not your password.'));
    await parts.signInAttempts.succeeded(name, call.address);
    await parts.accounts.change(subject, { password: required(form, 'new') });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined || refusal.status >= 500) throw error;
    return accountAnswer(
      parts,
      person,
      refusal.status,
      wrongField(refusal.status === 429 ? 'current' : 'new', refusal.message),
    );
  }
  await parts.authority.revoke({ subject }, { reason: 'password changed' });
  await parts.store.audit.append({ event: 'password_changed', actor: subject, subject });
  const fresh = await startSession(call, parts, subject);
  const cookie = fresh === undefined ? {} : settingCookie(fresh.pair.refreshToken, parts.settings);
  return seeOther(`${parts.settings.issuer}/account?changed`, cookie);
}

const wrongField = (field: 'current' | 'new', words: string): Pick<AccountPage, 'mistake'> => ({
  mistake: { field, words },
});
