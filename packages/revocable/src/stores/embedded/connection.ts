/** One open database in the worker: batches as transactions, patience with other writers, and an eye on what they write. */
import { existsSync, statSync } from 'node:fs';
import { ConfigError, StoreError } from '../../errors.ts';
import { randomId, systemRandom } from '../../random.ts';
import { type Bell, createBell } from './bell.ts';
import type { Database, Engine } from './engine.ts';
import { endsTransaction, isBusy, resultCode, storeFailure } from './failure.ts';
import { createEmpty, type Folder, folderAt, networkWarning, prepareFolder, rootSecret } from './folder.ts';
import { createOperations, type OperationName, type Operations, READS, type Watched } from './operations.ts';
import { configure, prepareTables, read } from './schema.ts';
import { createSqliteState, prepared, type SqliteState } from './sqlite-state.ts';

/** `now`: the store's time where the opener gave a clock of its own. */
export interface Request {
  readonly op: OperationName;
  readonly args: unknown;
  readonly now: number | undefined;
}

export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** `told`: something that followers or listeners wait for was committed. */
export interface BatchResult {
  readonly outcomes: readonly Outcome[];
  readonly told: boolean;
}

export interface Connection {
  readonly warning: string | undefined;
  run(batch: readonly Request[]): BatchResult;
  /** What others have written since the last look; undefined when nothing. */
  look(): Watched | undefined;
  watched(): Watched;
  rootSecret(): string;
  close(): void;
}

const PATIENCE_MS = 5000;
const CHECKPOINT_EVERY = 64;
const LARGE_WAL = 32 * 1024 * 1024;

interface Held {
  readonly folder: Folder;
  readonly engine: Engine;
  readonly bell: Bell;
  readonly lock: Database | undefined;
  open: Opened | undefined;
  commits: number;
}

/** What changes when the file is replaced. */
interface Opened {
  readonly database: Database;
  readonly state: SqliteState;
  readonly operations: Operations;
  readonly inode: number;
  version: number;
}

/**
 * @throws {ConfigError} ERR_CONFIG_INVALID for a folder that cannot be used, or that another exclusive opener holds
 * @throws {StoreError} ERR_STORE_CORRUPT, ERR_STORE_UNAVAILABLE
 */
export function openConnection(
  engine: Engine,
  path: string,
  exclusive: boolean,
  onRing: () => void,
): Connection {
  const folder = folderAt(path);
  prepareFolder(folder);
  const lock = exclusive ? lockFolder(engine, folder) : undefined;
  const held: Held = {
    folder,
    engine,
    lock,
    bell: createBell(folder.bell, onRing),
    open: undefined,
    commits: 0,
  };
  try {
    held.open = openDatabase(engine, folder, true);
  } catch (error) {
    close(held);
    throw storeFailure(error, folder.database);
  }
  return {
    warning: networkWarning(path),
    run: batch => run(held, batch),
    look: () => look(held),
    watched: () => transaction(held, false, ({ operations }) => operations.watched(undefined, 0)),
    rootSecret: () => makeOrReadSecret(held),
    close: () => close(held),
  };
}

/** @param mayMake false for a file that was put in place while the store was open: one without tables is half a copy */
function openDatabase(engine: Engine, folder: Folder, mayMake: boolean): Opened {
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
  return { database, state, operations: createOperations(sql, state), inode, version: versionOf(database) };
}

const versionOf = (database: Database): number => Number(read(database, 'PRAGMA data_version'));

