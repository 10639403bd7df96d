/** The rule against cross-site request forgery: does this request come from one of our own pages, or from no browser? */
import { RequestError } from '../errors.ts';

/** What the rule looks at. A header that was sent twice is an array. */
export interface OriginRequest {
  readonly method: string;
  /** Absolute, or a path; the host is taken from it where no `Host` header is. */
  readonly url?: string | undefined;
  header(name: string): string | readonly string[] | undefined;
}

/** Methods that change nothing: RFC 9110 section 9.2.1. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Whether the rule applies: to every method that may change something, and to every upgrade, for a WebSocket is
 * opened with GET, carries cookies, and its answer is open to any page.
 */
export function isForgeable(request: OriginRequest): boolean {
  return !SAFE.has(request.method.toUpperCase()) || request.header('upgrade') !== undefined;
}

/**
 * Refuses a request that a foreign page may have sent. `Sec-Fetch-Site` same-origin or none passes; otherwise
 * `Origin` must be ours or registered; with neither header it is no browser and passes.
 * Ours is the host that was asked for: the scheme behind a proxy is not known, and a Secure cookie is not sent over http.
 * @param origins registered ones, such as `https://shop.example`, compared exactly
 * @throws {RequestError} ERR_CROSS_ORIGIN
 */
export function refuseCrossOrigin(request: OriginRequest, origins: readonly string[] = []): void {
  const site = request.header('sec-fetch-site');
  const origin = request.header('origin');
  if (site === undefined && origin === undefined) return;
  if (site === 'same-origin' || site === 'none') return;
  if (typeof origin === 'string' && (origins.includes(origin) || isOwn(origin, request))) return;
  throw new RequestError('ERR_CROSS_ORIGIN', 'A page of another origin sent this request.');
}

/**
 * A browser that sends Sec-Fetch-Site has compared scheme, host and port itself, so its "same-site" with an Origin
 * whose host is ours can only be another scheme.
 */
function isOwn(origin: string, request: OriginRequest): boolean {
  if (request.header('sec-fetch-site') !== undefined) return false;
  if (!URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  return host !== '' && host === askedHost(request, protocol);
}

/** The host with its port, written as a URL writes it, so that a default port compares equal. */
function askedHost(request: OriginRequest, protocol: string): string | undefined {
  const header = request.header('host');
  if (header !== undefined && typeof header !== 'string') return undefined;
  const authority = header ?? (URL.canParse(request.url ?? '') ? new URL(request.url as string).host : '');
  const url = `${protocol}//${authority}`;
  return authority !== '' && URL.canParse(url) ? new URL(url).host : undefined;
}
