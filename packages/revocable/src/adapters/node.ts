/** The guard on a request of `node:http`, and on the upgrade request of a WebSocket. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type Accepted,
  type Auth,
  type AuthenticateOptions,
  createGuard,
  createScopeGuard,
  type Refusal,
} from '../http/index.ts';
import { answer, guardRequest } from './incoming.ts';

export type { Accepted, Auth, AuthenticateOptions, Refusal };

/** A refusal that can send itself. */
export interface NodeRefusal<Target> extends Refusal {
  /** Answers; the headers that were set before stay, such as those of CORS. */
  send(target: Target): void;
}
export type NodeVerdict<Required extends boolean = true, Target = ServerResponse> =
  | Accepted<Required>
  | NodeRefusal<Target>;

/**
 * Verifies the token of a request.
 * @example
 * const check = authenticate({ verifier });
 * const verdict = await check(req);
 * if (!verdict.ok) return verdict.send(res);
 * res.end(`hello ${verdict.auth.claims.sub}`);
 * @throws {ConfigError} ERR_CONFIG_INVALID for wrong options
 */
export function authenticate<Required extends boolean = true>(
  options: AuthenticateOptions<IncomingMessage, Required>,
): (req: IncomingMessage) => Promise<NodeVerdict<Required>> {
  const guard = createGuard(options);
  return async req => sendable(await guard(guardRequest(req), req), answer);
}

/**
 * Verifies the token of an upgrade request, before a WebSocket exists. `send` takes its socket and ends it.
 * A browser cannot set headers here: use `cookie` (a page of another host is refused, whatever the method) or `getToken`.
 * It judges the moment of the opening; `revocation.watch` closes the connection when its token is cut later.
 * @throws {ConfigError} ERR_CONFIG_INVALID for wrong options
 */
export function authenticateUpgrade<Required extends boolean = true>(
  options: AuthenticateOptions<IncomingMessage, Required>,
): (req: IncomingMessage) => Promise<NodeVerdict<Required, Duplex>> {
  const guard = createGuard(options, 'authenticateUpgrade');
  return async req => sendable(await guard(guardRequest(req), req), answerSocket);
}

/**
 * Asks for scopes, each of them, of an `auth` that `authenticate` has made.
 * @throws {ConfigError} ERR_CONFIG_INVALID for no scope, or an `auth` of another maker
 */
export function requireScope(...scopes: string[]): (auth: unknown, req: IncomingMessage) => NodeVerdict {
  const guard = createScopeGuard<IncomingMessage>(scopes);
  return (auth, req) => sendable(guard(auth, req), answer);
}

function sendable<Yes extends { readonly ok: true }, Target>(
  verdict: Yes | Refusal,
  send: (refusal: Refusal, target: Target) => void,
): Yes | NodeRefusal<Target> {
  if (verdict.ok) return verdict;
  return Object.freeze({ ...verdict, send: (target: Target) => send(verdict, target) });
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** An upgrade has no ServerResponse: the answer of RFC 9112 section 4 is written by hand. */
function answerSocket(refusal: Refusal, socket: Duplex): void {
  const body = JSON.stringify(refusal.body);
  const headers = {
    ...refusal.headers,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  // The peer may be gone already; an error event without a listener would end the process.
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${refusal.status} ${REASONS[refusal.status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
}
