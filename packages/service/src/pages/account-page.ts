/** `/account`: my devices, and my password. */
import type { Session } from 'revocable';
import type { Account } from '../accounts.ts';
import { count } from '../words.ts';
import { field, type Mistake } from './field.ts';
import { type Html, html, NONE } from './html.ts';
import type { Page } from './layout.ts';
import { moment } from './moment.ts';

export interface AccountPage {
  readonly account: Account;
  readonly sessions: readonly Session[];
  /** The one that asks. */
  readonly current: string;
  readonly passwordMin: number;
  /** Of a client, as people know it. */
  appName(client: string | undefined): string;
  readonly now: number;
  readonly result?: string | undefined;
  readonly mistake?: Mistake | undefined;
}

export function accountPage(shown: AccountPage): Page {
  const { account, sessions, current, now, result, mistake } = shown;
  const newLabel = `New password (${shown.passwordMin} characters or more)`;
  const logins = sessions.filter(each => each.parentId === undefined);
  const appsOf = ({ id }: Session): readonly string[] =>
    [
      ...new Set(sessions.filter(each => each.parentId === id).map(each => shown.appName(each.client))),
    ].sort();
  const others = logins.filter(each => each.id !== current).length;
  const sorted = [...logins].sort((a, b) => Number(b.id === current) - Number(a.id === current));
  return {
    title: 'My devices',
    person: { account, place: 'account' },
    content: html`<h1>My devices</h1>
${result === undefined ? NONE : html`<p class="done" role="status">${result}</p>`}
<ul class="devices">${sorted.map(each => device(each, each.id === current, appsOf(each), now))}</ul>
${others === 0 ? html`<p class="faint">You are signed in nowhere else.</p>` : html`<form method="get" action="/account/end-others"><button class="danger">Sign out my ${others === 1 ? '1 other device' : `${others} other devices`}…</button></form>`}
<section aria-labelledby="password-title">
<h2 id="password-title">Change password</h2>
<form method="post" action="/account/password" class="stack card">
<input type="text" name="username" autocomplete="username" value="${account.username}" aria-label="Name" readonly hidden>
${field({ name: 'current', label: 'Current password', type: 'password', autocomplete: 'current-password', mistake })}
${field({ name: 'new', label: newLabel, type: 'password', autocomplete: 'new-password', mistake })}
<p class="faint">Changing it signs out your other devices.</p>
<button>Change password</button>
</form>
</section>`,
  };
}

function device(session: Session, isCurrent: boolean, apps: readonly string[], now: number): Html {
  return html`<li>
<div><strong>${session.device ?? 'unknown device'}</strong> <span class="faint">${session.address ?? NONE}</span>${isCurrent ? html` <span class="tag good">this device</span>` : NONE}
<br><span class="faint">signed in ${moment(session.createdAt.getTime(), now)} · used ${moment(session.lastUsedAt.getTime(), now)}${apps.length === 0 ? NONE : html` · apps: ${apps.join(', ')}`}</span></div>
${isCurrent ? NONE : html`<form method="post" action="/account/end"><input type="hidden" name="session" value="${session.id}"><button class="danger" aria-label="End ${session.device ?? 'this device'}">End</button></form>`}
</li>`;
}

/** Before it is done: what will happen. */
export function endOthersPage(account: Account, others: readonly Session[]): Page {
  const names = others.map(each => each.device ?? 'unknown device').join(', ');
  return {
    title: 'Sign out my other devices',
    person: { account, place: 'account' },
    content: html`<div class="card confirm">
<h1>Sign out ${count(others.length, 'other device')}?</h1>
<p>Signs out ${names}. This device stays signed in.</p>
<div class="buttons"><a class="button" href="/account" autofocus>Cancel</a>
<form method="post" action="/account/end-others"><button class="danger">Sign out ${count(others.length, 'device')}</button></form></div>
</div>`,
  };
}
