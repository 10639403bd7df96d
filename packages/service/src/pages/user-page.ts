/** `/admin/users/SUBJECT`: one person, and taking back what they were given. */
import type { AuditRow, Session } from 'revocable';
import type { Account } from '../accounts.ts';
import type { PlaneName } from '../take-back.ts';
import { history } from './history.ts';
import { type Html, html, NONE } from './html.ts';
import type { Page } from './layout.ts';
import { moment } from './moment.ts';

export interface UserPage {
  readonly viewer: Account;
  readonly mayRevoke: boolean;
  readonly mayChange: boolean;
  readonly account: Account;
  readonly sessions: readonly Session[];
  /** What each button would do. */
  readonly summaries: Readonly<Record<PlaneName, string>>;
  readonly history: readonly AuditRow[];
  readonly now: number;
  readonly result?: string | undefined;
  /** A part of the verifiers has not answered. */
  readonly waiting?: string | undefined;
}

export const PLANE_WORDS: Readonly<Record<PlaneName, { readonly title: string; readonly button: string }>> = {
  access: { title: 'Access tokens', button: 'Refuse access tokens' },
  refresh: { title: 'Refresh tokens', button: 'Refuse refresh tokens' },
  session: { title: 'Both', button: 'Sign out everywhere' },
};

export function userPage(shown: UserPage): Page {
  const { viewer, account, result, waiting, mayRevoke } = shown;
  return {
    title: account.username,
    person: { account: viewer, place: 'users' },
    content: html`<div class="head">
<h1>${account.username}</h1>
<span class="tag ${account.disabled ? 'bad' : 'good'}">${account.disabled ? 'disabled' : 'active'}</span>
<code>${account.subject}</code>
<span class="faint">roles: ${account.roles.join(', ') || '–'}</span>
${shown.mayChange ? disabling(account) : NONE}
</div>
${result === undefined ? NONE : html`<p class="done" role="status">${result}</p>`}
${waiting === undefined ? NONE : html`<p class="wrong" role="alert">${waiting}</p>`}
${mayRevoke ? html`<h2>Take back</h2><div class="planes">${(['access', 'refresh', 'session'] as const).map(plane => planeCard(shown, plane))}</div>` : NONE}
<h2>Devices</h2>
<div class="scroll">${devices(shown)}</div>
<h2>History</h2>
${history(shown.history, shown.now)}`,
  };
}

function disabling({ subject, disabled }: Account): Html {
  return disabled
    ? html`<form method="post" action="/admin/users/${subject}/enable"><button>Enable</button></form>`
    : html`<form method="get" action="/admin/users/${subject}/disable"><button class="danger">Disable…</button></form>`;
}

function planeCard({ account, summaries }: UserPage, plane: PlaneName): Html {
  const { title, button } = PLANE_WORDS[plane];
  return html`<section class="card" aria-labelledby="plane-${plane}">
<h3 id="plane-${plane}">${title}</h3>
<p>${summaries[plane]}</p>
<form method="get" action="/admin/users/${account.subject}/take-back">
<input type="hidden" name="plane" value="${plane}"><button class="danger">${button}…</button>
</form></section>`;
}

function devices({ account, sessions, now, mayRevoke }: UserPage): Html {
  if (sessions.length === 0) return html`<p class="empty">${account.username} is signed in nowhere.</p>`;
  return html`<table>
<thead><tr><th scope="col">Device</th><th scope="col">Address</th><th scope="col">App</th><th scope="col">Signed in</th><th scope="col">Last used</th>${mayRevoke ? html`<th scope="col"><span class="unseen">Action</span></th>` : NONE}</tr></thead>
<tbody>${sessions.map(
    each => html`<tr>
<td><strong>${each.device ?? 'unknown device'}</strong></td>
<td data-label="Address">${each.address ?? '–'}</td>
<td data-label="App">${each.client ?? '–'}</td>
<td data-label="Signed in">${moment(each.createdAt.getTime(), now)}</td>
<td data-label="Last used">${moment(each.lastUsedAt.getTime(), now)}</td>
${mayRevoke ? html`<td class="act"><form method="get" action="/admin/users/${account.subject}/end"><input type="hidden" name="session" value="${each.id}"><button class="danger" aria-label="End ${each.device ?? 'this device'}…">End…</button></form></td>` : NONE}
</tr>`,
  )}</tbody></table>`;
}
