/** `GET /logout`: following a link must not sign anybody out, so here is a button. */
import { html } from './html.ts';
import type { Page } from './layout.ts';

export function logoutPage(): Page {
  return {
    title: 'Sign out',
    isNarrow: true,
    content: html`<div class="card">
<h1>Sign out</h1>
<p>Ends your session on this device.</p>
<form method="post" action="/logout" class="stack">
<label class="choice"><input type="checkbox" name="all" value="true"> on all my devices</label>
<button class="main">Sign out</button>
</form>
<p class="after"><a href="/account">Back to my devices</a></p>
</div>`,
  };
}
