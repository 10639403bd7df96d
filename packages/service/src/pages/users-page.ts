/** `/admin/users`: everybody, and a form for somebody new. */
import type { Account } from '../accounts.ts';
import { field, type Mistake } from './field.ts';
import { type Html, html, NONE } from './html.ts';
import type { Page } from './layout.ts';
import { moment } from './moment.ts';

export interface UserRow {
  readonly account: Account;
  readonly devices: number;
  /** Milliseconds; undefined when they are signed in nowhere. */
  readonly lastUsed: number | undefined;
}

export interface UsersPage {
  readonly viewer: Account;
  readonly mayChange: boolean;
  readonly query: string;
  readonly rows: readonly UserRow[];
  readonly total: number;
  readonly passwordMin: number;
  readonly now: number;
  readonly result?: string | undefined;
  readonly mistake?: Mistake | undefined;
  /** What was typed when it was a mistake. */
  readonly typed?: string | undefined;
}

export function usersPage(shown: UsersPage): Page {
  const { viewer, query, rows, total, result } = shown;
  return {
    title: 'Users',
    person: { account: viewer, place: 'users' },
    content: html`<h1>Users</h1>
${result === undefined ? NONE : html`<p class="done" role="status">${result}</p>`}
<form method="get" action="/admin/users" class="search" role="search">
<input type="search" name="q" value="${query}" aria-label="Name or id" placeholder="Name or id">
<button>Search</button>
</form>
<div class="scroll">${rows.length === 0 ? html`<p class="empty">No user matches “${query}”. <a href="/admin/users">Clear</a></p>` : table(shown)}</div>
<p class="faint after">${rows.length} of ${total}</p>
${shown.mayChange ? newUser(shown) : NONE}`,
  };
}

function table({ rows, now }: UsersPage): Html {
  return html`<table>
<thead><tr><th scope="col">Name</th><th scope="col">Id</th><th scope="col">Roles</th><th scope="col">Devices</th><th scope="col">Last used</th></tr></thead>
<tbody>${rows.map(
    ({ account, devices, lastUsed }) => html`<tr>
<td><a class="row" href="/admin/users/${account.subject}">${account.username}</a></td>
<td data-label="Id"><code title="${account.subject}">${account.subject.slice(0, 8)}…</code></td>
<td data-label="Roles">${account.roles.join(', ') || '–'}</td>
<td data-label="Devices">${devices}</td>
<td data-label="Last used">${account.disabled ? html`<span class="tag bad">disabled</span>` : lastUsed === undefined ? '–' : moment(lastUsed, now)}</td>
</tr>`,
  )}</tbody></table>`;
}

function newUser({ passwordMin, mistake, typed }: UsersPage): Html {
  const label = `Password (${passwordMin} characters or more)`;
  return html`<details ${mistake === undefined ? NONE : 'open'}><summary>New user</summary>
<form method="post" action="/admin/users" class="stack card">
${field({ name: 'username', label: 'Name', type: 'text', autocomplete: 'off', value: typed, mistake })}
${field({ name: 'password', label, type: 'password', autocomplete: 'new-password', mistake })}
<button>Make this user</button>
</form></details>`;
}
