#!/usr/bin/env node
/**
 * `npm run mutation [-- json header …]`: each small change of the built `jose/` that the tests named in
 * `mutation/tests.js` do not notice, file by file. Runs in a copy, so that the build others use stays whole; what has not changed since
 * the last run is not run again, and a run that is ended keeps the files it has done. Writes `docs/security/mutation.md`.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT, runGroup, toolFile } from './command.js';
import { mutationPage } from './mutation/page.js';
import { testsOf } from './mutation/tests.js';

const LIMIT_MS = 2 * 60 * 60_000;
const HOUSE = join(ROOT, '.stryker-tmp/house');
const REPORTS = join(HOUSE, 'reports');
const BUILT = 'packages/revocable/dist/jose';

layOut();
const all = readdirSync(join(HOUSE, BUILT)).filter(file => file.endsWith('.js') && file !== 'index.js');
const asked = process.argv.slice(2).map(word => `${basename(word, '.js')}.js`);
for (const file of asked.length > 0 ? asked : all) {
  process.exitCode = await mutate(file);
  if (process.exitCode !== 0) break; // a run that was ended, too
  writePage();
}

/** Packages as the repository has them; `revocable` is the copy, and all else is found further up. */
function layOut() {
  for (const name of ['packages', 'node_modules'])
    rmSync(join(HOUSE, name), { recursive: true, force: true });
  for (const folder of ['node_modules', 'reports', 'incremental'])
    mkdirSync(join(HOUSE, folder), { recursive: true });
  for (const path of ['package.json', 'dist', 'test'])
    cpSync(join(ROOT, 'packages/revocable', path), join(HOUSE, 'packages/revocable', path), {
      recursive: true,
    });
  narrowDoor(join(HOUSE, 'packages/revocable/dist/index.js'));
  symlinkSync('../packages/revocable', join(HOUSE, 'node_modules/revocable'));
  for (const name of ['package.json', 'stryker.config.js']) cpSync(join(ROOT, name), join(HOUSE, name));
  for (const name of ['messages.js', 'runner.js', 'setup.js', 'vitest.config.js'])
    cpSync(join(ROOT, 'scripts/mutation', name), join(HOUSE, name));
}

/** The tests of `jose/` need no authority and no store; to load both takes longer than most of the tests. */
function narrowDoor(path) {
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, lines.filter(line => !/ from '\.\/(authority|stores)\//.test(line)).join('\n'));
}

/** A test may have become sharper under its old name, so what none noticed is tried again. */
function forgetSurvivors(file) {
  const path = join(HOUSE, 'incremental', `${file}on`);
  if (!existsSync(path)) return;
  const report = JSON.parse(readFileSync(path, 'utf8'));
  for (const one of Object.values(report.files))
    one.mutants = one.mutants.filter(({ status }) => !['Survived', 'NoCoverage'].includes(status));
  writeFileSync(path, JSON.stringify(report));
}

async function mutate(file) {
  forgetSurvivors(file);
  const words = ['run', '--mutate', `${BUILT}/${file}`, '--incrementalFile', `incremental/${file}on`];
  const args = [toolFile('@stryker-mutator/core', 'stryker'), ...words];
  console.log(`mutation: ${file}`);
  const { status } = await runGroup(process.execPath, args, {
    cwd: HOUSE,
    limitMs: LIMIT_MS,
    env: { ...process.env, MUTATION_TESTS: JSON.stringify(testsOf(basename(file, '.js'))) },
    stdio: 'inherit',
  });
  const report = join(HOUSE, 'mutation.json');
  if (status === 0 && existsSync(report)) cpSync(report, join(REPORTS, `${file}on`));
  return status;
}

function writePage() {
  const files = {};
  for (const name of readdirSync(REPORTS)) {
    const date = statSync(join(REPORTS, name)).mtime.toISOString().slice(0, 10);
    const report = JSON.parse(readFileSync(join(REPORTS, name), 'utf8'));
    for (const [path, file] of Object.entries(report.files)) files[path] = { ...file, date };
  }
  const done = readdirSync(REPORTS).map(name => name.slice(0, -2)); // types alone have a report without a file
  const page = mutationPage(
    files,
    all.filter(file => !done.includes(file)),
  );
  mkdirSync(join(ROOT, 'docs/security'), { recursive: true });
  writeFileSync(join(ROOT, 'docs/security/mutation.md'), page.text);
  console.log(page.summary);
}
