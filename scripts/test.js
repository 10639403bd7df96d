#!/usr/bin/env node
/**
 * `npm test`: system packages, then vitest; further words go to vitest. The last line is `N passed, N failed` by the
 * runner's own numbers. What fails outside every test (a file, a setup, a stray promise) counts as a failure.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesOf, ROOT, runGroup, toolFile } from './command.js';
import { programPaths, provideSystemPackages } from './system-packages.js';

/** CI has fifteen minutes for everything; a run that takes this long hangs. */
const LIMIT_MS = 12 * 60_000;

const complete = provideSystemPackages();
const { status, late, report } = await runVitest(process.argv.slice(2));
const counts = countTests(report);
const strayFailure = status !== 0 && counts.failed === 0 ? 1 : 0; // an unhandled rejection, a setup that broke

if (late) console.log(`the tests were ended after ${LIMIT_MS / 60_000} minutes: one of them hangs`);
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
if (counts.strayFiles > 0)
  console.log(`${counts.strayFiles} of the failures are files that broke outside their tests`);
if (strayFailure > 0) console.log('the failure is outside the tests: see above');
console.log(`${counts.passed} passed, ${counts.failed + strayFailure} failed`);
process.exitCode = complete && status === 0 && counts.passed > 0 && counts.failed === 0 ? 0 : 1;

async function runVitest(words) {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-'));
  const file = join(folder, 'report.json');
  const course = join(folder, 'course.txt');
  const reporters = ['default', 'json', join(ROOT, 'scripts/course-reporter.js')];
  try {
    const flags = [...reporters.map(name => `--reporter=${name}`), `--outputFile.json=${file}`];
    const args = [toolFile('vitest'), 'run', ...flags, ...words];
    const env = { ...process.env, ...programPaths(), TEST_COURSE: course };
    const stdio = ['ignore', 'inherit', 'inherit'];
    const onLate = child => sayWhatHangs(course, child);
    const { status, late } = await runGroup(process.execPath, args, {
      limitMs: LIMIT_MS,
      stdio,
      env,
      onLate,
    });
    return { status, late, report: readReport(file) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Before the processes are ended: the files that have begun and not ended, and what runs. */
function sayWhatHangs(course, child) {
  const begun = new Set();
  for (const [, word, path] of readFileSync(course, 'utf8').matchAll(/^(begins|ends) (.*)$/gm))
    word === 'begins' ? begun.add(path) : begun.delete(path);
  console.log(`not ended: ${[...begun].join(', ') || 'no file'}`);
  console.log(processesOf(child));
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // the runner died before it wrote one
  }
}

function countTests(report) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0, strayFiles: 0 };
  const broken = report.testResults.filter(file => file.status === 'failed');
  const strayFiles = broken.filter(
    file => !file.assertionResults.some(test => test.status === 'failed'),
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + strayFiles,
    skipped: report.numPendingTests + report.numTodoTests,
    strayFiles,
  };
}
