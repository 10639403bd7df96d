/** followRevocations: a verifier's own copy of the cut-offs, from a token service, a file, or a store at hand. */
import { ConfigError, refuseUnknown, type StoreError } from '../errors.ts';
import { systemRandom } from '../random.ts';
import { createReplica, type Feed, type Hold, type Replica, type StalePolicy } from '../revocation/index.ts';
import type { Store } from '../store.ts';
import { clockFrom, type Duration, milliseconds, systemTimers, type WallClock } from '../time.ts';
import { openStore } from './open.ts';
import { createRemoteFeed } from './remote.ts';
import type { FeedFetch } from './remote-connection.ts';

export interface FollowOptions {
  /** How long it may have heard nothing before tokens are refused. @default '30s' */
  readonly maxStaleness?: Duration;
  /** `reject`: ERR_REPLICA_STALE, a 503. `allow`: judge by what is known. @default 'reject' */
  readonly whenStale?: StalePolicy;
  /** Under which operators see it, and `settled` waits for it. Without one nobody does. */
  readonly name?: string;
  /** HTTP Basic, RFC 6749 section 2.3.1. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Of each request, such as an Authorization of your own. */
  readonly headers?:
    | Readonly<Record<string, string>>
    | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);
  /** `access`: what access tokens need. `all`: everything. @default 'access' */
  readonly hold?: Hold;
  /** How long to wait for the first snapshot. @default '10s' */
  readonly timeout?: Duration;
  readonly fetch?: FeedFetch;
  readonly onEvent?: (event: FollowEvent) => void;
  readonly clock?: WallClock;
}

export type FollowEvent =
  /** It could not be had just now, and is tried again. */
  | { readonly type: 'feed.problem'; readonly error: StoreError }
  /** A new key signs: fetch the JWK Set. */
  | { readonly type: 'key' };

const OPTIONS = [
  ...['maxStaleness', 'whenStale', 'name', 'clientId', 'clientSecret', 'headers', 'hold', 'timeout'],
  ...['fetch', 'onEvent', 'clock'],
];

interface Source {
  readonly feed: Feed;
  readonly isLocal: boolean;
  close(): void;
}

/** A URL, structurally. */
export interface AddressLike {
  readonly href: string;
}

/**
 * Follows the revocations of one issuer. Resolves with the first snapshot, or after `timeout` without one: tokens then get
 * ERR_REPLICA_STALE until there is one.
 * @param from the address of a service's `/revocations`, 'file:./data', or a Store
 * @throws {ConfigError} ERR_CONFIG_INVALID
 */
export async function followRevocations(
  from: string | AddressLike | Store,
  options: FollowOptions = {},
): Promise<Replica> {
  refuseUnknown(options, OPTIONS, 'followRevocations');
  const checked = checkedOptions(options);
  const source = await sourceOf(from, options);
  const timeoutMs = milliseconds(options.timeout ?? '10s', 'timeout');
  const replica = createReplica({
    ...checked,
    feed: source.feed,
    clock: clockFrom(options.clock),
    timers: systemTimers,
    neverStale: source.isLocal,
    onKey: () => options.onEvent?.({ type: 'key' }),
    onClose: source.close,
  });
  await firstOf(replica.ready, timeoutMs);
  return replica;
}

/** Holds the process until then: a service that waits for its feed must not end for want of anything else to do. */
function firstOf(ready: Promise<void>, timeoutMs: number): Promise<void> {
  return new Promise(resolve => {
    const stop = systemTimers.set(resolve, timeoutMs, true);
    void ready.then(resolve).finally(stop);
  });
}

function checkedOptions(options: FollowOptions): {
  hold: Hold;
  name: string | undefined;
  maxStalenessMs: number;
  whenStale: StalePolicy;
} {
  const { hold = 'access', whenStale = 'reject', name } = options;
  if (hold !== 'access' && hold !== 'all') throw new ConfigError('"hold" is "access" or "all".');
  if (whenStale !== 'reject' && whenStale !== 'allow')
    throw new ConfigError('"whenStale" is "reject" or "allow".');
  if (name !== undefined && (typeof name !== 'string' || name === '' || name.length > 200))
    throw new ConfigError('"name" is a text of 200 characters at most.');
  return {
    hold,
    whenStale,
    name,
    maxStalenessMs: milliseconds(options.maxStaleness ?? '30s', 'maxStaleness'),
  };
}

async function sourceOf(from: string | AddressLike | Store, options: FollowOptions): Promise<Source> {
  if (typeof from === 'object' && 'feed' in from)
    return { feed: from.feed, isLocal: from.kind === 'memory', close: () => {} };
  const address = typeof from === 'string' ? from : from.href;
  if (address.startsWith('http:') || address.startsWith('https:')) return remoteSource(address, options);
  if (address === 'memory:')
    throw new ConfigError('A store in memory is followed as itself: followRevocations(store).');
  const store = await openStore(address);
  return { feed: store.feed, isLocal: false, close: () => void store.close() };
}

function remoteSource(url: string, options: FollowOptions): Source {
  const feed = createRemoteFeed({
    url,
    fetch: options.fetch ?? ((target, init) => fetch(target, init as RequestInit)),
    headers: headersOf(options),
    timers: systemTimers,
    random: systemRandom,
    onProblem: error => options.onEvent?.({ type: 'feed.problem', error }),
  });
  return { feed, isLocal: false, close: () => feed.close() };
}

function headersOf({
  headers,
  clientId,
  clientSecret,
}: FollowOptions): () => Promise<Readonly<Record<string, string>>> {
  if ((clientId === undefined) !== (clientSecret === undefined))
    throw new ConfigError('"clientId" and "clientSecret" go together.');
  const encode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');
  const basic =
    clientId === undefined || clientSecret === undefined
      ? {}
      : { authorization: `Basic ${btoa(`${encode(clientId)}:${encode(clientSecret)}`)}` };
  return async () => ({ ...basic, ...(typeof headers === 'function' ? await headers() : headers) });
}
