/** What gets a page its access tokens: the cookie of a service on its own site, or codes of one elsewhere (RFC 6749 section 4.1). */
import { RETURN_TO, type RefusalBody } from '../http/wire.ts';
import { signedOut } from './answer.ts';
import { misuse } from './mistake.ts';
import type { Page } from './page.ts';
import type { CodeSettings, CookieSettings } from './settings.ts';

export interface Grant {
  /** Tells the sessions of several services apart. */
  readonly name: string;
  /** Whether all tabs have one session, and so one token. */
  readonly isShared: boolean;
  /** There is something to ask with that does not last: it is asked at once. */
  readonly isUrgent: boolean;
  /** What asks for a token; a refusal where there is nothing to ask with. */
  request(signal: AbortSignal): Request | Response;
  /** What came of it: the answer, or `undefined` when it is over. */
  heard(answer: unknown): void;
  /** Ends the session; undefined where there is none. */
  endRequest(all: boolean): Request | undefined;
  /** Where to sign in, and come back from; undefined where nobody said. */
  signInUrl(): string | Promise<string> | undefined;
}

/** No header that would need a preflight. */
const post = (url: string, options: RequestInit): Request =>
  new Request(url, {
    method: 'POST',
    headers: { accept: 'application/json' },
    redirect: 'error',
    ...options,
  });

/** The cookie is the credential, so it goes to a registered origin too. */
export function cookieGrant(page: Page, { refreshUrl, loginUrl, logoutUrl }: CookieSettings): Grant {
  return {
    name: refreshUrl,
    isShared: true,
    isUrgent: false,
    request: signal => post(refreshUrl, { credentials: 'include', signal }),
    heard() {},
    endRequest(all) {
      if (logoutUrl === undefined) throw misuse('logout needs the option "logoutUrl".');
      const body = all ? { body: new URLSearchParams({ all: 'true' }) } : {};
      return post(logoutUrl, { credentials: 'include', ...body });
    },
    signInUrl() {
      if (loginUrl === undefined) return undefined;
      const url = new URL(loginUrl);
      url.searchParams.set(RETURN_TO, page.href());
      return url.href;
    },
  };
}

/** What waits in the tab's storage while the person is at the service. */
interface Question {
  readonly state: string;
  readonly verifier: string;
  /** Where the person was. */
  readonly from: string;
}

/** Each tab has a session of its own; its refresh token lies in memory, and goes with the page. */
export function codeGrant(page: Page, settings: CodeSettings): Grant {
  const { issuer, clientId, redirectUri, scope } = settings;
  const client = { client_id: clientId };
  let form = answerIn(page, settings);
  return {
    name: `${issuer} ${clientId}`,
    isShared: false,
    isUrgent: form !== undefined && !(form instanceof Response),
    request(signal) {
      if (form === undefined) return signedOut();
      if (form instanceof Response) {
        const refused = form;
        form = undefined;
        return refused;
      }
      const body = new URLSearchParams({ ...client, ...form });
      return post(`${issuer}/token`, { credentials: 'omit', body, signal });
    },
    heard(answer) {
      const { refresh_token } = (answer ?? {}) as { refresh_token?: unknown };
      if (typeof refresh_token === 'string') form = { grant_type: 'refresh_token', refresh_token };
      else form = undefined;
    },
    endRequest(all) {
      if (all) throw misuse('logout({ all: true }) is for a page on the site of its token service.');
      const { refresh_token: token } = form instanceof Response ? {} : (form ?? {});
      if (token === undefined) return undefined;
      return post(`${issuer}/revoke`, {
        credentials: 'omit',
        body: new URLSearchParams({ ...client, token }),
      });
    },
    async signInUrl() {
      const [state, verifier] = [page.random(), page.random()];
      const question: Question = { state, verifier, from: page.href() };
      page.store(keyOf(settings), JSON.stringify(question));
      const pkce = { code_challenge: await page.sha256(verifier), code_challenge_method: 'S256' };
      const wish = { response_type: 'code', ...client, redirect_uri: redirectUri, state, ...pkce };
      return `${issuer}/authorize?${new URLSearchParams({ ...wish, ...(scope !== undefined && { scope }) })}`;
    },
  };
}

const keyOf = ({ issuer, clientId }: CodeSettings): string => `revocable:${issuer} ${clientId}`;

/**
 * Takes the answer out of the page's address, and shows the one where the person was.
 * @returns what to ask for tokens with; a refusal of the service, which is told once; undefined for a page that is none
 */
function answerIn(page: Page, settings: CodeSettings): Record<string, string> | Response | undefined {
  const { origin, pathname, searchParams } = new URL(page.href());
  const back = new URL(settings.redirectUri);
  const state = searchParams.get('state');
  if (state === null || origin !== back.origin || pathname !== back.pathname) return undefined;
  const question = questionIn(page.take(keyOf(settings)));
  if (question === undefined || state !== question.state) return undefined;
  page.replace(question.from);
  // RFC 9207 section 2.4: an answer of another server is none.
  if (searchParams.get('iss') !== settings.issuer) return undefined;
  const code = searchParams.get('code');
  if (code === null) return refused(searchParams);
  return {
    grant_type: 'authorization_code',
    redirect_uri: settings.redirectUri,
    code,
    code_verifier: question.verifier,
  };
}

function questionIn(text: string | null): Question | undefined {
  try {
    return (JSON.parse(text ?? 'null') as Question | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** To go there once more is not what helps: the next call of the page does. */
function refused(answer: URLSearchParams): Response {
  const error = answer.get('error') ?? 'server_error';
  const isOutage = error === 'temporarily_unavailable' || error === 'server_error';
  const body: Omit<RefusalBody, 'error'> & { readonly error: string } = {
    error,
    error_description: answer.get('error_description') ?? '',
    code: 'ERR_TOKEN_MISSING',
    action: 'none',
  };
  return new Response(JSON.stringify(body), {
    status: isOutage ? 503 : 403,
    headers: { 'content-type': 'application/json' },
  });
}
