/** followRevocations: a verifier's own copy of the cut-offs, from a token service, a file, or a store at hand. */
import { ConfigError } from '../errors.ts';
import { systemRandom } from '../random.ts';
import {
  createReplica,
  type Feed,
  type IsActive,
  type Replica,
  type SnapshotFile,
} from '../revocation/index.ts';
import type { Store } from '../store.ts';
import { clockFrom, systemTimers } from '../time.ts';
import { type FollowOptions, followRules } from './follow-options.ts';
import { createIntrospection } from './introspection.ts';
import { openStore } from './open.ts';
import { createPatientFeed, isRedisUrl, placeOfUrl, reachAt } from './redis/index.ts';
import { createRemoteFeed } from './remote.ts';
import { type FeedFetch, type FeedHeaders, headersFrom } from './remote-connection.ts';
import { createSnapshotFile } from './snapshot-file.ts';
import { systemDisk } from './system-disk.ts';

interface Source {
  readonly feed: Feed;
  readonly isLocal: boolean;
  /** Rejects where waiting does not help. */
  readonly refused?: Promise<never>;
  close(): void;
}

/** A URL, structurally. */
export interface AddressLike {
  readonly href: string;
}

/**
 * Follows the revocations of one issuer. Resolves with the first snapshot, or after `timeout` without one: tokens then get
 * ERR_REPLICA_STALE until there is one. A service or a Redis that is not there is tried again, for ever.
 * @param from the address of a service's `/revocations`, 'file:./data', 'redis://host', or a Store
 * @throws {ConfigError} ERR_CONFIG_INVALID; also a Redis that is there and refuses user, password or database
 */
export async function followRevocations(
  from: string | AddressLike | Store,
  options: FollowOptions = {},
): Promise<Replica> {
  const { pollMs, timeoutMs, ...rules } = followRules(options);
  const isActive = introspectionOf(from, options, rules.maxStalenessMs);
  const source = await sourceOf(from, options);
  const replica = createReplica({
    ...rules,
    feed: source.feed,
    clock: clockFrom(options.clock),
    timers: systemTimers,
    neverStale: source.isLocal,
    // What lies in this process is followed at no cost.
    ...(pollMs !== undefined && !source.isLocal && { pollMs }),
    ...(isActive !== undefined && { isActive }),
    ...(options.snapshot !== undefined && { snapshot: snapshotFile(options.snapshot) }),
    onSnapshotProblem: error => options.onEvent?.({ type: 'snapshot.problem', error }),
    onKey: () => options.onEvent?.({ type: 'key' }),
    onClose: source.close,
  });
  try {
    await firstOf([replica.ready, ...(source.refused === undefined ? [] : [source.refused])], timeoutMs);
  } catch (error) {
    replica.close();
    throw error;
  }
  return replica;
}

const snapshotFile = (path: string): SnapshotFile =>
  createSnapshotFile(path, { disk: systemDisk, timers: systemTimers });

/** Holds the process until then: a service that waits for its feed must not end for want of anything else to do. */
function firstOf(awaited: readonly Promise<void>[], timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = systemTimers.set(resolve, timeoutMs, true);
    void Promise.race(awaited).then(resolve, reject).finally(stop);
  });
}

/** An address, or undefined for a store at hand. */
function addressOf(from: string | AddressLike | Store): string | undefined {
  if (typeof from === 'string') return from;
  return 'feed' in from ? undefined : from.href;
}

const isOfService = (address: string): boolean => address.startsWith('http:') || address.startsWith('https:');

async function sourceOf(from: string | AddressLike | Store, options: FollowOptions): Promise<Source> {
  if (typeof from === 'object' && 'feed' in from)
    return { feed: from.feed, isLocal: from.kind === 'memory', close: () => {} };
  const address = addressOf(from) ?? '';
  if (isOfService(address)) return remoteSource(address, options);
  if (address === 'memory:')
    throw new ConfigError('A store in memory is followed as itself: followRevocations(store).');
  if (isRedisUrl(address)) return redisSource(address, options);
  const store = await openStore(address, options.clock === undefined ? {} : { clock: options.clock });
  return { feed: store.feed, isLocal: false, close: () => void store.close() };
}

async function redisSource(url: string, options: FollowOptions): Promise<Source> {
  const feed = createPatientFeed(await reachAt(url), placeOfUrl(url), {
    clock: options.clock,
    onProblem: error => options.onEvent?.({ type: 'feed.problem', error }),
  });
  return { ...feed, isLocal: false };
}

function remoteSource(url: string, options: FollowOptions): Source {
  const feed = createRemoteFeed({
    url,
    fetch: fetchOf(options),
    headers: headersOf(options),
    timers: systemTimers,
    random: systemRandom,
    onProblem: error => options.onEvent?.({ type: 'feed.problem', error }),
  });
  return { feed, isLocal: false, close: () => feed.close() };
}

const fetchOf = (options: FollowOptions): FeedFetch =>
  options.fetch ?? ((target, init) => fetch(target, init as RequestInit));

function introspectionOf(
  from: string | AddressLike | Store,
  options: FollowOptions,
  maxStalenessMs: number,
): IsActive | undefined {
  if (options.introspection === undefined) return undefined;
  const address = addressOf(from) ?? '';
  return createIntrospection(options.introspection, {
    fetch: fetchOf(options),
    timers: systemTimers,
    feed: isOfService(address) ? { url: address, headers: headersOf(options) } : undefined,
    maxStalenessMs,
  });
}

function headersOf({ headers = {}, clientId, clientSecret }: FollowOptions): FeedHeaders {
  if ((clientId === undefined) !== (clientSecret === undefined))
    throw new ConfigError('"clientId" and "clientSecret" go together.');
  const encode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');
  const basic =
    clientId === undefined || clientSecret === undefined
      ? {}
      : { authorization: `Basic ${btoa(`${encode(clientId)}:${encode(clientSecret)}`)}` };
  return async () => ({ ...basic, ...(await headersFrom(headers)) });
}
