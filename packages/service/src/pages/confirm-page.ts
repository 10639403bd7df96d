/** Before something that cannot be undone: what will happen, a reason, and Cancel first. */
import type { Account } from '../accounts.ts';
import { type Html, html, NONE } from './html.ts';
import type { Page } from './layout.ts';

export interface ConfirmPage {
  readonly viewer: Account;
  readonly question: string;
  readonly sentence: string;
  /** Where the form goes, and where Cancel does. */
  readonly action: string;
  readonly back: string;
  readonly button: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly asksReason?: boolean;
}

export function confirmPage({
  viewer,
  question,
  sentence,
  action,
  back,
  button,
  fields = {},
  asksReason = false,
}: ConfirmPage): Page {
  const hidden = Object.entries(fields).map(
    ([name, value]): Html => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return {
    title: question,
    person: { account: viewer, place: 'users' },
    content: html`<div class="card confirm">
<h1>${question}</h1>
<p>${sentence}</p>
<form method="post" action="${action}" class="stack">${hidden}
${asksReason ? html`<div class="field"><label for="reason">Reason <span class="faint">(for the audit log)</span></label><input id="reason" name="reason" maxlength="200" autocomplete="off"></div>` : NONE}
<div class="buttons"><a class="button" href="${back}" autofocus>Cancel</a><button class="danger">${button}</button></div>
</form></div>`,
  };
}
