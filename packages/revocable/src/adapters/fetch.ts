/** The guard on a Fetch `Request`: Deno, Bun, Workers, and every framework that speaks Fetch. */

import type { RevocableError } from '../errors.ts';
import {
  type Accepted,
  type Auth,
  type AuthenticateOptions,
  type ChallengeOptions,
  createGuard,
  createScopeGuard,
  type GuardRequest,
  type Refusal,
  refusalOf,
} from '../http/index.ts';

export { cookieValues, refuseCrossOrigin, sessionCookie, sessionCookieName } from '../http/index.ts';
export type { Accepted, Auth, AuthenticateOptions, ChallengeOptions, Refusal };

/** A refusal, and the Response that tells it. */
export interface FetchRefusal extends Refusal {
  readonly response: Response;
}
export type FetchVerdict<Required extends boolean = true> = Accepted<Required> | FetchRefusal;

/**
 * Verifies the token of a request.
 * @example
 * const check = authenticate({ verifier });
 * const verdict = await check(request);
 * if (!verdict.ok) return verdict.response;
 * return new Response(`hello ${verdict.auth.claims.sub}`);
 * @throws {ConfigError} ERR_CONFIG_INVALID for wrong options
 */
export function authenticate<Required extends boolean = true>(
  options: AuthenticateOptions<Request, Required>,
): (request: Request) => Promise<FetchVerdict<Required>> {
  const guard = createGuard(options);
  return async request => answered(await guard(guardRequest(request), request));
}

/**
 * Asks for scopes, each of them, of an `auth` that `authenticate` has made.
 * @throws {ConfigError} ERR_CONFIG_INVALID for no scope, or an `auth` of another maker
 */
export function requireScope(...scopes: string[]): (auth: unknown, request: Request) => FetchVerdict {
  const guard = createScopeGuard<Request>(scopes);
  return (auth, request) => answered(guard(auth, request));
}

/** The Response to an error of this package, for handlers that refuse for reasons of their own. */
export function refusalResponse(error: RevocableError, options?: ChallengeOptions): Response {
  return respond(refusalOf(error, options));
}

function answered<Yes extends { readonly ok: true }>(verdict: Yes | Refusal): Yes | FetchRefusal {
  return verdict.ok ? verdict : Object.freeze({ ...verdict, response: respond(verdict) });
}

function respond({ status, headers, body }: Refusal): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

/** `Headers` joins what was sent twice with a comma, which `bearerToken` and the cross-origin rule refuse. */
function guardRequest(request: Request): GuardRequest {
  return {
    method: request.method,
    url: request.url,
    header: name => request.headers.get(name) ?? undefined,
  };
}
