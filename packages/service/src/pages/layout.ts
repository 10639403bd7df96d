/** What every page shares: head, skip link, navigation, headers. */
import { createHash } from 'node:crypto';
import type { Account } from '../accounts.ts';
import { type Html, html, NONE, type Part } from './html.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

/** A place of the console, for its navigation. */
export type Place = 'overview' | 'users';

export interface Page {
  readonly title: string;
  readonly content: Part;
  /** Somebody who is signed in: their name and the ways from here. */
  readonly person?: { readonly account: Account; readonly place: Place | 'account' } | undefined;
  /** Narrow: one form, in the middle. */
  readonly isNarrow?: boolean;
}

const tagOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 12);

export interface Asset {
  readonly path: string;
  /** In its address, so that a new version is never shown with an old style. */
  readonly tag: string;
  readonly text: string;
  readonly type: string;
}

export const ASSETS: Readonly<Record<'style' | 'script', Asset>> = {
  style: { path: '/assets/style.css', tag: tagOf(STYLE), text: STYLE, type: 'text/css; charset=utf-8' },
  script: {
    path: '/assets/page.js',
    tag: tagOf(SCRIPT),
    text: SCRIPT,
    type: 'text/javascript; charset=utf-8',
  },
};

export interface PageOptions {
  readonly status?: number;
  /** Origins besides ours that a form may lead to. */
  readonly formAction?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export async function page(
  content: Page,
  { status = 200, formAction = [], headers = {} }: PageOptions = {},
): Promise<Response> {
  const markup = String(await layout(content));
  return new Response(markup, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy(formAction),
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
      ...headers,
    },
  });
}

const policy = (formAction: readonly string[]): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    `form-action ${["'self'", ...formAction].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

function layout({ title, content, person, isNarrow = false }: Page): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · revocable</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${ASSETS.style.path}?${ASSETS.style.tag}">
<script src="${ASSETS.script.path}?${ASSETS.script.tag}" defer></script>
</head>
<body class="${isNarrow ? 'narrow' : 'wide'}">
<a class="skip" href="#main">Skip to the content</a>
${person === undefined ? NONE : header(person)}
<main id="main">${content as Html}</main>
</body>
</html>`;
}

function header({ account, place }: NonNullable<Page['person']>): Html {
  const isConsole = account.roles.length > 0;
  return html`<header class="bar"><div>
<a class="brand" href="${isConsole ? '/admin' : '/account'}">revocable</a>
<nav aria-label="Pages">
${isConsole ? [link('/admin', 'Overview', place === 'overview'), link('/admin/users', 'Users', place === 'users')] : NONE}
${link('/account', 'My devices', place === 'account')}
</nav>
<form method="post" action="/logout"><span class="who">${account.username}</span><button class="quiet">Sign out</button></form>
</div></header>`;
}

const link = (href: string, words: string, isHere: boolean): Html =>
  isHere ? html`<a href="${href}" aria-current="page">${words}</a>` : html`<a href="${href}">${words}</a>`;
