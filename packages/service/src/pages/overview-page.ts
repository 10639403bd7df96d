/** `/admin`: what is wrong now, and the figures of the moment. */
import type { Account } from '../accounts.ts';
import type { VerifierStanding } from '../verifiers.ts';
import { count, milliseconds, span } from '../words.ts';
import { type Html, html, NONE } from './html.ts';
import type { Page } from './layout.ts';

export interface OverviewPage {
  readonly account: Account;
  readonly sessions: number;
  readonly users: number;
  readonly verifiers: readonly VerifierStanding[];
  readonly keyAgeMs: number | undefined;
  /** The newest entry about it in the audit log. */
  readonly last: { readonly live: number; readonly applied: number; readonly ms: number } | undefined;
  readonly accessTtlMs: number;
  readonly issuer: string;
}

export function overviewPage(shown: OverviewPage): Page {
  const { account, verifiers, last } = shown;
  const stale = verifiers.filter(each => each.state === 'stale');
  return {
    title: 'Overview',
    person: { account, place: 'overview' },
    content: html`<h1>Overview</h1>
${stale.length === 0 ? NONE : html`<section aria-labelledby="wrong"><h2 id="wrong">Wrong now</h2>${stale.map(each => html`<p class="wrong">${each.name} has heard nothing for ${span(each.staleness_ms)}</p>`)}</section>`}
<dl class="figures">
${figure('Sessions', shown.sessions.toLocaleString('en'))}
${figure('Users', shown.users.toLocaleString('en'))}
${figure('Stalest verifier', verifiers.length === 0 ? '–' : `${(Math.max(...verifiers.map(each => each.staleness_ms)) / 1000).toFixed(1)} s`)}
${figure('Signing key', shown.keyAgeMs === undefined ? '–' : `${span(shown.keyAgeMs)} old`)}
</dl>
${last === undefined ? NONE : html`<p class="faint after">Last revocation applied by ${last.applied} of ${last.live} in ${milliseconds(last.ms)}.</p>`}
<h2>Verifiers</h2>
${verifiers.length === 0 ? noVerifiers(shown) : table(verifiers)}`,
  };
}

const figure = (name: string, value: string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

function table(verifiers: readonly VerifierStanding[]): Html {
  return html`<div class="scroll"><table>
<caption class="unseen">${count(verifiers.length, 'verifier')}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">State</th><th scope="col">Heard</th><th scope="col">When stale</th></tr></thead>
<tbody>${verifiers.map(
    each => html`<tr>
<td><strong>${each.name}</strong></td>
<td data-label="State"><span class="tag ${each.state === 'live' ? 'good' : 'bad'}">${each.state}</span></td>
<td data-label="Heard">${(each.staleness_ms / 1000).toFixed(1)} s ago</td>
<td data-label="When stale">${each.when_stale === 'reject' ? 'answers 503 to what it cannot check' : 'accepts what it cannot check'}</td>
</tr>`,
  )}</tbody></table></div>`;
}

function noVerifiers({ accessTtlMs, issuer }: OverviewPage): Html {
  return html`<p>No verifier is connected: a revocation stops refresh and introspection at once, other services only when the access token ends (${span(accessTtlMs)}).</p>
<pre><code>import { createVerifier, followRevocations, remoteKeySet } from 'revocable';
const revocation = await followRevocations('${issuer}/revocations', { name: 'orders', clientId, clientSecret });
const keys = remoteKeySet('${issuer}/.well-known/jwks.json');
const verifier = createVerifier({ keys, issuer: '${issuer}', audience: 'api', revocation });
app.use(authenticate({ verifier })); // from 'revocable/express'</code></pre>`;
}
