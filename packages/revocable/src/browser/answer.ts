/** What an answer asks the page to do: the `action` of a refusal's body, or what its status says. */
import type { Action, RefusalBody } from '../http/wire.ts';

const ACTIONS: readonly unknown[] = ['refresh', 'login', 'retry', 'none'] satisfies Action[];

/** Of a resource. Only a guard's own body counts: a foreign 401 is the caller's business. */
export async function actionOf(response: Response, request: Request): Promise<Action | undefined> {
  if (response.status !== 401 && response.status !== 503) return undefined;
  const action = (await bodyOf(response))?.action;
  if (action !== undefined) return action;
  // Without our body nobody knows whether it was done already, so only what changes nothing is sent again.
  return response.status === 503 && (request.method === 'GET' || request.method === 'HEAD')
    ? 'retry'
    : undefined;
}

/** Of the refresh endpoint, where a plain OAuth server may stand: RFC 6749 section 5.2. */
export async function refreshActionOf(response: Response): Promise<Action> {
  const action = (await bodyOf(response))?.action;
  // To refresh is what has just been refused.
  if (action !== undefined && action !== 'refresh') return action;
  if (response.status === 400 || response.status === 401) return 'login';
  return response.status === 429 || response.status >= 500 ? 'retry' : 'none';
}

/** The answer when the page was signed out while it waited for its token. */
export function signedOut(): Response {
  const body: RefusalBody = {
    error: 'invalid_token',
    error_description: 'signed out meanwhile',
    code: 'ERR_TOKEN_MISSING',
    action: 'login',
  };
  return new Response(JSON.stringify(body), { status: 401, headers: { 'content-type': 'application/json' } });
}

/** Milliseconds that a refusal asks to wait (RFC 9110 section 10.2.3, seconds), between a quarter and ten seconds. */
export function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isNaN(seconds) ? 1000 : Math.min(Math.max(seconds * 1000, 250), 10_000);
}

async function bodyOf(response: Response): Promise<{ readonly action?: Action } | undefined> {
  if (!response.headers.get('content-type')?.startsWith('application/json')) return undefined;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  if (typeof body !== 'object' || body === null || !('action' in body)) return undefined;
  return ACTIONS.includes(body.action) ? { action: body.action as Action } : undefined;
}
