/** Where and with what it was measured. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { adapters } from './adapters/index.js';

const require = createRequire(import.meta.url);
const GIB = 2 ** 30;

export function machine() {
  const { model } = cpus()[0] ?? { model: 'unknown' };
  const memory = `${Math.round(totalmem() / GIB)} GiB`;
  return `${model.trim()}, ${availableParallelism()} cores, ${memory}, ${type()} ${release()} ${arch()}`;
}

/** Processes that wanted a core in the last minute. */
export const load = () => loadavg()[0];

/** Processor time that a process has used so far; NaN where there is no way to tell. Linux counts it in hundredths of a second. */
export function processorMicrosOf(pid) {
  try {
    const [, user, system] = /^\d+ \(.*\)(?: \S+){11} (\d+) (\d+) /.exec(
      readFileSync(`/proc/${pid}/stat`, 'utf8'),
    );
    return (Number(user) + Number(system)) * 10_000;
  } catch {
    return Number.NaN;
  }
}

/** `name version`, for each library. */
export function libraries() {
  const names = new Set(adapters.map(adapter => adapter.package));
  names.delete('node:crypto');
  return [...names].map(name => `${name} ${versionOf(name)}`);
}

function versionOf(name) {
  const file = require.resolve
    .paths(name)
    .map(folder => join(folder, name, 'package.json'))
    .find(canRead);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

function canRead(file) {
  try {
    return readFileSync(file).length > 0;
  } catch {
    return false;
  }
}
