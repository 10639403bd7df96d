/** The browser session: one cookie that holds the refresh token, and who it stands for. */
import { TokenError } from 'revocable';
import { cookieValues, refuseCrossOrigin, sessionCookie, sessionCookieName } from 'revocable/fetch';
import type { Account, Role } from './accounts.ts';
import { type Call, requiredToken, tokenOf } from './call.ts';
import { cameWith } from './dpop.ts';
import { isSecure } from './origins.ts';
import type { Parts } from './parts.ts';
import { bearerRefusal, boundRefusal, invalidRequest, Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';

/** Whoever is signed in, by cookie or by an access token of that session. */
export interface SignedIn {
  readonly subject: string;
  readonly session: string;
  /** The application whose token it is; undefined: the person's own login. */
  readonly client?: string;
}

/** All that were sent under the name of ours. */
export function cookiesOf(request: Request, settings: Settings): string[] {
  const name = sessionCookieName(isSecure(settings.issuer));
  return cookieValues(request.headers.get('cookie') ?? undefined, name).filter(value => value !== '');
}

/** @throws {Refusal} invalid_request for two cookies of that name: nobody knows which is the right one */
export function cookieOf(request: Request, settings: Settings): string | undefined {
  const [cookie, ...others] = cookiesOf(request, settings);
  if (others.length > 0) throw invalidRequest(`There are ${others.length + 1} session cookies.`);
  return cookie;
}

/** Set-Cookie with a refresh token. */
export function settingCookie(refreshToken: string, settings: Settings): Readonly<Record<string, string>> {
  return {
    'set-cookie': sessionCookie(refreshToken, {
      secure: isSecure(settings.issuer),
      maxAge: settings.refresh_idle,
    }),
  };
}

/** Only logout removes it: a late refusal would remove another tab's new one. */
export function removingCookie(settings: Settings): Readonly<Record<string, string>> {
  return { 'set-cookie': sessionCookie('', { secure: isSecure(settings.issuer), maxAge: 0 }) };
}

/**
 * The rule against forged requests: a bearer token passes, for no foreign page can add one.
 * @throws {RequestError} ERR_CROSS_ORIGIN
 */
export function refuseForged(request: Request, parts: Parts, registered: boolean): void {
  if (tokenOf(request) !== undefined) return;
  const origins = registered ? [parts.settings.issuer, ...parts.clients.origins] : [parts.settings.issuer];
  const header = (name: string): string | undefined => request.headers.get(name) ?? undefined;
  refuseCrossOrigin({ method: request.method, url: request.url, header }, origins);
}

/** Who the cookie stands for; undefined when there is none, or its session is over. */
export async function signedInByCookie(call: Call, parts: Parts): Promise<SignedIn | undefined> {
  const cookie = cookieOf(call.request, parts.settings);
  if (cookie === undefined) return undefined;
  const answer = await parts.authority.introspect(cookie);
  return answer.active && answer.token_type === 'refresh_token' ? signedIn(answer) : undefined;
}

/** By bearer token where one is sent, else by cookie. @throws {Refusal} 401 */
export async function requireSignedIn(call: Call, parts: Parts): Promise<SignedIn> {
  if (tokenOf(call.request) === undefined) return requireCookie(call, parts);
  const found = signedIn(await presentedClaims(call, parts));
  if (found === undefined) throw bearerRefusal('invalid');
  return found;
}

/**
 * What the access token of a request says, once it and its holder are proved.
 * @throws {Refusal} 401, as RFC 6750 section 3.1 and RFC 9449 section 7.1
 */
export async function presentedClaims(call: Call, parts: Parts): Promise<Readonly<Record<string, unknown>>> {
  const token = requiredToken(call.request);
  try {
    const answer = await parts.authority.introspect(token, cameWith(call, parts));
    if (answer.active && answer.token_type !== 'refresh_token') return answer;
  } catch (error) {
    throw error instanceof TokenError ? boundRefusal(error, parts.authority.dpop.algorithms) : error;
  }
  throw bearerRefusal('invalid');
}

/** @throws {Refusal} 401 that leads to the login page */
export async function requireCookie(call: Call, parts: Parts): Promise<SignedIn> {
  const found = await signedInByCookie(call, parts);
  if (found === undefined)
    throw new Refusal({
      status: 401,
      error: 'login_required',
      description: 'Nobody is signed in here.',
      action: 'login',
    });
  return found;
}

/** A token of a client has no session, and stands for nobody. */
function signedIn(claims: Readonly<Record<string, unknown>>): SignedIn | undefined {
  const { sub, sid, client_id: client } = claims;
  if (typeof sub !== 'string' || typeof sid !== 'string') return undefined;
  return { subject: sub, session: sid, ...(typeof client === 'string' && { client }) };
}

/** Claims of a person's access tokens, made anew at each refresh. */
export function claimsOf(account: Account): Readonly<Record<string, unknown>> {
  const roles: readonly Role[] = account.roles;
  return { preferred_username: account.username, ...(roles.length > 0 && { roles }) };
}
