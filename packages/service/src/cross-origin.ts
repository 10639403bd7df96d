/** CORS: which pages of other origins may read an answer. The Fetch standard, section 3.2. */
import type { Clients } from './clients.ts';
import type { Readers, Route } from './routes.ts';

const EXPOSED = 'ETag, Retry-After, WWW-Authenticate, DPoP-Nonce';

/** Headers for an answer. A registered origin is echoed; `Vary` keeps caches from giving it to another. */
export function readersHeaders(
  readers: Readers,
  request: Request,
  clients: Clients,
): Readonly<Record<string, string>> {
  if (readers === 'any')
    return { 'access-control-allow-origin': '*', 'access-control-expose-headers': EXPOSED };
  if (readers === 'own') return {};
  const origin = request.headers.get('origin');
  if (origin === null || !clients.origins.has(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED,
    ...(readers === 'with-cookie' && { 'access-control-allow-credentials': 'true' }),
  };
}

/** The answer to OPTIONS, which is also how a browser asks whether it may send a request at all. */
export function preflight(routes: readonly Route[], request: Request, clients: Clients): Response {
  const methods = allowed(routes);
  const asked = request.headers.get('access-control-request-method');
  const route = routes.find(each => each.method === asked) ?? routes[0];
  const headers = new Headers({ allow: methods });
  if (route !== undefined) copy(readersHeaders(route.readers, request, clients), headers);
  if (asked !== null && headers.has('access-control-allow-origin')) {
    headers.set('access-control-allow-methods', methods);
    headers.set('access-control-allow-headers', 'authorization, content-type, dpop, last-event-id');
    headers.set('access-control-max-age', '600');
  }
  return new Response(null, { status: 204, headers });
}

export const allowed = (routes: readonly Route[]): string => {
  const methods = routes.map(route => route.method as string);
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
};

export function copy(from: Readonly<Record<string, string>>, to: Headers): void {
  for (const [name, value] of Object.entries(from)) to.set(name, value);
}
