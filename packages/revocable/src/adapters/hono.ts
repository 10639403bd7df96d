/** The guard as Hono middleware. */
import type { Context, MiddlewareHandler } from 'hono';
import {
  type Auth,
  type AuthenticateOptions,
  createGuard,
  createScopeGuard,
  type Refusal,
} from '../http/index.ts';

export type { Auth, AuthenticateOptions, Refusal };

declare module 'hono' {
  interface ContextVariableMap {
    /** Set by `authenticate`. Absent before it has run, and where `credentialsRequired: false` let nobody in. */
    auth: Auth;
    /** The claims of `auth`, under the name that Hono's own middleware uses. */
    jwtPayload: Auth['payload'];
  }
}

/**
 * Verifies the token of each request and sets `auth` and `jwtPayload`; answers refused ones itself.
 * A preflight is judged like any request, so `cors()` goes before it.
 * @example
 * app.use(authenticate({ verifier }));
 * app.get('/', c => c.text(`hello ${c.get('auth').claims.sub}`));
 * @throws {ConfigError} ERR_CONFIG_INVALID for wrong options
 */
export function authenticate(options: AuthenticateOptions<Context>): MiddlewareHandler {
  const guard = createGuard(options);
  return async (c, next) => {
    const verdict = await guard(
      { method: c.req.method, url: c.req.url, header: name => c.req.header(name) },
      c,
    );
    if (!verdict.ok) return respond(c, verdict);
    for (const [name, value] of Object.entries(verdict.headers ?? {})) c.header(name, value);
    if (verdict.auth !== undefined) {
      c.set('auth', verdict.auth);
      c.set('jwtPayload', verdict.auth.payload);
    }
    await next();
    return undefined;
  };
}

/**
 * Asks for scopes, each of them; goes behind `authenticate`.
 * @example app.get('/orders', requireScope('read'), handler);
 * @throws {ConfigError} ERR_CONFIG_INVALID for no scope
 */
export function requireScope(...scopes: string[]): MiddlewareHandler {
  const guard = createScopeGuard<Context>(scopes);
  return async (c, next) => {
    const verdict = guard(c.get('auth'), c);
    if (!verdict.ok) return respond(c, verdict);
    await next();
    return undefined;
  };
}

/** Through the context, so that headers which were set before stay, such as those of CORS. */
function respond(c: Context, { status, headers, body }: Refusal): Response {
  return c.newResponse(JSON.stringify(body), status as 401, { ...headers });
}
