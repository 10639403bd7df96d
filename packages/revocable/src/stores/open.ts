/** Opens the store that a URL names. */
import { ConfigError, refuseUnknown } from '../errors.ts';
import type { Store } from '../store.ts';
import type { WallClock } from '../time.ts';
import { folderOf, openEmbeddedStore } from './embedded/index.ts';
import { createMemoryStore } from './memory.ts';
import { isRedisUrl, openRedisStore, placeOfUrl, type RedisClient, reachAt, reachOf } from './redis/index.ts';

export interface OpenStoreOptions {
  /** Milliseconds, like `Date.now`: for tests. @default Date.now */
  readonly clock?: WallClock;
  /** Refuses a data folder that another exclusive opener holds, as a token service is. @default false */
  readonly exclusive?: boolean;
  /** With Redis: how many of its replicas must have a revocation before `revoke` returns. @default 0 */
  readonly waitForReplicas?: number;
}

/** A client of the package `redis` or `ioredis`. Connections are made as its are; it stays yours, and is not closed. */
export interface RedisLocation {
  readonly redis: RedisClient;
}

const SUPPORTED =
  '"memory:", "file:./data", "redis://host:6379", "redis+sentinel://host:26379,host:26379/NAME", "redis+cluster://host:7000,host:7001" (rediss for TLS) and { redis: client }';

/**
 * Opens a store: `memory:`, `file:` with a folder, which is made where there is none, or a Redis 7.
 * @throws {ConfigError} ERR_CONFIG_INVALID for an unknown scheme or option, a folder that cannot be used, a package to install
 * @throws {StoreError} ERR_STORE_CORRUPT for a database that is damaged or none of ours; ERR_STORE_UNAVAILABLE for a Redis that
 *   cannot be reached
 */
export async function openStore(
  location: string | RedisLocation,
  options: OpenStoreOptions = {},
): Promise<Store> {
  refuseUnknown(options, ['clock', 'exclusive', 'waitForReplicas'], 'openStore');
  if (typeof location === 'object') return openGivenClient(location, options);
  if (typeof location !== 'string') throw new ConfigError(`openStore takes a URL: ${SUPPORTED}.`);
  if (isRedisUrl(location)) return openRedisStore(await reachAt(location), placeOfUrl(location), options);
  if (options.waitForReplicas !== undefined)
    throw new ConfigError('"waitForReplicas" is for stores on Redis.');
  if (location === 'memory:')
    return createMemoryStore(options.clock === undefined ? {} : { clock: options.clock });
  if (location.startsWith('file:')) return openEmbeddedStore(folderOf(location), location, options);
  throw new ConfigError(`There is no store for "${schemeOf(location)}". Supported: ${SUPPORTED}.`);
}

function openGivenClient(location: RedisLocation, options: OpenStoreOptions): Promise<Store> {
  refuseUnknown(location, ['redis'], 'openStore');
  if (location.redis === null || typeof location.redis !== 'object')
    throw new ConfigError(
      '"redis" is a client of the package "redis" (createClient) or "ioredis" (new Redis).',
    );
  return openRedisStore(reachOf(location.redis), 'redis: (a client handed in)', options);
}

/** The scheme alone: the rest may hold a password. */
function schemeOf(location: string): string {
  const colon = location.indexOf(':');
  return colon === -1 ? location.slice(0, 40) : location.slice(0, colon + 1);
}