/** SQLite's own lock on a file of its own: the system lets go of it when the process dies, however it dies. */
function lockFolder(engine: Engine, folder: Folder): Database {
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

function run(held: Held, batch: readonly Request[]): BatchResult {
  const writes = batch.some(request => !READS.has(request.op));
  try {
    if (hasMoved(held)) followFile(held);
    const result = patiently(() => transaction(held, writes, opened => runAll(opened, batch, writes)));
    if (writes) afterCommit(held, result.told);
    return result;
  } catch (error) {
    const failure = storeFailure(error, held.folder.database);
    return { outcomes: batch.map(() => ({ error: failure })), told: false };
  }
}

function runAll(opened: Opened, batch: readonly Request[], writes: boolean): BatchResult {
  if (!writes) return { outcomes: batch.map(request => runOne(opened, request, false)), told: false };
  const before = opened.state.ledger().head;
  const outcomes = batch.map(request => runOne(opened, request, true));
  const told =
    opened.state.ledger().head !== before || batch.some(({ op }) => op === 'report' || op === 'putKeys');
  return { outcomes, told };
}

function transaction<T>(held: Held, writes: boolean, work: (opened: Opened) => T): T {
  const opened = held.open;
  if (opened === undefined) throw gone(held);
  const { database, state } = opened;
  state.reset();
  database.exec(writes ? 'BEGIN IMMEDIATE' : 'BEGIN');
  try {
    const result = work(opened);
    state.flush();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** A step that throws undoes itself alone; a database that fails, the whole batch. */
function runOne(
  { database, state, operations }: Opened,
  { op, args, now }: Request,
  writes: boolean,
): Outcome {
  const operation = operations[op] as (args: unknown, now: number) => unknown;
  const time = now ?? Date.now();
  if (!writes) return { value: operation(args, time) };
  const undo = state.mark();
  database.exec('SAVEPOINT request');
  try {
    const value = operation(args, time);
    database.exec('RELEASE request');
    return { value };
  } catch (error) {
    if (endsTransaction(error)) throw error;
    database.exec('ROLLBACK TO request; RELEASE request');
    undo();
    return { error };
  }
}

function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // A full disk or a failed write has rolled back already.
  }
}

/** SQLite's own waiting starves whoever is slower; short random waits do not. */
function patiently<T>(work: () => T): T {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw error;
      Atomics.wait(CELL, 0, 0, 0.2 + Math.random() * 1.3);
    }
  }
}
const CELL = new Int32Array(new SharedArrayBuffer(4));

function afterCommit(held: Held, told: boolean): void {
  if (told) held.bell.ring();
  held.commits += 1;
  if (held.commits % CHECKPOINT_EVERY === 0) checkpoint(held);
}

/** Automatic checkpoints never shorten the log while readers overlap; this one waits a moment for them. */
function checkpoint({ open, folder }: Held): void {
  const size = statSync(`${folder.database}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (open === undefined || size <= LARGE_WAL) return;
  try {
    open.database.exec('PRAGMA busy_timeout=20; PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (resultCode(error) === undefined) throw error; // else: the next one will do
  } finally {
    open.database.exec('PRAGMA busy_timeout=0');
  }
}

function look(held: Held): Watched | undefined {
  held.bell.check();
  try {
    const isNew = hasMoved(held);
    if (isNew) followFile(held);
    if (held.open === undefined) return undefined;
    const version = versionOf(held.open.database);
    if (version === held.open.version && !isNew) return undefined;
    const watched = transaction(held, false, ({ operations }) => operations.watched(undefined, 0));
    held.open.version = version;
    return watched;
  } catch {
    return undefined; // the next look, or the next request, says so
  }
}

/** Whether the name leads to another file than the one that is open: a commit to that one would be lost. */
function hasMoved({ folder, open }: Held): boolean {
  const inode = statSync(folder.database, { throwIfNoEntry: false })?.ino;
  return inode === undefined || inode !== open?.inode;
}

/** The folder was made anew, by a restore for instance. */
function followFile(held: Held): void {
  held.open?.database.close();
  held.open = undefined;
  if (!existsSync(held.folder.database)) return;
  held.open = openDatabase(held.engine, held.folder, false);
}

function gone({ folder }: Held): StoreError {
  return new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `${folder.database} has been removed, or replaced by a file that cannot be opened.`,
  );
}

/** Inside a transaction that writes, for its lock. */
function makeOrReadSecret(held: Held): string {
  try {
    return patiently(() =>
      transaction(held, true, ({ operations }) =>
        rootSecret(held.folder, !operations.needsItsSecret(undefined, 0), systemRandom),
      ),
    );
  } catch (error) {
    throw storeFailure(error, held.folder.database);
  }
}

function close(held: Held): void {
  held.bell.close();
  if (held.open !== undefined) closeDatabase(held.open.database);
  held.open = undefined;
  held.lock?.close();
}

/** What the log holds goes into the database file first: an engine with statements about keeps its files open a while longer. */
function closeDatabase(database: Database): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // Somebody reads, or the disk fails: the log stays, and counts.
  }
  database.close();
}
