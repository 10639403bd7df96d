/**
 * `npm run world:plants -- [--only WORD] [--after NAME] [--seconds S]`: plants each bug, runs the world or the tests on it, and
 * prints what caught it as the rows of a Markdown table.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { PLANTS_BEYOND } from './plants-beyond.ts';
import { PLANTS_FOR_JUDGES } from './plants-judges.ts';
import { PLANTS as PLANTS_OF_THE_WORLD, type Plant } from './plants-table.ts';

const { values } = parseArgs({
  options: { only: { type: 'string' }, after: { type: 'string' }, seconds: { type: 'string' } },
});
const PLANTS = [...PLANTS_OF_THE_WORLD, ...PLANTS_FOR_JUDGES, ...PLANTS_BEYOND];
const SECONDS = Number(values.seconds ?? 240);
const SEEDS = 20_000;
const COPIED: readonly string[] = ['revocable', 'service'];
/** What tests say of the library as it is: the same ones may stand at several plants. */
const sound = new Map<string, number | null>();
const HERE = fileURLToPath(new URL('./', import.meta.url));
const WORKSPACE = fileURLToPath(new URL('../../../../', import.meta.url));

interface Outcome {
  /** What caught it: `18 after 7 seeds`, or tests. */
  readonly caught: string | undefined;
  readonly seconds: number;
}

const start = PLANTS.findIndex(plant => plant.name === values.after) + 1;
const chosen = PLANTS.slice(start).filter(plant => plant.name.includes(values.only ?? ''));
const copy = makeCopy();
const missed: string[] = [];
console.log('| planted bug | breaks | caught by | seconds |\n|---|---|---|---|');
try {
  for (const plant of chosen) {
    const { caught, seconds } = await tryPlant(plant).catch(mistakeOf);
    if (caught === undefined) missed.push(plant.name);
    const found = [caught ?? 'NOT CAUGHT', plant.note].filter(Boolean).join('. ');
    console.log(`| ${[plant.name, plant.invariants.join(', '), found, seconds.toFixed(1)].join(' | ')} |`);
  }
} finally {
  rmSync(copy, { recursive: true });
}
console.log(`\n${chosen.length - missed.length} of ${chosen.length} plants are caught`);
if (missed.length > 0) process.exitCode = 1;

/** Of the table, not of the library: the plant counts as not caught, and the others go on. */
function mistakeOf(error: Error): Outcome {
  console.log(`MISTAKE: ${error.message}`);
  return { caught: undefined, seconds: 0 };
}

/** The packages as they are built, their tests, and the world as plain JavaScript, so that each run begins at once. */
function makeCopy(): string {
  const root = mkdtempSync(join(tmpdir(), 'plants-'));
  for (const name of COPIED)
    for (const part of ['package.json', 'dist', 'test']) {
      const inside = join('packages', name, part);
      cpSync(join(WORKSPACE, inside), join(root, inside), { recursive: true });
    }
  for (const file of ['vitest.config.ts', 'package.json', 'tsconfig.base.json'])
    cpSync(join(WORKSPACE, file), join(root, file));
  linkModules(join(WORKSPACE, 'node_modules'), join(root, 'node_modules'), join(root, 'packages'));
  linkModules(
    join(WORKSPACE, 'node_modules/@revocable'),
    join(root, 'node_modules/@revocable'),
    join(root, 'packages'),
  );
  const world = join(root, 'packages/revocable/test/world');
  for (const file of readdirSync(HERE).filter(name => name.endsWith('.ts')))
    writeFileSync(join(world, file.replace('.ts', '.js')), plainText(join(HERE, file)));
  return root;
}

/** Of all that is installed; but the names of our own packages lead to the copies, wherever they are imported. */
function linkModules(from: string, to: string, copies: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (name === '@revocable') continue;
    const isOurs = lstatSync(join(from, name)).isSymbolicLink() && COPIED.includes(name);
    symlinkSync(isOurs ? join(copies, name) : join(from, name), join(to, name));
  }
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
  const files = testsOf(plant);
  if (files !== undefined && (await soundStatusOf(files)) !== 0)
    throw new Error(`"${plant.name}": ${files.join(', ')} fail without it too`);
  const restore = edit(plant);
  try {
    const caught = files === undefined ? await byWorld(plant) : await byTests(files);
    return { caught, seconds: (performance.now() - began) / 1000 };
  } finally {
    restore();
  }
}

function packageOf(plant: Plant): string {
  return join('packages', plant.package ?? 'revocable');
}

function testsOf(plant: Plant): string[] | undefined {
  return plant.tests?.map(test => join(packageOf(plant), 'test', test));
}

/** A text that moved or changed is a mistake of the table, never a bug that was caught. */
function edit(plant: Plant): () => void {
  const originals = new Map<string, string>();
  const restore = (): void => {
    for (const [path, text] of originals) writeFileSync(path, text);
  };
  for (const [file, find, replace] of plant.edits) {
    const path = join(copy, packageOf(plant), 'dist', file);
    const text = readFileSync(path, 'utf8');
    if (!originals.has(path)) originals.set(path, text);
    const times = text.split(find).length - 1;
    if (times !== 1) {
      restore();
      throw new Error(`"${plant.name}": its text stands ${times} times in ${file}: ${find}`);
    }
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return restore;
}

/** By one that it breaks; where only others notice, it says so. */
async function byWorld({ invariants, also = [] }: Plant): Promise<string | undefined> {
  const first = await firstOf([...invariants, ...also]);
  if (first === undefined || invariants.includes(first.invariant)) return first?.said;
  return (await firstOf(invariants))?.said ?? `${first.said} (another shows the same harm)`;
}

async function firstOf(
  wanted: readonly number[],
): Promise<{ readonly invariant: number; readonly said: string } | undefined> {
  const main = join(copy, 'packages/revocable/test/world/main.js');
  const limits = ['--long', '--from', '1', '--schedules', String(SEEDS), '--seconds', String(SECONDS)];
  const { output } = await run([main, ...limits, '--until', wanted.join(',')]);
  const [, invariant, after] = /^caught by (\d+) after (\d+) seeds$/m.exec(output) ?? [];
  if (invariant === undefined) return undefined;
  return {
    invariant: Number(invariant),
    said: `${invariant} after ${after} seed${after === '1' ? '' : 's'}`,
  };
}

async function byTests(files: readonly string[]): Promise<string | undefined> {
  if ((await statusOf(files)) !== 1) return undefined;
  return files.map(file => `\`${file.split('/test/').at(-1)}\``).join(', ');
}

async function soundStatusOf(files: readonly string[]): Promise<number | null> {
  const key = files.join();
  if (!sound.has(key)) sound.set(key, await statusOf(files));
  return sound.get(key) ?? null;
}

async function statusOf(files: readonly string[]): Promise<number | null> {
  const vitest = join(WORKSPACE, 'node_modules/vitest/vitest.mjs');
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
