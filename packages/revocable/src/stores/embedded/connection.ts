/** One open database in the worker: batches as transactions, patience with other writers, and an eye on what they write. */
import { existsSync, statSync } from 'node:fs';
import { StoreError } from '../../errors.ts';
import { systemRandom } from '../../random.ts';
import { type Bell, createBell } from './bell.ts';
import type { Database, Engine } from './engine.ts';
import { endsTransaction, resultCode, storeFailure } from './failure.ts';
import { type Folder, folderAt, networkWarning, prepareFolder, rootSecret } from './folder.ts';
import { closeDatabase, lockFolder, type Opened, openDatabase } from './opening.ts';
import { type OperationName, READS, type Watched } from './operations.ts';
import { patiently, rollBack } from './patience.ts';

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

/** What others wait for, beside what is appended to the log. */
const TELLING: ReadonlySet<OperationName> = new Set(['report', 'putKeys', 'takeover']);

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
  const told = opened.state.ledger().head !== before || batch.some(({ op }) => TELLING.has(op));
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
    const version = held.open.dataVersion();
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
