#!/usr/bin/env node
/**
 * `npm run test:matrix`: the library's tests on each Node we support, taken from the `node` package of npm; one line a
 * version. Words are versions instead of the usual ones. Tests about this repository itself run on one Node alone.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runGroup, toolFile } from './command.js';

const VERSIONS = ['20', '22', '24', '26'];
const LIMIT_MS = 12 * 60_000;
const ONCE = ['house', 'docs', 'e2e'];

const versions = process.argv.length > 2 ? process.argv.slice(2) : VERSIONS;
let good = true;
for (const version of versions) good = (await testOn(version)) && good;
process.exitCode = good ? 0 : 1;

async function testOn(version) {
  const folder = mkdtempSync(join(tmpdir(), 'matrix-'));
  try {
    const file = join(folder, 'report.json');
    const run = await spawnOn(version, file);
    const { passed, failed } = numbersOf(file);
    console.log(`Node ${await nameOf(version)}: ${passed} passed, ${failed} failed`);
    if (run.late) console.log(`  ended after ${LIMIT_MS / 60_000} minutes: a test hangs`);
    if (run.status !== 0) console.log(run.output.replace(/^/gm, '  '));
    return run.status === 0 && passed > 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `node@22` is downloaded once, then kept in npm's cache. */
function npx(version, words) {
  const all = ['-y', '-p', `node@${version}`, 'node', ...words];
  return runGroup('npx', all, { limitMs: LIMIT_MS, stdio: ['ignore', 'pipe', 'pipe'] });
}

function spawnOn(version, file) {
  const excluded = ONCE.map(room => `--exclude=packages/*/test/${room}/**`);
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${file}`];
  return npx(version, [toolFile('vitest'), 'run', 'packages/revocable/test', ...excluded, ...reporters]);
}

async function nameOf(version) {
  const { status, output } = await npx(version, ['-p', 'process.versions.node']);
  return status === 0 ? output.trim() : `${version} (not to be had)`;
}

function numbersOf(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: report.numPassedTests, failed: report.numFailedTests };
  } catch {
    return { passed: 0, failed: 0 }; // the runner wrote no report: its words follow
  }
}
