/** Opens and closes the files of a data folder. */
import { statSync } from 'node:fs';
import { ConfigError } from '../../errors.ts';
import { randomId, systemRandom } from '../../random.ts';
import type { Database, Engine } from './engine.ts';
import { isBusy, storeFailure } from './failure.ts';
import { createEmpty, type Folder } from './folder.ts';
import { createOperations, type Operations } from './operations.ts';
import { patiently, rollBack } from './patience.ts';
import { configure, prepareTables } from './schema.ts';
import { createSqliteState, prepared, type SqliteState } from './sqlite-state.ts';

/** An open database, and what is made for it. */
export interface Opened {
  readonly database: Database;
  readonly state: SqliteState;
  readonly operations: Operations;
  readonly inode: number;
  /** SQLite's `data_version`: another number after another connection has committed. */
  dataVersion(): number;
  /** The one at the last look. */
  version: number;
}

/** @param mayMake false for a file that was put in place while the store was open: one without tables is half a copy */
export function openDatabase(engine: Engine, folder: Folder, mayMake: boolean): Opened {
  const database = engine.open(folder.database);
  try {
    patiently(() => configure(database, folder.database));
    patiently(() => {
      database.exec('BEGIN IMMEDIATE');
      try {
        prepareTables(database, folder.database, mayMake ? randomId(systemRandom) : undefined);
        database.exec('COMMIT');
      } catch (error) {
        rollBack(database);
        throw error;
      }
    });
  } catch (error) {
    database.close();
    throw error;
  }
  const sql = prepared(database);
  const state = createSqliteState(sql);
  const inode = statSync(folder.database).ino;
  const dataVersion = (): number => Number(sql('PRAGMA data_version').get()?.[0]);
  const operations = createOperations(sql, state);
  return { database, state, operations, inode, dataVersion, version: dataVersion() };
}

/** SQLite's own lock on a file of its own: the system lets go of it when the process dies, however it dies. */
export function lockFolder(engine: Engine, folder: Folder): Database {
  createEmpty(folder.lock);
  const lock = engine.open(folder.lock);
  try {
    lock.exec('PRAGMA busy_timeout=0; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw storeFailure(error, folder.lock);
    throw new ConfigError(
      `Another token service has the data folder ${folder.path} open. Stop it, or give this one a folder of its own.`,
    );
  }
}

/** What the log holds goes into the database file first: an engine with statements about keeps its files open a while longer. */
export function closeDatabase(database: Database): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // Somebody reads, or the disk fails: the log stays, and counts.
  }
  database.close();
}
