/** The folder that a store is restored into: held for this alone, and left as it was where nothing comes of it. */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { ConfigError } from '../../errors.ts';
import type { Engine } from './engine.ts';
import { createEmpty, type Folder, makeFolder, refusedFolder } from './folder.ts';
import { lockFolder } from './opening.ts';

export interface Site {
  close(): void;
  /** Removes all that was made. */
  undo(): void;
}

/** Of the lost store: its root secret and its journal belong to the restored one too; the rest holds nothing. */
const MAY_STAY: readonly string[] = ['secret', 'journal', 'bell'];

/** What SQLite may put beside a file. */
const BESIDE = ['', '-wal', '-shm', '-journal'];

/** @throws {ConfigError} ERR_CONFIG_INVALID for a folder that is not empty, cannot be used, or is in use */
export function openSite(engine: Engine, folder: Folder): Site {
  const { path, restoring, lock: lockFile } = folder;
  const wasThere = existsSync(path);
  const hadLock = existsSync(lockFile);
  refuseFull(folder);
  let lock: ReturnType<typeof lockFolder> | undefined;
  const removeAll = (): void => {
    for (const ending of BESIDE) rmSync(`${restoring}${ending}`, { force: true });
    lock?.close();
    if (!hadLock && lock !== undefined) rmSync(lockFile, { force: true });
    if (!wasThere) removeFolder(path);
  };
  try {
    makeFolder(path);
    lock = lockFolder(engine, folder);
    for (const ending of BESIDE) rmSync(`${restoring}${ending}`, { force: true }); // of one that was interrupted
    createEmpty(restoring);
  } catch (error) {
    removeAll();
    throw refusedFolder(path, error);
  }
  return { close: () => lock?.close(), undo: removeAll };
}

function refuseFull({ path, restoring, lock }: Folder): void {
  const own = [restoring, lock].flatMap(file => BESIDE.map(ending => `${basename(file)}${ending}`));
  const found = namesIn(path).find(name => !MAY_STAY.includes(name) && !own.includes(name));
  if (found !== undefined)
    throw new ConfigError(
      `The folder ${path} is not empty: it holds "${found}". A store is restored into an empty one, where only "secret" and "journal" of the lost store may be.`,
    );
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw refusedFolder(path, error);
  }
}

function removeFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // It was never made, or somebody has put something there meanwhile.
  }
}
