/** Makes one copy and ends. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { ConfigError } from '../../errors.ts';
import { type Database, loadEngine } from './engine.ts';
import { answerErrand } from './errand.ts';
import { folderAt, syncFolder } from './folder.ts';
import { isStore } from './schema.ts';

const { folder, file } = workerData as { folder: string; file: string };

await answerErrand(file, copy);

/** Under a temporary name until it is whole and on the disk. */
async function copy(): Promise<void> {
  if (existsSync(file)) throw new ConfigError(`${file} exists already; name a file that does not.`);
  const source = folderAt(folder).database;
  if (!existsSync(source)) throw new ConfigError(`There is no store in ${folder}.`); // opening would make one
  const temporary = join(dirname(file), `.${basename(file)}.part`);
  const engine = await loadEngine();
  const database = engine.open(source);
  try {
    copyTo(temporary, database);
  } finally {
    database.close();
  }
  finish(temporary);
}

function copyTo(temporary: string, database: Database): void {
  database.exec('PRAGMA busy_timeout=5000');
  if (!isStore(database)) throw new ConfigError(`There is no store in ${folder}.`);
  makeEmpty(temporary);
  try {
    database.prepare('VACUUM INTO ?').run(temporary);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** SQLite writes into an empty file that is there, and keeps its mode. */
function makeEmpty(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
    closeSync(openSync(temporary, 'wx', 0o600));
  } catch (error) {
    const { code } = error as { code?: string };
    throw new ConfigError(`The backup ${file} cannot be written (${code}).`, { cause: error });
  }
}

function finish(temporary: string): void {
  const handle = openSync(temporary, 'r+');
  fsyncSync(handle);
  closeSync(handle);
  renameSync(temporary, file);
  syncFolder(dirname(file));
}
