/** The options of followRevocations, checked once. */
import { ConfigError, refuseUnknown, type StoreError } from '../errors.ts';
import type { Hold, StalePolicy } from '../revocation/index.ts';
import { type Duration, milliseconds, type WallClock } from '../time.ts';
import type { IntrospectionOptions } from './introspection.ts';
import type { FeedFetch, FeedHeaders } from './remote-connection.ts';

export interface FollowOptions {
  /** How long it may have heard nothing before tokens are refused. @default '30s' */
  readonly maxStaleness?: Duration;
  /**
   * `reject`: ERR_REPLICA_STALE, a 503. `allow`: judge by what is known. `introspect`: `verify` asks `introspection`, and what is
   * synchronous answers as with `reject`. @default 'reject'
   */
  readonly whenStale?: StalePolicy;
  /** Under which operators see it, and `settled` waits for it. Without one nobody does. */
  readonly name?: string;
  /** HTTP Basic, RFC 6749 section 2.3.1. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Of each request, such as an Authorization of your own. */
  readonly headers?: FeedHeaders;
  /** `access`: what access tokens need. `all`: everything. @default 'access' */
  readonly hold?: Hold;
  /**
   * No stream is held open, for Lambda, Workers and the like: a `verify` that finds the replica older than this catches up first,
   * by one question at a time. What is synchronous judges by what is there. Shorter than `maxStaleness`.
   */
  readonly poll?: Duration;
  /** Whom `whenStale: 'introspect'` asks. */
  readonly introspection?: IntrospectionOptions;
  /**
   * A file that keeps the replica's state between runs, so that the next one loads only what followed. Written now and then, and on
   * `close`. It never counts as fresh, and a damaged or foreign one is passed over. For `hold: 'access'`.
   */
  readonly snapshot?: string;
  /** How long to wait for the first snapshot. @default '10s' */
  readonly timeout?: Duration;
  readonly fetch?: FeedFetch;
  readonly onEvent?: (event: FollowEvent) => void;
  /** Milliseconds, like Date.now. */
  readonly clock?: WallClock;
}

export type FollowEvent =
  /** It could not be had just now, and is tried again. */
  | { readonly type: 'feed.problem'; readonly error: StoreError }
  /** The file of `snapshot` cannot be used or written: all is loaded from the feed. */
  | { readonly type: 'snapshot.problem'; readonly error: StoreError }
  /** A new key signs: fetch the JWK Set. */
  | { readonly type: 'key' };

const OPTIONS = [
  ...['maxStaleness', 'whenStale', 'name', 'clientId', 'clientSecret', 'headers', 'hold', 'poll'],
  ...['introspection', 'snapshot', 'timeout', 'fetch', 'onEvent', 'clock'],
];
const POLICIES: readonly StalePolicy[] = ['reject', 'allow', 'introspect'];

/** How a replica is to follow. */
export interface FollowRules {
  readonly hold: Hold;
  readonly name: string | undefined;
  readonly maxStalenessMs: number;
  readonly whenStale: StalePolicy;
  readonly pollMs: number | undefined;
  readonly timeoutMs: number;
}

/** @throws {ConfigError} ERR_CONFIG_INVALID */
export function followRules(options: FollowOptions): FollowRules {
  refuseUnknown(options, OPTIONS, 'followRevocations');
  const { hold = 'access', whenStale = 'reject', name, poll, introspection, snapshot } = options;
  if (hold !== 'access' && hold !== 'all') throw new ConfigError('"hold" is "access" or "all".');
  if (!POLICIES.includes(whenStale))
    throw new ConfigError('"whenStale" is "reject", "allow" or "introspect".');
  if ((introspection !== undefined) !== (whenStale === 'introspect'))
    throw new ConfigError(
      '"whenStale" is "introspect" together with "introspection", which says whom to ask.',
    );
  if (name !== undefined && (typeof name !== 'string' || name === '' || name.length > 200))
    throw new ConfigError('"name" is a text of 200 characters at most.');
  if (snapshot !== undefined && (typeof snapshot !== 'string' || snapshot === ''))
    throw new ConfigError('"snapshot" is the path of a file.');
  if (snapshot !== undefined && hold === 'all')
    throw new ConfigError('"snapshot" is for "hold": "access"; who holds everything loads everything.');
  const maxStalenessMs = milliseconds(options.maxStaleness ?? '30s', 'maxStaleness');
  const pollMs = poll === undefined ? undefined : milliseconds(poll, 'poll');
  if (pollMs !== undefined && pollMs >= maxStalenessMs)
    throw new ConfigError(
      '"poll" is shorter than "maxStaleness": who asks that seldom would always be stale.',
    );
  const timeoutMs = milliseconds(options.timeout ?? '10s', 'timeout');
  return { hold, whenStale, name, pollMs, maxStalenessMs, timeoutMs };
}
