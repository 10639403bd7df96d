/** Makes one copy and ends. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError } from '../../errors.ts';
import { loadEngine } from './engine.ts';
import { storeFailure } from './failure.ts';
import { folderAt, syncFolder } from './folder.ts';
import { type WireOutcome, wireError } from './messages.ts';

const { folder, file } = workerData as { folder: string; file: string };

parentPort?.postMessage(await outcome());

async function outcome(): Promise<WireOutcome> {
  try {
    return { value: await copy() };
  } catch (error) {
    return { error: wireError(storeFailure(error, file)) };
  }
}

/** Under a temporary name until it is whole and on the disk. */
async function copy(): Promise<void> {
  if (existsSync(file)) throw new ConfigError(`${file} exists already; name a file that does not.`);
  const temporary = join(dirname(file), `.${basename(file)}.part`);
  const engine = await loadEngine();
  makeEmpty(temporary);
  const database = engine.open(folderAt(folder).database);
  try {
    database.exec('PRAGMA busy_timeout=5000');
    database.prepare('VACUUM INTO ?').run(temporary);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    database.close();
  }
  finish(temporary);
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
