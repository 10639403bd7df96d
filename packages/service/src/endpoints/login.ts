/** `/login`: the page, and signing in by form or by JSON. */
import { json, seeOther } from '../answer.ts';
import { askerOf, parametersOf } from '../authorization-request.ts';
import { cookiesOf, settingCookie } from '../browser-session.ts';
import { type Call, mediaType, readFields, required } from '../call.ts';
import { safeReturn } from '../origins.ts';
import { page } from '../pages/layout.ts';
import { loginPage } from '../pages/login-page.ts';
import type { Parts } from '../parts.ts';
import { formSource } from '../redirect-uris.ts';
import { Refusal, refusalOf } from '../refusal.ts';
import { endSessionOf } from '../session-end.ts';
import { signIn } from '../sign-in.ts';

export async function showLogin(call: Call, parts: Parts): Promise<Response> {
  return loginAnswer(call, parts, 200, { returnTo: call.url.searchParams.get('return_to') ?? undefined });
}

/** Never a token in the answer: it lies in the cookie. Always a new session; the one that was there ends. */
export async function login(call: Call, parts: Parts): Promise<Response> {
  const isForm = mediaType(call.request) !== 'application/json';
  const fields = await readFields(call.request, ['username', 'password', 'return_to']);
  const username = fields.get('username') ?? '';
  const returnTo = fields.get('return_to');
  try {
    const found = await signIn(call, parts, required(fields, 'username'), required(fields, 'password'));
    if (found === undefined) throw wrong();
    for (const old of cookiesOf(call.request, parts.settings)) await endSessionOf(old, parts);
    const { pair, account } = found;
    const target =
      safeReturn(returnTo, parts.settings.issuer, parts.clients.origins) ??
      `${parts.settings.issuer}/account`;
    const cookie = settingCookie(pair.refreshToken, parts.settings);
    if (isForm) return seeOther(target, cookie);
    return json({ subject: account.subject, session_id: pair.sessionId, return_to: target }, 200, cookie);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined || !isForm) throw error;
    return loginAnswer(call, parts, refusal.status, { returnTo, username, refusal });
  }
}

/** The same words for an unknown name, a wrong password and a disabled account. */
const wrong = (): Refusal =>
  new Refusal({
    status: 401,
    error: 'invalid_grant',
    description: 'The name or the password is wrong.',
    action: 'login',
  });

interface Shown {
  readonly returnTo: string | undefined;
  readonly username?: string;
  readonly refusal?: Refusal;
}

function loginAnswer(call: Call, parts: Parts, status: number, shown: Shown): Promise<Response> {
  const { issuer } = parts.settings;
  const returnTo = safeReturn(shown.returnTo, issuer, parts.clients.origins);
  const { appName, formAction } = wayFrom(returnTo, parts);
  const markup = loginPage({
    returnTo,
    appName,
    wasSignedIn: cookiesOf(call.request, parts.settings).length > 0,
    username: shown.username ?? '',
    mistake: shown.refusal?.message,
  });
  return page(markup, { status, formAction, headers: shown.refusal?.headers ?? {} });
}

interface Way {
  /** Of the application that sent people here. */
  readonly appName: string | undefined;
  readonly formAction: readonly string[];
}

/** Chromium holds every redirect after a form to `form-action`: also the one from `/authorize` to the client. */
function wayFrom(returnTo: string | undefined, { settings, clients }: Parts): Way {
  if (returnTo === undefined) return { appName: undefined, formAction: [] };
  const { origin, pathname, searchParams } = new URL(returnTo);
  if (origin !== settings.issuer) return { appName: clients.ofOrigin(origin)?.name, formAction: [origin] };
  const asker = pathname === '/authorize' ? askerOf(parametersOf(searchParams), clients) : undefined;
  if (asker === undefined || asker instanceof Refusal) return { appName: undefined, formAction: [] };
  return { appName: asker.client.name, formAction: [formSource(asker.redirectUri)] };
}
