/** Asks a token's issuer whether it is active: RFC 7662, for verifiers whose replica is too old to say. */
import { ConfigError, refuseUnknown, StoreError } from '../errors.ts';
import type { IsActive } from '../revocation/index.ts';
import type { Timers } from '../time.ts';
import {
  type FeedFetch,
  type FeedHeaders,
  headersFrom,
  refuseOpenRoads,
  within,
} from './remote-connection.ts';

export interface IntrospectionOptions {
  /** The introspection endpoint: https, or http on this machine. */
  readonly url: string;
  /** Its credentials. @default those of the feed, where one server has both */
  readonly headers?: FeedHeaders;
}

export interface IntrospectionWays {
  readonly fetch: FeedFetch;
  readonly timers: Timers;
  /** The service whose feed is followed, and what it is sent. */
  readonly feed: { readonly url: string; readonly headers: FeedHeaders } | undefined;
  /** An answer that comes later than this after its question is too old to count. */
  readonly maxStalenessMs: number;
}

/** Questions at once. In an outage every token asks: the rest are told to come back. */
const MOST_IN_FLIGHT = 64;
const ANSWER_WITHIN_MS = 5000;

/** @throws {ConfigError} ERR_CONFIG_INVALID */
export function createIntrospection(options: IntrospectionOptions, ways: IntrospectionWays): IsActive {
  refuseUnknown(options, ['url', 'headers'], 'introspection');
  const { url, headers } = options;
  if (typeof url !== 'string' || !URL.canParse(url))
    throw new ConfigError('"introspection.url" is the address of an introspection endpoint.');
  refuseOpenRoads(url, 'Tokens are introspected');
  const sent = headers ?? (isOneOrigin(url, ways.feed?.url) ? ways.feed?.headers : {}) ?? {};
  let inFlight = 0;
  return async token => {
    if (inFlight >= MOST_IN_FLIGHT) throw stale('Too many tokens are being introspected at once.');
    inFlight += 1;
    try {
      return await ask(url, sent, token, ways);
    } catch (error) {
      throw isStale(error) ? error : stale('The token could not be introspected.', error);
    } finally {
      inFlight -= 1;
    }
  };
}

/** Credentials of the feed go nowhere else. */
const isOneOrigin = (url: string, feed: string | undefined): boolean =>
  feed !== undefined && new URL(url).origin === new URL(feed).origin;

async function ask(
  url: string,
  headers: FeedHeaders,
  token: string,
  ways: IntrospectionWays,
): Promise<boolean> {
  const abort = new AbortController();
  const form = 'application/x-www-form-urlencoded';
  const limitMs = Math.min(ANSWER_WITHIN_MS, ways.maxStalenessMs);
  return within(ways.timers, limitMs, abort, async () => {
    const response = await ways.fetch(url, {
      method: 'POST',
      headers: { ...(await headersFrom(headers)), 'content-type': form, accept: 'application/json' },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
      redirect: 'error',
      signal: abort.signal,
    });
    if (response.status !== 200) throw stale(`The introspection endpoint answered ${response.status}.`);
    return activeIn(await response.json());
  });
}

/** RFC 7662 section 2.2: `active` is required, a boolean. */
function activeIn(answer: unknown): boolean {
  const active = (answer as { readonly active?: unknown } | null)?.active;
  if (typeof active !== 'boolean')
    throw stale('The introspection endpoint did not say whether the token is active.');
  return active;
}

const isStale = (error: unknown): boolean =>
  error instanceof StoreError && error.code === 'ERR_REPLICA_STALE';
const stale = (message: string, cause?: unknown): StoreError =>
  new StoreError('ERR_REPLICA_STALE', message, cause === undefined ? {} : { cause });
