/** Copies of an embedded store, and stores made of copies. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, refuseUnknown } from '../errors.ts';
import { clockFrom, type WallClock } from '../time.ts';
import { backUp, folderOf, restoreFolder } from './embedded/index.ts';
import { isRedisUrl } from './redis/index.ts';

export interface RestoreOptions {
  /**
   * Sessions and access tokens of the backup go on, and so does what was taken back after it was made, until journal and followers
   * have given that back. Otherwise everyone is cut off: a backup lacks what came later.
   * @default false
   */
  readonly keepSessions?: boolean;
  /** Milliseconds, like `Date.now`: for tests. @default Date.now */
  readonly clock?: WallClock;
}

export interface Restored {
  /** The backup holds keys or sessions, and the root secret under which they were made is not in the folder: put it there. */
  readonly lacksSecret: boolean;
}

export interface BackedUp {
  /** Of the file. */
  readonly bytes: number;
}

/**
 * Makes a whole copy of an embedded store beside those who write in it; the store is not opened. The copy holds no root secret.
 * @param location as of `openStore`
 * @throws {ConfigError} ERR_CONFIG_INVALID where there is no embedded store, or the file is there already or cannot be written
 * @throws {StoreError} ERR_STORE_CORRUPT, ERR_STORE_UNAVAILABLE: there is no half a copy
 */
export async function backupStore(location: string, file: string): Promise<BackedUp> {
  const folder = embeddedFolder(location, 'back up');
  const path = fileAt(file);
  await backUp(folder, path);
  return { bytes: statSync(path).size };
}

/**
 * Makes a store of a backup, in a folder that is empty but for `secret` and `journal` of the lost store. It has an owner of its
 * own, so followers read all of it again, and its stamps lie above all that the backup holds. Everyone is cut off unless
 * `keepSessions`. Where it throws, nothing has changed; where it is interrupted, the folder opens as no store until it is run again.
 * @param location as of `openStore`
 * @throws {ConfigError} ERR_CONFIG_INVALID for a folder that holds something, a file that is no backup, or one of a newer format
 * @throws {StoreError} ERR_STORE_CORRUPT for a backup that is damaged or cut short; ERR_STORE_UNAVAILABLE for a disk that is full
 */
export async function restoreStore(
  file: string,
  location: string,
  options: RestoreOptions = {},
): Promise<Restored> {
  refuseUnknown(options, ['keepSessions', 'clock'], 'restoreStore');
  const { keepSessions = false, clock } = options;
  if (typeof keepSessions !== 'boolean') throw new ConfigError('"keepSessions" is true or false.');
  const folder = embeddedFolder(location, 'restore');
  return restoreFolder({ file: fileAt(file), folder, keepSessions, now: clockFrom(clock).wall() });
}

function fileAt(file: string): string {
  if (typeof file !== 'string' || file === '') throw new ConfigError('A backup is a file: give its path.');
  return resolve(file);
}

function embeddedFolder(location: string, verb: 'back up' | 'restore'): string {
  if (typeof location === 'string' && location.startsWith('file:')) return folderOf(location);
  if (typeof location === 'string' && isRedisUrl(location))
    throw new ConfigError(
      `A Redis store has no file to ${verb}: use the persistence of Redis (BGSAVE, AOF). What it loses is healed.`,
    );
  throw new ConfigError(`There is no file to ${verb} but that of an embedded store, such as "file:./data".`);
}
