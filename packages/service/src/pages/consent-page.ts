/** Before a program on the person's own machine gets a code: any program there could have asked. */
import type { Account } from '../accounts.ts';
import { type Html, html } from './html.ts';
import type { Page } from './layout.ts';

export interface ConsentPage {
  readonly account: Account;
  readonly appName: string;
  /** The request, sent again with the decision. */
  readonly fields: Readonly<Record<string, string>>;
}

export function consentPage({ account, appName, fields }: ConsentPage): Page {
  const title = `Sign in to ${appName} as ${account.username}?`;
  const hidden = Object.entries(fields).map(
    ([name, value]): Html => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return {
    title,
    isNarrow: true,
    content: html`<div class="card confirm">
<h1>${title}</h1>
<p>A program on this computer says that it is ${appName}, and will be able to act as you there. If you did not just start it, deny.</p>
<form method="post" action="/authorize" class="stack">${hidden}
<div class="buttons"><button name="decision" value="deny" autofocus>Deny</button><button class="main" name="decision" value="allow">Sign in</button></div>
</form></div>`,
  };
}
