/** Runs the repository's own tools by their files, so that no shell and no PATH decides which one it is. */
import { spawnSync } from 'node:child_process';
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
