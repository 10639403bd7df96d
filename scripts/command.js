/** Runs the repository's own tools by their files, so that no shell and no PATH decides which one it is. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

/** The file behind a package's command. `bin` is needed where it is not named like the package. */
export function toolFile(packageName, bin = packageName.split('/').at(-1)) {
  const manifest = findManifest(packageName);
  const { bin: bins } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), typeof bins === 'string' ? bins : bins[bin]);
}

function findManifest(packageName) {
  const folders = require.resolve.paths(packageName);
  return folders.map(folder => join(folder, packageName, 'package.json')).find(canRead);
}

function canRead(file) {
  try {
    return readFileSync(file).length > 0;
  } catch {
    return false;
  }
}

/** Runs a Node script to its end; `output` is both streams, in no promised order. */
export function runNode(script, args, options = {}) {
  const result = spawnSync(process.execPath, [script, ...args], { cwd: ROOT, encoding: 'utf8', ...options });
  return {
    ok: result.status === 0,
    output: [result.stdout, result.stderr].filter(Boolean).join('').trimEnd(),
  };
}

/**
 * Runs a Node script with all that it starts as one group, and ends the group when `limitMs` is over or when we are
 * stopped ourselves: a test that loops for ever would hold its worker for ever.
 * @param onLate told of the process when `limitMs` is over, before it is ended
 * @returns {Promise<{ status: number, late: boolean, output: string }>} `output` only where `stdio` pipes it
 */
export function runGroup(
  command,
  args,
  { limitMs, stdio, env = process.env, cwd = ROOT, onLate = () => {} },
) {
  const child = spawn(command, args, { cwd, env, stdio, detached: process.platform !== 'win32' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', text => (output += text));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    onLate(child);
    endGroup(child);
  }, limitMs);
  const stop = () => endGroup(child);
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return new Promise(resolve => {
    child.on('error', error => resolve({ status: 1, late, output: String(error) }));
    child.on('close', status => {
      clearTimeout(timer);
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve({ status: status ?? 1, late, output });
    });
  });
}

/** What runs in a group, a line each: what it waits for, how long it has run, its command. */
export function processesOf({ pid }) {
  const columns = 'pgid=,pid=,stat=,wchan:20=,etimes=,args=';
  const { stdout } = spawnSync('ps', ['-ww', '-e', '-o', columns], { encoding: 'utf8' });
  const lines = (stdout ?? '').split('\n').filter(line => Number(line.trim().split(' ', 1)[0]) === pid);
  return lines.map(line => line.slice(0, 200)).join('\n');
}

function endGroup(child) {
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // it has just ended by itself
  }
}
