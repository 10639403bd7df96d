/** The routes as one `fetch`: finds the endpoint, answers what it throws, counts. */
import { type Context, Hono } from 'hono';
import { ConfigError, RequestError } from 'revocable';
import { type AddressOf, createAddressOf } from './address.ts';
import { refused } from './answer.ts';
import { refuseForged } from './browser-session.ts';
import { type Call, wantsJson } from './call.ts';
import { allowed, copy, preflight, readersHeaders } from './cross-origin.ts';
import { pathOf, toLogin } from './endpoints/account.ts';
import { page } from './pages/layout.ts';
import { messagePage } from './pages/message-page.ts';
import type { Parts } from './parts.ts';
import { randomReference } from './random-text.ts';
import { notFound, Refusal, refusalOf } from './refusal.ts';
import { ROUTES, type Route } from './routes.ts';

/** What the listener knows of a request. */
export interface Origin {
  /** Of the socket. */
  readonly address: string;
}

interface Environment {
  readonly Bindings: Origin;
}

export function createApp(parts: Parts): Hono<Environment> {
  const app = new Hono<Environment>();
  const addressOf = createAddressOf(parts.settings.trusted_proxies);
  app.use(async (context, next) => {
    await next();
    context.res.headers.set('x-content-type-options', 'nosniff');
  });
  for (const route of ROUTES)
    app.on(route.method, route.path, context => handle(route, context, parts, addressOf));
  for (const [path, routes] of routesByPath()) {
    app.options(path, ({ req }) => preflight(routes, req.raw, parts.clients));
    app.all(path, () => refused(wrongMethod(routes)));
  }
  app.notFound(({ req }) => answerRefusal(notFound('There is nothing here.'), req.raw, true));
  return app;
}

/** `Map.groupBy` is not in Node 20. */
function routesByPath(): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of ROUTES) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

async function handle(
  route: Route,
  context: Context<Environment>,
  parts: Parts,
  addressOf: AddressOf,
): Promise<Response> {
  const started = performance.now();
  const request = context.req.raw;
  const call: Call = {
    request,
    url: new URL(request.url),
    address: addressOf(request, context.env?.address ?? ''),
    param: name => context.req.param(name) ?? '',
  };
  const answer = await answerTo(route, call, parts);
  const response = new Response(answer.body, answer);
  copy(readersHeaders(route.readers, request, parts.clients), response.headers);
  const labels = { method: request.method, route: route.path, status: String(response.status) };
  const seconds = (performance.now() - started) / 1000;
  parts.metrics.requests.observe(labels, seconds);
  parts.log.debug({ ...labels, ms: Math.round(seconds * 1000) }, 'answered');
  return response;
}

async function answerTo(route: Route, call: Call, parts: Parts): Promise<Response> {
  try {
    if (route.forgeable !== undefined) refuseForged(call.request, parts, route.forgeable === 'registered');
    return await route.endpoint(call, parts);
  } catch (error) {
    const refusal = refusalOf(error) ?? unforeseen(error, parts);
    const isForeign = error instanceof RequestError && error.code === 'ERR_CROSS_ORIGIN';
    const isReading = route.isPage === true && route.method === 'GET';
    if (isReading && refusal.status === 401) return toLogin(pathOf(call), parts);
    if (refusal.status === 503) parts.log.warn({ route: route.path, reason: message(error) }, 'answered 503');
    return answerRefusal(refusal, call.request, route.isPage === true && !isForeign);
  }
}

function answerRefusal(refusal: Refusal, request: Request, isPage: boolean): Response | Promise<Response> {
  const isPerson =
    isPage && !wantsJson(request) && (request.headers.get('accept') ?? '').includes('text/html');
  return isPerson
    ? page(messagePage(refusal), { status: refusal.status, headers: refusal.headers })
    : refused(refusal);
}

/** Nobody foresaw it: the client gets a reference, the log what happened. */
function unforeseen(error: unknown, parts: Parts): Refusal {
  const reference = randomReference();
  parts.log.error(
    { reference, error: message(error), stack: error instanceof Error ? error.stack : undefined },
    'unforeseen',
  );
  const description = `Something went wrong here. Reference: ${reference}`;
  return new Refusal({
    status: 500,
    error: 'server_error',
    description,
    ...(error instanceof ConfigError && { code: error.code }),
  });
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const wrongMethod = (routes: readonly Route[]): Refusal =>
  new Refusal({
    status: 405,
    error: 'method_not_allowed',
    description: `Here it is ${allowed(routes)}.`,
    headers: { allow: allowed(routes) },
  });
