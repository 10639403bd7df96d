/** A store made of a copy, in a folder of its own. */
import { runErrand } from './errand.ts';

export interface RestoreErrand {
  readonly file: string;
  readonly folder: string;
  readonly keepSessions: boolean;
  /** Milliseconds. */
  readonly now: number;
}

export interface RestoredFolder {
  /** The copy holds keys or sessions, and the root secret under which they were made is not in the folder. */
  readonly lacksSecret: boolean;
}

/**
 * @throws {ConfigError} ERR_CONFIG_INVALID for a folder that holds something, a file that is no backup, or one of a newer format
 * @throws {StoreError} ERR_STORE_CORRUPT for a backup that is damaged or cut short, ERR_STORE_UNAVAILABLE for a disk that is full
 */
export async function restoreFolder(errand: RestoreErrand): Promise<RestoredFolder> {
  return (await runErrand('./restore-worker.js', errand)) as RestoredFolder;
}
