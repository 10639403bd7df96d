/** Opens the store that a URL names. */
import { ConfigError, refuseUnknown } from '../errors.ts';
import type { Store } from '../store.ts';
import type { WallClock } from '../time.ts';
import { folderOf, openEmbeddedStore } from './embedded/index.ts';
import { createMemoryStore } from './memory.ts';

export interface OpenStoreOptions {
  /** Milliseconds, like `Date.now`: for tests. @default Date.now */
  readonly clock?: WallClock;
  /** Refuses a data folder that another exclusive opener holds, as a token service is. @default false */
  readonly exclusive?: boolean;
}

const SUPPORTED = '"memory:" and "file:./data"';

/**
 * Opens a store: `memory:` or `file:` with a folder, which is made where there is none.
 * @throws {ConfigError} ERR_CONFIG_INVALID for an unknown scheme or option, or a folder that cannot be used
 * @throws {StoreError} ERR_STORE_CORRUPT for a database that is damaged or none of ours
 */
export async function openStore(location: string, options: OpenStoreOptions = {}): Promise<Store> {
  refuseUnknown(options, ['clock', 'exclusive'], 'openStore');
  if (typeof location !== 'string') throw new ConfigError(`openStore takes a URL: ${SUPPORTED}.`);
  if (location === 'memory:')
    return createMemoryStore(options.clock === undefined ? {} : { clock: options.clock });
  if (location.startsWith('file:')) return openEmbeddedStore(folderOf(location), location, options);
  throw new ConfigError(`There is no store for "${schemeOf(location)}". Supported: ${SUPPORTED}.`);
}

/** The scheme alone: the rest may hold a password. */
function schemeOf(location: string): string {
  const colon = location.indexOf(':');
  return colon === -1 ? location.slice(0, 40) : location.slice(0, colon + 1);
}
