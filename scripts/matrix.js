#!/usr/bin/env node
/**
 * `npm run test:matrix`: the library's tests on each Node we support, taken from the `node` package of npm; one line a
 * version. Words are versions instead of the usual ones. Tests about this repository itself run on one Node alone.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, toolFile } from './command.js';

const VERSIONS = ['20', '22', '24', '26'];
const ONCE = ['house', 'docs', 'e2e'];

const versions = process.argv.length > 2 ? process.argv.slice(2) : VERSIONS;
const results = versions.map(testOn);
process.exitCode = results.every(Boolean) ? 0 : 1;

function testOn(version) {
  const folder = mkdtempSync(join(tmpdir(), 'matrix-'));
  try {
    const file = join(folder, 'report.json');
    const run = spawnOn(version, file);
    const { passed, failed } = numbersOf(file);
    console.log(`Node ${nameOf(version)}: ${passed} passed, ${failed} failed`);
    if (run.status !== 0) console.log(`${run.stdout}${run.stderr}`.replace(/^/gm, '  '));
    return run.status === 0 && passed > 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `node@22` is downloaded once, then kept in npm's cache. */
function npx(version, words) {
  const all = ['-y', '-p', `node@${version}`, 'node', ...words];
  return spawnSync('npx', all, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function spawnOn(version, file) {
  const excluded = ONCE.map(room => `--exclude=packages/*/test/${room}/**`);
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${file}`];
  return npx(version, [toolFile('vitest'), 'run', 'packages/revocable/test', ...excluded, ...reporters]);
}

function nameOf(version) {
  return npx(version, ['-p', 'process.versions.node']).stdout.trim() || `${version} (not to be had)`;
}

function numbersOf(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: report.numPassedTests, failed: report.numFailedTests };
  } catch {
    return { passed: 0, failed: 0 }; // the runner wrote no report: its words follow
  }
}
