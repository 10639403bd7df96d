#!/usr/bin/env node
/**
 * `npm run test:matrix`: the library's tests on each Node we support, taken from the `node` package of npm, and a program
 * that walks through the library on Bun and Deno; one line each. Words are versions or `bun`, `deno` instead of all.
 * Tests about this repository itself run on one Node alone.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runGroup, toolFile } from './command.js';

const VERSIONS = ['20', '22', '24', '26'];
/** Other runtimes run no vitest. */
const OTHERS = { bun: ['bun'], deno: ['deno', 'run', '--allow-all'] };
const PROGRAM = join(ROOT, 'packages/revocable/test/runtimes/program.js');
const LIMIT_MS = 12 * 60_000;
const ONCE = ['house', 'docs', 'e2e'];

const asked = process.argv.slice(2);
let good = true;
for (const name of asked.length > 0 ? asked : [...VERSIONS, ...Object.keys(OTHERS)])
  good = (await (name in OTHERS ? walkOn(name) : testOn(name))) && good;
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

async function walkOn(name) {
  const { status, output } = await npx(name, [...OTHERS[name], PROGRAM]);
  const found = status === 0 ? JSON.parse(output.trim().split('\n').at(-1)) : undefined;
  console.log(`${name}: ${found === undefined ? 'failed' : `passed; it lacks ${found.lacking.join(', ')}`}`);
  if (found === undefined) console.log(output.replace(/^/gm, '  '));
  return found !== undefined;
}

/** A package such as `node@22` is downloaded once, then kept in npm's cache. */
function npx(name, words) {
  return runGroup('npx', ['-y', '-p', name, ...words], {
    limitMs: LIMIT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function spawnOn(version, file) {
  const excluded = ONCE.map(room => `--exclude=packages/*/test/${room}/**`);
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${file}`];
  return npx(`node@${version}`, [
    'node',
    toolFile('vitest'),
    'run',
    'packages/revocable/test',
    ...excluded,
    ...reporters,
  ]);
}

async function nameOf(version) {
  const { status, output } = await npx(`node@${version}`, ['node', '-p', 'process.versions.node']);
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
