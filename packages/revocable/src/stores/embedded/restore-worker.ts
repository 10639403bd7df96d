/** Makes one store of one copy and ends. Until it is whole it has another name, under which no store is opened. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { workerData } from 'node:worker_threads';
import { ConfigError, StoreError } from '../../errors.ts';
import { LEEWAY_MS, type Lifetimes } from '../../revocation/index.ts';
import { type Declared, profileAt } from '../declared.ts';
import { restoreStep } from '../restoring.ts';
import { type Database, type Engine, loadEngine } from './engine.ts';
import { answerErrand } from './errand.ts';
import { resultCode } from './failure.ts';
import { type Folder, folderAt, refusedFolder, syncFolder } from './folder.ts';
import { createOperations, type Operations } from './operations.ts';
import type { RestoredFolder, RestoreErrand } from './restore.ts';
import { openSite } from './restore-site.ts';
import { isStore, prepareTables, read } from './schema.ts';
import { createSqliteState, prepared } from './sqlite-state.ts';

const errand = workerData as RestoreErrand;

async function restore(): Promise<RestoredFolder> {
  refuseOther(errand.file);
  const engine = await loadEngine();
  const folder = folderAt(errand.folder);
  const site = openSite(engine, folder);
  try {
    copy(folder);
    const needsSecret = makeStore(engine, folder);
    putInPlace(folder);
    site.close();
    return { lacksSecret: needsSecret && !existsSync(folder.secret) };
  } catch (error) {
    site.undo();
    throw error;
  }
}

const MAGIC = 'SQLite format 3\0';
/** Of the database header, sqlite.org/fileformat2.html section 1.3: the size of a page, and how many there are. */
const HEADER = { bytes: 100, pageSize: 16, pages: 28 };

/** Nothing has been touched yet. */
function refuseOther(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new ConfigError(`There is no file ${file}.`);
  const header = found.isFile() ? headerOf(file) : Buffer.alloc(0);
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw new ConfigError(`${file} is no backup of a store: "revocable backup" makes one.`);
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
  if (log !== undefined && log.size > 0)
    throw new ConfigError(
      `${file} is a database in use: there is more of it in ${file}-wal. Make a backup of it, with "revocable backup".`,
    );
  if (header.length < HEADER.bytes || found.size < sizeIn(header)) throw corrupt();
}

/** SQLite itself takes a last page that is a few bytes short for one that ends in zeros. */
function sizeIn(header: Buffer): number {
  const pageSize = header.readUInt16BE(HEADER.pageSize);
  return (pageSize === 1 ? 65_536 : pageSize) * header.readUInt32BE(HEADER.pages);
}

function headerOf(file: string): Buffer {
  try {
    const handle = openSync(file, 'r');
    const bytes = Buffer.alloc(HEADER.bytes);
    const length = readSync(handle, bytes);
    closeSync(handle);
    return bytes.subarray(0, length);
  } catch (cause) {
    const { code } = cause as { code?: string };
    throw new ConfigError(`The backup ${file} cannot be read (${code}).`, { cause });
  }
}

const PIECE_BYTES = 1024 * 1024;

/** Into the file that the site has made, whose mode is its own. */
function copy({ restoring }: Folder): void {
  const from = openSync(errand.file, 'r');
  const to = openSync(restoring, 'r+');
  try {
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let length = readSync(from, piece); length > 0; length = readSync(from, piece))
      for (let at = 0; at < length; ) at += writeSync(to, piece, at, length - at);
  } catch (error) {
    throw fullDisk(error) ?? refusedFolder(errand.folder, error);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

function fullDisk(cause: unknown): StoreError | undefined {
  const { code } = cause as { code?: unknown };
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined;
  return new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `The disk of ${errand.folder} is full. Nothing was restored; it works when there is room.`,
    { cause },
  );
}

/** Whether it holds what was made under a root secret. */
function makeStore(engine: Engine, { restoring }: Folder): boolean {
  const database = engine.open(restoring);
  try {
    // Whoever finds it half done throws it away, and it is synced as a whole.
    database.exec('PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA trusted_schema=OFF');
    check(database);
    database.exec('BEGIN IMMEDIATE');
    prepareTables(database, errand.file, undefined);
    const needsSecret = begin(database);
    database.exec('COMMIT');
    return needsSecret;
  } catch (error) {
    throw damaged(error) ?? error;
  } finally {
    database.close();
  }
}

function check(database: Database): void {
  if (!isStore(database))
    throw new ConfigError(`${errand.file} is no backup of a store: it is the database of another program.`);
  if (read(database, 'PRAGMA integrity_check(1)') !== 'ok') throw corrupt();
}

/** The codes of a damaged database, and of a file that is none: sqlite.org/rescode.html. */
const DAMAGED: readonly (number | undefined)[] = [11, 26];

const damaged = (cause: unknown): StoreError | undefined =>
  DAMAGED.includes(resultCode(cause)) ? corrupt(cause) : undefined;

const corrupt = (cause?: unknown): StoreError =>
  new StoreError(
    'ERR_STORE_CORRUPT',
    `The backup ${errand.file} is damaged or has been cut short. Nothing was restored: take another one.`,
    { cause },
  );

function begin(database: Database): boolean {
  const sql = prepared(database);
  const state = createSqliteState(sql);
  const operations = createOperations(sql, state);
  const { now, keepSessions } = errand;
  state.reset();
  restoreStep(state, keepSessions ? undefined : livesIn(operations, now), now);
  state.flush();
  const detail = JSON.stringify({ sessions: keepSessions ? 'kept' : 'cut off' });
  operations.auditAppend({ event: 'store.restored', actor: undefined, subject: undefined, detail }, now);
  return operations.needsItsSecret(undefined, now);
}

/** Of a store in which no authority has said how long its tokens live. */
const UNDECLARED: Lifetimes = { accessMs: 86_400_000, refreshMs: 366 * 86_400_000, leewayMs: LEEWAY_MS };

function livesIn(operations: Operations, now: number): Lifetimes {
  const declared: Declared | undefined = operations.declared(undefined, now);
  if (declared === undefined) return UNDECLARED;
  const { accessMaxMs, refreshMaxMs, leewayMs } = profileAt(declared, now);
  return { accessMs: accessMaxMs, refreshMs: refreshMaxMs, leewayMs };
}

function putInPlace({ path, restoring, database }: Folder): void {
  const handle = openSync(restoring, 'r+');
  fsyncSync(handle);
  closeSync(handle);
  if (existsSync(database)) throw new ConfigError(`Somebody has made a store in ${path} meanwhile.`);
  renameSync(restoring, database);
  syncFolder(path);
}

// Behind the constants above, which it needs.
await answerErrand(errand.file, restore);
