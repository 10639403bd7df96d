/** `/login` */
import { html, NONE } from './html.ts';
import type { Page } from './layout.ts';

export interface LoginPage {
  readonly returnTo: string | undefined;
  /** Of the application that sent people here. */
  readonly appName: string | undefined;
  /** A session that is over was presented. */
  readonly wasSignedIn: boolean;
  readonly username: string;
  readonly mistake: string | undefined;
}

export function loginPage({ returnTo, appName, wasSignedIn, username, mistake }: LoginPage): Page {
  const title = appName === undefined ? 'Sign in' : `Sign in to ${appName}`;
  const isAgain = mistake !== undefined && username !== '';
  const described = mistake === undefined ? NONE : html`aria-invalid="true" aria-describedby="mistake"`;
  return {
    title,
    isNarrow: true,
    content: html`<div class="card">
<h1>${title}</h1>
${returnTo === undefined || mistake !== undefined ? NONE : html`<p class="note" role="status">${wasSignedIn ? 'You were signed out. ' : NONE}Sign in to go on where you were.</p>`}
<form method="post" action="/login" class="stack">
${returnTo === undefined ? NONE : html`<input type="hidden" name="return_to" value="${returnTo}">`}
<div class="field">
<label for="username">Name</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="100" required value="${username}" ${isAgain ? NONE : html`autofocus`} ${described}>
</div>
<div class="field">
<label for="password">Password</label>
<div class="with-button">
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1000" required ${isAgain ? html`autofocus` : NONE} ${described}>
<button type="button" class="quiet" data-shows="password" aria-pressed="false" hidden>Show</button>
</div>
${mistake === undefined ? NONE : html`<p class="mistake" id="mistake" role="alert">${mistake}</p>`}
</div>
<button class="main">Sign in</button>
</form>
</div>`,
  };
}
