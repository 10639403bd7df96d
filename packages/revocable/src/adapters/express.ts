/** The guard as Express middleware, for Express 4 and 5. */
import type { Request, RequestHandler, Response } from 'express';
import {
  type Auth,
  type AuthenticateOptions,
  createGuard,
  createScopeGuard,
  type Refusal,
} from '../http/index.ts';
import { answer, guardRequest } from './incoming.ts';

export type { Auth, AuthenticateOptions, Refusal };

declare global {
  namespace Express {
    interface Request {
      /** Set by `authenticate`. Absent before it has run, and where `credentialsRequired: false` let nobody in. */
      auth?: Auth;
    }
  }
}

/**
 * Verifies the token of each request and puts what it proved into `req.auth`; answers refused ones itself.
 * A preflight is judged like any request, so `cors()` goes before it.
 * @example
 * app.use(authenticate({ verifier }));
 * app.get('/', (req, res) => res.send(`hello ${req.auth?.claims.sub}`));
 * @throws {ConfigError} ERR_CONFIG_INVALID for wrong options
 */
export function authenticate(options: AuthenticateOptions<Request>): RequestHandler {
  const guard = createGuard(options);
  return (req, res, next) => {
    guard(guardRequest(req, req.originalUrl), req)
      .then(verdict => {
        if (!verdict.ok) return answer(verdict, res);
        if (verdict.headers !== undefined) res.set(verdict.headers);
        if (verdict.auth !== undefined) req.auth = verdict.auth;
        next();
      })
      .catch(next);
  };
}

/**
 * Asks for scopes, each of them; goes behind `authenticate`.
 * @example app.get('/orders', requireScope('read'), handler);
 * @throws {ConfigError} ERR_CONFIG_INVALID for no scope
 */
export function requireScope(...scopes: string[]): RequestHandler {
  const guard = createScopeGuard<Request>(scopes);
  return (req, res: Response, next) => {
    const verdict = guard(req.auth, req);
    if (verdict.ok) next();
    else answer(verdict, res);
  };
}
