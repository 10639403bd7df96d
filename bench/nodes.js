/** The Nodes that are measured: this one, and the others from the `node` package of npm, kept below node_modules. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CACHE = fileURLToPath(new URL('../node_modules/.cache/npm', import.meta.url));
const run = promisify(execFile);

/** The executable of a major version. */
export async function nodeFile(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const words = ['-y', '-p', `node@${major}`, 'node', '-p', 'process.execPath'];
  const env = { ...process.env, npm_config_cache: CACHE };
  const { stdout } = await run('npx', words, { env, shell: process.platform === 'win32' });
  return stdout.trim();
}
