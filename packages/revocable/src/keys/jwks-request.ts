/** One GET of a JWK Set: limits of time and size, no redirects, and every failure one of ours. */
import { ConfigError, KeyError } from '../errors.ts';
import { type JsonObject, parseJsonObject } from '../jose/index.ts';
import type { AbortSignalLike, Timers } from '../time.ts';

/** As much of `fetch` as is used, so that a user's own need not be all of it. */
export type JwksFetch = (url: string, init: JwksRequestInit) => Promise<JwksResponse>;

export interface JwksRequestInit {
  readonly headers: Readonly<Record<string, string>>;
  readonly redirect: 'manual';
  readonly signal: AbortSignalLike;
}
export interface JwksResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: unknown;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface JwksRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly fetch: JwksFetch;
  readonly timers: Timers;
}

export interface JwksAnswer {
  /** Undefined for 304: what was there stays. */
  readonly jwks: JsonObject | undefined;
  readonly etag: string | undefined;
  /** Seconds, of `Cache-Control`; undefined where it does not say. */
  readonly maxAge: number | undefined;
}

/**
 * @throws {KeyError} ERR_JWKS_UNREACHABLE, ERR_JWKS_TIMEOUT, ERR_JWKS_INVALID
 * @param closed aborts it
 */
export async function requestJwks(
  request: JwksRequest,
  etag: string | undefined,
  closed: AbortSignalLike,
): Promise<JwksAnswer> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  closed.addEventListener('abort', stop);
  let cancelTimer = (): void => {};
  const tooLate = new Promise<never>((_, reject) => {
    cancelTimer = request.timers.set(() => {
      reject(new KeyError('ERR_JWKS_TIMEOUT', `The JWK Set did not come within ${request.timeoutMs} ms.`));
      abort.abort();
    }, request.timeoutMs);
  });
  try {
    // A user's own fetch may pass over the signal, so the timer decides by itself.
    return await Promise.race([exchange(request, etag, abort.signal), tooLate]);
  } catch (cause) {
    if (cause instanceof KeyError) throw cause;
    throw new KeyError('ERR_JWKS_UNREACHABLE', 'The JWK Set cannot be fetched.', { cause });
  } finally {
    cancelTimer();
    closed.removeEventListener('abort', stop);
  }
}

async function exchange(
  request: JwksRequest,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<JwksAnswer> {
  const conditional = etag === undefined ? {} : { 'if-none-match': etag };
  const headers = {
    accept: 'application/jwk-set+json, application/json',
    ...request.headers,
    ...conditional,
  };
  const response = await request.fetch(request.url, { headers, redirect: 'manual', signal });
  const maxAge = maxAgeOf(response.headers.get('cache-control'));
  if (response.status === 304 && etag !== undefined) return { jwks: undefined, etag, maxAge };
  if (response.status !== 200) throw new KeyError('ERR_JWKS_UNREACHABLE', statusMessage(response.status));
  const jwks = parseJsonObject(await limitedBody(response, request.maxBytes));
  if (jwks === undefined)
    throw new KeyError('ERR_JWKS_INVALID', 'The JWK Set is no JSON object with distinct members.');
  return { jwks, etag: response.headers.get('etag') ?? undefined, maxAge };
}

function statusMessage(status: number): string {
  const redirected = status === 0 || (status >= 300 && status < 400);
  return redirected
    ? 'The URL of the JWK Set redirects, and redirects are not followed.'
    : `The URL of the JWK Set answers ${status}.`;
}

interface Reader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array }>;
  cancel(): Promise<void>;
}

async function limitedBody(response: JwksResponse, maxBytes: number): Promise<Uint8Array> {
  const body = response.body as { getReader?: () => Reader } | null | undefined;
  if (typeof body?.getReader !== 'function')
    return withinLimit(new Uint8Array(await response.arrayBuffer()), maxBytes);
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const bytes = part.value ?? new Uint8Array();
    size += bytes.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLarge(maxBytes);
    }
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

function withinLimit(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

function tooLarge(maxBytes: number): KeyError {
  return new KeyError('ERR_JWKS_INVALID', `The JWK Set has more than ${maxBytes} bytes.`);
}

/** RFC 9111 section 5.2.2; a set that must not be kept has no age. */
function maxAgeOf(cacheControl: string | null): number | undefined {
  for (const directive of (cacheControl ?? '').toLowerCase().split(',')) {
    const [name = '', value = ''] = directive.trim().split('=');
    if (name === 'no-store' || name === 'no-cache') return 0;
    const age = Number(value.replaceAll('"', ''));
    if (name === 'max-age' && value !== '' && Number.isInteger(age) && age >= 0) return age;
  }
  return undefined;
}

/**
 * The URL of a key set: https, or http on this machine.
 * @throws {ConfigError} ERR_CONFIG_INVALID
 */
export function checkedUrl(url: string | { readonly href: string }): string {
  const text = typeof url === 'object' && url !== null ? url.href : url;
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined) throw new ConfigError('remoteKeySet takes the URL of a JWK Set.');
  if (parsed.username !== '' || parsed.password !== '')
    throw new ConfigError('The URL of a JWK Set holds no credentials: use "headers".');
  if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && isLoopback(parsed.hostname)))
    throw new ConfigError(
      'The URL of a JWK Set is https, or http on this machine (localhost, 127.0.0.1, [::1]).',
    );
  return parsed.href;
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '[::1]' || host.endsWith('.localhost')) return true;
  const octets = host.split('.');
  return (
    octets.length === 4 &&
    octets[0] === '127' &&
    octets.every(octet => Number(octet) >= 0 && Number(octet) <= 255)
  );
}
