/// <reference lib="esnext.disposable" preserve="true" />
/** `fetch` for a page that is signed in: adds the token, refreshes it when asked to, and goes to the login page. */
import { type AccessToken, type Session, sessionOf } from './access-token.ts';
import { actionOf, retryAfterMs } from './answer.ts';
import { codeGrant, cookieGrant, type Grant } from './grant.ts';
import { misuse, unavailable } from './mistake.ts';
import type { Page } from './page.ts';
import { createRenewal, type RefreshRefusal, type Renewal } from './renewal.ts';
import { type ClientOptions, type CookieSettings, type Settings, settingsOf } from './settings.ts';

/** Why the page is signed out: somebody said so here or in another tab, or a service has refused the session. */
export interface LogoutEvent {
  readonly reason: 'logout' | 'ended';
}

export interface Client {
  /**
   * Like the browser's `fetch`; requests to the page's own origin and to `origins` carry the token.
   * A refused token is renewed (three times a request at most) and the request sent again; a 503 is waited for, three
   * times at most; where signing in is what helps, the page goes to `loginUrl` and the refusal is returned.
   * Rejects as `fetch` does. A request with an Authorization header of its own, or to another origin, is left alone.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * Ends the session, with `all` those of every device, and tells every tab.
   * Rejects when the service did not do it: the person is then still signed in.
   */
  logout(options?: { readonly all?: boolean }): Promise<void>;
  /** Who is signed in, asking the service where it must; `null` for nobody. Never goes to the login page. */
  session(): Promise<Session | null>;
  /** Goes to where one signs in, which leads back here. */
  signIn(): Promise<void>;
  /** Hears when the page is signed out, in whichever tab. Returns the way to stop that. */
  onLogout(listener: (event: LogoutEvent) => void): () => void;
  /** Stops what is under way and forgets the token; the session goes on. */
  close(): void;
  [Symbol.dispose](): void;
}

const MAX_REFRESHES = 3;
const MAX_WAITS = 3;

/** What one call has spent on refreshes and waits. */
interface Journey {
  readonly signal?: AbortSignal;
  refused: AccessToken | undefined;
  refreshes: number;
  waits: number;
}

interface State {
  readonly page: Page;
  readonly settings: Settings;
  readonly grant: Grant;
  readonly renewal: Renewal;
  readonly listeners: Set<(event: LogoutEvent) => void>;
  /** The listeners have been told, and no token has come since. */
  over: boolean;
  /** When the page was last sent to the login page: several requests may be refused at once. */
  wentAt: number;
  closed: boolean;
}

