import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const TSC = fileURLToPath(new URL('../../../../node_modules/typescript-7/bin/tsc', import.meta.url));
const { exports } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { exports: object };
const subpaths = Object.keys(exports).map(path => path.replace(/^\./, 'revocable'));
/** These stand alone; an adapter's types need its framework's. */
const alone = subpaths.filter(path => ['revocable', 'revocable/keys', 'revocable/jose'].includes(path));

let folder = '';
let files: string[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'packed-'));
  files = packedFiles();
  for (const file of files) place(file);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** An empty project with nothing in it but what npm would install of this package. */
describe('the package, in a project of its own', () => {
  it('holds the built files, the licence and the manifest, and nothing else', () => {
    const expected = /^(?:dist\/.+\.(?:js|d\.ts)|LICENSE|README\.md|package\.json)$/;
    expect(files.filter(file => !expected.test(file))).toEqual([]);
    expect(files).toContain('LICENSE');
  });

  it('is loaded by import and by require, every subpath', () => {
    expect(namesOf('module', 'path => import(path)')).toEqual(everySubpathNames());
    expect(namesOf('commonjs', 'path => require(path)')).toEqual(everySubpathNames());
  });

  it('has types that need no other package, not even those of Node', () => {
    const lines = alone.map((path, number) => `export * as part${number} from '${path}';`);
    writeFileSync(join(folder, 'main.ts'), `${lines.join('\n')}\n`);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
    expect(typeErrors()).toBe('');
  });
});

const compilerOptions = {
  target: 'es2023',
  lib: ['esnext', 'dom'],
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  types: [],
  noEmit: true,
};

function packedFiles(): string[] {
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const [packed] = JSON.parse(execFileSync('npm', words, { cwd: PACKAGE, encoding: 'utf8' }));
  return packed.files.map((file: { path: string }) => file.path);
}

function place(file: string): void {
  const target = join(folder, 'node_modules/revocable', file);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(PACKAGE, file), target);
}

const loadable = (): string[] => subpaths.filter(path => !path.endsWith('.json'));
const everySubpathNames = (): Record<string, boolean> =>
  Object.fromEntries(loadable().map(path => [path, true]));

/** Which subpaths export something. Old Nodes warn on stderr that `require()` of a module is experimental. */
function namesOf(type: 'module' | 'commonjs', load: string): unknown {
  const code = `(async load => {
    const found = {};
    for (const path of ${JSON.stringify(loadable())}) found[path] = Object.keys(await load(path)).length > 0;
    console.log(JSON.stringify(found));
  })(${load})`;
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
  const words = [`--input-type=${type}`, '-e', code];
  return JSON.parse(execFileSync(process.execPath, words, { cwd: folder, encoding: 'utf8', stdio }));
}

function typeErrors(): string {
  try {
    return execFileSync(process.execPath, [TSC, '-p', '.', '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
