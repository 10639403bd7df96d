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

  it.each(subpaths.filter(path => !path.endsWith('.json')))('%s is loaded by import and by require', path => {
    const names = run('--input-type=module', `console.log(Object.keys(await import('${path}')).length > 0)`);
    expect(names).toBe('true');
    expect(run('--input-type=commonjs', `console.log(Object.keys(require('${path}')).length > 0)`)).toBe(
      'true',
    );
  });

  it.each(alone)('%s has types that need no other package, not even those of Node', path => {
    writeFileSync(
      join(folder, 'main.ts'),
      `import * as all from '${path}';\nexport const names = Object.keys(all);\n`,
    );
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

/** Old Nodes warn that `require()` of a module is experimental; that goes to stderr and is no concern here. */
function run(type: string, code: string): string {
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
  return execFileSync(process.execPath, [type, '-e', code], { cwd: folder, encoding: 'utf8', stdio }).trim();
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