/** The client on a given page; `createClient` is this on the real one. */
export function clientOn(page: Page, options: ClientOptions): Client {
  const settings = settingsOf(options, page.href());
  const listeners = new Set<(event: LogoutEvent) => void>();
  const grant = grantOf(page, settings);
  const renewal = createRenewal(page, grant, () => followOut(state));
  const state: State = {
    page,
    settings,
    grant,
    renewal,
    listeners,
    over: false,
    wentAt: Number.NEGATIVE_INFINITY,
    closed: false,
  };
  if (grant.isUrgent) renewal.renew(undefined).catch(() => undefined); // whoever asks next hears of it
  const close = (): void => {
    state.closed = true;
    listeners.clear();
    renewal.close();
  };
  return {
    fetch: async (input, init) => send(state, new Request(absolute(input, page), init)),
    logout: async (choice = {}) => logout(state, choice.all === true),
    session: async () => session(state),
    signIn: async () => signInNow(state),
    onLogout(listener) {
      if (typeof listener !== 'function') throw misuse('onLogout takes a function.');
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
    [Symbol.dispose ?? 'dispose']: close,
  } as Client;
}

function absolute(input: string | URL | Request, page: Page): Request | URL {
  return input instanceof Request ? input : new URL(input, page.href());
}

async function send(state: State, request: Request): Promise<Response> {
  refuseClosed(state);
  const isOurs = state.settings.origins.has(new URL(request.url).origin);
  if (!isOurs || request.headers.has('authorization')) return state.page.fetch(request);
  const journey = setOut(request.signal);
  for (;;) {
    const token = await tokenFor(state, journey);
    if (token instanceof Response) return token;
    const response = await state.page.fetch(withToken(request, token));
    if (!(await goesOn(state, journey, request, token, response))) return response;
  }
}

/** The token for the next try, or the answer of a refresh that gave none. */
async function tokenFor(state: State, journey: Journey): Promise<AccessToken | Response> {
  const atHand = state.renewal.usable();
  if (atHand !== undefined && journey.refused === undefined) return atHand;
  const outcome = await renewed(state, journey);
  if ('value' in outcome) {
    journey.refused = undefined;
    state.over = false;
    return outcome;
  }
  if (outcome.action === 'login' && !outcome.left) signIn(state);
  return outcome.response.clone();
}

async function renewed(state: State, journey: Journey): Promise<AccessToken | RefreshRefusal> {
  for (;;) {
    journey.refreshes++;
    const outcome = await orAborted(state.renewal.renew(journey.refused), journey.signal);
    if ('value' in outcome || outcome.action !== 'retry' || journey.refreshes >= MAX_REFRESHES)
      return outcome;
    if (!(await waited(state, journey, outcome.response))) return outcome;
  }
}

/** Whether the request is to be sent once more. */
async function goesOn(
  state: State,
  journey: Journey,
  request: Request,
  token: AccessToken,
  response: Response,
): Promise<boolean> {
  const action = await actionOf(response, request);
  if (action === 'retry') return waited(state, journey, response);
  // Another tab may have signed in again while this one's old token was on its way.
  const isOld = (state.renewal.usable()?.at ?? token.at) > token.at;
  if (action === 'login' && !isOld) signIn(state);
  const helps = action === 'refresh' || (action === 'login' && isOld);
  if (!helps || journey.refreshes >= MAX_REFRESHES) return false;
  journey.refused = token;
  return true;
}

/** Waits as long as the answer asks for; false when it has been waited for often enough. */
async function waited(state: State, journey: Journey, response: Response): Promise<boolean> {
  if (journey.waits >= MAX_WAITS) return false;
  journey.waits++;
  await orAborted(pause(state.page, retryAfterMs(response)), journey.signal);
  return !state.closed;
}

function setOut(signal?: AbortSignal): Journey {
  return { ...(signal && { signal }), refused: undefined, refreshes: 0, waits: 0 };
}

function withToken(request: Request, token: AccessToken): Request {
  const copy = request.clone();
  copy.headers.set('authorization', `Bearer ${token.value}`);
  return copy;
}

/** Another tab was signed out. Where each has a session of its own, this one ends too, as far as the service can be reached. */
function followOut(state: State): void {
  const { page, grant } = state;
  const request = grant.isShared ? undefined : grant.endRequest(false);
  grant.heard(undefined);
  end(state, 'logout');
  if (request !== undefined) page.fetch(request).catch(() => undefined);
}

async function signInNow(state: State): Promise<void> {
  refuseClosed(state);
  const url = await state.grant.signInUrl();
  if (url === undefined) throw misuse('signIn needs the option "loginUrl".');
  state.page.navigate(url);
}

/** Tells the page, and goes to the login page if there is one. */
function signIn(state: State): void {
  if (state.closed) return;
  end(state, 'ended');
  if (state.page.now() - state.wentAt < 1000) return;
  const url = state.grant.signInUrl();
  if (url === undefined) return;
  state.wentAt = state.page.now();
  if (typeof url === 'string') state.page.navigate(url);
  else void url.then(state.page.navigate);
}

function end(state: State, reason: LogoutEvent['reason']): void {
  if (state.over) return;
  state.over = true;
  state.renewal.leave(false);
  for (const listener of state.listeners) listener({ reason });
}

async function session(state: State): Promise<Session | null> {
  refuseClosed(state);
  const token = state.renewal.usable() ?? (await renewed(state, setOut()));
  if ('value' in token) {
    state.over = false;
    return sessionOf(token);
  }
  if (token.action === 'login') return null;
  throw unavailable(`The service answered ${token.response.status} to the refresh.`);
}

async function logout(state: State, all: boolean): Promise<void> {
  refuseClosed(state);
  const request = state.grant.endRequest(all);
  if (request !== undefined) await ended(state, request);
  state.grant.heard(undefined);
  state.renewal.leave(true);
  end(state, 'logout');
}

async function ended(state: State, request: Request): Promise<void> {
  const journey = setOut();
  let response = await state.page.fetch(request.clone());
  while (response.status === 503 && (await waited(state, journey, response)))
    response = await state.page.fetch(request.clone());
  // 401: there is no session any more, which is what was asked for.
  if (!response.ok && response.status !== 401)
    throw unavailable(`The service answered ${response.status} to the logout: the session goes on.`);
}

function grantOf(page: Page, { cookie, code }: Settings): Grant {
  if (code !== undefined) return codeGrant(page, code);
  return cookieGrant(page, cookie as CookieSettings);
}

function refuseClosed(state: State): void {
  if (state.closed) throw misuse('This client is closed.');
}

function pause(page: Page, delayMs: number): Promise<void> {
  return new Promise(resolve => {
    page.set(resolve, delayMs);
  });
}

/** A caller that gives up does not wait for the others' refresh. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
