/** Answers: JSON, redirects, pages. None of them may be kept by a cache unless it says so. */
import { type Refusal, refusalBody } from './refusal.ts';

type Headers = Readonly<Record<string, string>>;
const NO_STORE = { 'cache-control': 'no-store' };

/** RFC 6749 section 5.1 asks for no-store on every answer with a token; here all JSON has it. */
export function json(body: unknown, status = 200, headers: Headers = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...NO_STORE, ...headers },
  });
}

export const noContent = (headers: Headers = {}): Response =>
  new Response(null, { status: 204, headers: { ...NO_STORE, ...headers } });

/** 303: whatever the method was, the next one is GET. RFC 9110 section 15.4.4. */
export const seeOther = (location: string, headers: Headers = {}): Response =>
  new Response(null, { status: 303, headers: { location, ...NO_STORE, ...headers } });

export const refused = (refusal: Refusal): Response =>
  json(refusalBody(refusal), refusal.status, refusal.headers);

/** Public documents, kept by caches for a while and asked for again by their tag. RFC 9110 section 13.1.2. */
export function document(
  request: Request,
  body: string,
  type: string,
  etag: string,
  maxAge: number,
): Response {
  const headers = { 'content-type': type, 'cache-control': `public, max-age=${maxAge}`, etag };
  return matches(request, etag)
    ? new Response(null, { status: 304, headers })
    : new Response(body, { headers });
}

/** Whether the client has this very version: weak comparison, as section 8.8.3.2 asks. */
export function matches(request: Request, etag: string): boolean {
  const given = (request.headers.get('if-none-match') ?? '')
    .split(',')
    .map(tag => tag.trim().replace(/^W\//, ''));
  return given.includes(etag) || given.includes('*');
}
