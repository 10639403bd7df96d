/** `/login`: the page, and signing in by form or by JSON. */
import { json, seeOther } from '../answer.ts';
import { cookiesOf, settingCookie } from '../browser-session.ts';
import { type Call, mediaType, readFields, required } from '../call.ts';
import { safeReturn } from '../origins.ts';
import { page } from '../pages/layout.ts';
import { loginPage } from '../pages/login-page.ts';
import type { Parts } from '../parts.ts';
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
  const origin = returnTo === undefined ? issuer : new URL(returnTo).origin;
  const markup = loginPage({
    returnTo,
    appName: parts.clients.ofOrigin(origin)?.name,
    wasSignedIn: cookiesOf(call.request, parts.settings).length > 0,
    username: shown.username ?? '',
    mistake: shown.refusal?.message,
  });
  // Chromium holds the redirect after a form to `form-action` as well.
  return page(markup, {
    status,
    formAction: origin === issuer ? [] : [origin],
    headers: shown.refusal?.headers ?? {},
  });
}
