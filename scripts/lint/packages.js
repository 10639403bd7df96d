/** Packs each public package as a user would get it, and asks publint and attw what that user would meet. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runNode, toolFile } from '../command.js';

const PUBLINT = toolFile('publint');
const ATTW = toolFile('@arethetypeswrong/cli', 'attw');
/** ESM only: `require()` of it works on every supported Node, so this one finding is no finding. */
const ATTW_FLAGS = [
  '--profile',
  'node16',
  '--ignore-rules',
  'cjs-resolves-to-esm',
  '--format',
  'ascii',
  '--no-emoji',
];

export function packageFindings() {
  const folder = mkdtempSync(join(tmpdir(), 'pack-'));
  try {
    const packages = publicPackages();
    return { count: packages.length, findings: packages.flatMap(name => findingsOf(name, folder)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function publicPackages() {
  const manifest = name => JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'));
  return readdirSync(join(ROOT, 'packages')).filter(name => manifest(name).private !== true);
}

function findingsOf(name, folder) {
  const tarball = pack(name, folder);
  const checks = [runNode(PUBLINT, ['run', tarball, '--strict']), runNode(ATTW, [tarball, ...ATTW_FLAGS])];
  return checks.filter(check => !check.ok).map(check => `packages/${name}: ${check.output}`);
}

function pack(name, folder) {
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const cwd = join(ROOT, 'packages', name);
  const { stdout } = spawnSync('npm', words, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
  return join(folder, JSON.parse(stdout)[0].filename);
}
