/** `npm run world:plants -- [--only WORD] [--after NAME] [--seconds S]`: plants each bug, runs the world or the tests on it, prints what caught it. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { PLANTS_BEYOND } from './plants-beyond.ts';
import { PLANTS as PLANTS_OF_THE_WORLD, type Plant } from './plants-table.ts';

const { values } = parseArgs({
  options: { only: { type: 'string' }, after: { type: 'string' }, seconds: { type: 'string' } },
});
const PLANTS = [...PLANTS_OF_THE_WORLD, ...PLANTS_BEYOND];
const SECONDS = Number(values.seconds ?? 240);
const SEEDS = 20_000;
/** What tests say of the library as it is: the same ones may stand at several plants. */
const sound = new Map<string, number | null>();
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const WORKSPACE = fileURLToPath(new URL('../../../../', import.meta.url));

interface Outcome {
  readonly caught: string | undefined;
  readonly seconds: number;
}

const start = PLANTS.findIndex(plant => plant.name === values.after) + 1;
const chosen = PLANTS.slice(start).filter(plant => plant.name.includes(values.only ?? ''));
const copy = makeCopy();
const missed: string[] = [];
try {
  for (const plant of chosen) {
    const { caught, seconds } = await tryPlant(plant).catch(mistakeOf);
    if (caught === undefined) missed.push(plant.name);
    const columns = [plant.name.padEnd(46), plant.invariants.join(' ').padEnd(18)];
    console.log(`${columns.join(' ')} ${caught ?? 'NOT CAUGHT'} (${seconds.toFixed(1)} s)`);
  }
} finally {
  rmSync(copy, { recursive: true });
}
console.log(`${chosen.length - missed.length} of ${chosen.length} plants are caught`);
if (missed.length > 0) process.exitCode = 1;

/** Of the table, not of the library: the plant counts as not caught, and the others go on. */
function mistakeOf(error: Error): Outcome {
  console.log(`MISTAKE: ${error.message}`);
  return { caught: undefined, seconds: 0 };
}

/** The library as it is built, its tests, and the world as plain JavaScript, so that each run begins at once. */
function makeCopy(): string {
  const root = mkdtempSync(join(tmpdir(), 'plants-'));
  const to = join(root, 'packages/revocable');
  cpSync(join(PACKAGE, 'package.json'), join(to, 'package.json'));
  for (const folder of ['dist', 'test']) cpSync(join(PACKAGE, folder), join(to, folder), { recursive: true });
  for (const file of ['vitest.config.ts', 'package.json', 'tsconfig.base.json'])
    cpSync(join(WORKSPACE, file), join(root, file));
  symlinkSync(join(WORKSPACE, 'node_modules'), join(root, 'node_modules'));
  const here = join(PACKAGE, 'test/world');
  for (const file of readdirSync(here).filter(name => name.endsWith('.ts')))
    writeFileSync(join(to, 'test/world', file.replace('.ts', '.js')), plainText(join(here, file)));
  return root;
}

function plainText(file: string): string {
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  };
  return ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions }).outputText;
}

async function tryPlant(plant: Plant): Promise<Outcome> {
  const began = performance.now();
  const { tests } = plant;
  if (tests !== undefined && (await soundStatusOf(tests)) !== 0)
    throw new Error(`"${plant.name}": ${tests.join(', ')} fail without it too`);
  const restore = edit(plant);
  try {
    const caught = tests === undefined ? await byWorld(plant) : await byTests(tests);
    return { caught, seconds: (performance.now() - began) / 1000 };
  } finally {
    restore();
  }
}

/** A text that moved or changed is a mistake of the table, never a bug that was caught. */
function edit(plant: Plant): () => void {
  const originals = new Map<string, string>();
  for (const [file, find, replace] of plant.edits) {
    const path = join(copy, 'packages/revocable/dist', file);
    const text = readFileSync(path, 'utf8');
    if (!originals.has(path)) originals.set(path, text);
    const times = text.split(find).length - 1;
    if (times !== 1) throw new Error(`"${plant.name}": its text stands ${times} times in ${file}: ${find}`);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return () => {
    for (const [path, text] of originals) writeFileSync(path, text);
  };
}

async function byWorld({ invariants }: Plant): Promise<string | undefined> {
  const main = join(copy, 'packages/revocable/test/world/main.js');
  const limits = ['--from', '1', '--schedules', String(SEEDS), '--seconds', String(SECONDS)];
  const { output } = await run([main, ...limits, '--until', invariants.join(',')]);
  return /^caught by .*$/m.exec(output)?.[0];
}

async function byTests(tests: readonly string[]): Promise<string | undefined> {
  return (await statusOf(tests)) === 1 ? `caught by ${tests.join(', ')}` : undefined;
}

async function soundStatusOf(tests: readonly string[]): Promise<number | null> {
  const key = tests.join();
  if (!sound.has(key)) sound.set(key, await statusOf(tests));
  return sound.get(key) ?? null;
}

async function statusOf(tests: readonly string[]): Promise<number | null> {
  const vitest = join(WORKSPACE, 'node_modules/vitest/vitest.mjs');
  const files = tests.map(test => `packages/revocable/test/${test}`);
  return (await run([vitest, 'run', '--root', copy, ...files])).status;
}

function run(args: readonly string[]): Promise<{ readonly status: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        output += text;
      });
    child.on('error', reject);
    child.on('close', status => resolve({ status, output }));
  });
}
