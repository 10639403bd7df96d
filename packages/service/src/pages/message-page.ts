/** A page that says what went wrong, and what to do next. */
import type { Refusal } from '../refusal.ts';
import { html, NONE } from './html.ts';
import type { Page } from './layout.ts';

const TITLES: Readonly<Record<number, string>> = {
  400: 'That did not work',
  403: 'Not allowed',
  404: 'Not found',
  409: 'That cannot be done',
  429: 'Too many tries',
  500: 'A mistake of ours',
  503: 'Not available at the moment',
};

export function messagePage(refusal: Refusal): Page {
  const title = TITLES[refusal.status] ?? TITLES[400] ?? '';
  return {
    title,
    isNarrow: true,
    content: html`<div class="card">
<h1>${title}</h1>
<p role="alert">${refusal.message}</p>
<p class="faint">${nextStep(refusal)}</p>
<div class="buttons"><a class="button" href="/account">My devices</a>${refusal.action === 'login' || refusal.status === 403 ? html`<a class="button" href="/login">Sign in</a>` : NONE}</div>
</div>`,
  };
}

function nextStep({ status, headers }: Refusal): string {
  switch (status) {
    case 403:
      return 'Sign in with an account that may do this, or ask an admin.';
    case 404:
      return 'Go back and choose again: what was here may be gone.';
    case 503:
      return `Nobody is signed out. Try again in ${headers['retry-after'] ?? 'a few'} s.`;
    case 500:
      return 'Tell the operator this reference: it is in the log.';
    default:
      return 'Go back, change what is wrong, and try again.';
  }
}
