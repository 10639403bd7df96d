import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CodeModule, codeModules } from './code-blocks.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript-7/bin/tsc');
/** Inside the repository, so that the packages resolve as they do for a user. */
const FOLDER = join(ROOT, `node_modules/.cache/code-blocks-${process.pid}`);

const pages = ['README.md', ...markdownUnder('docs'), ...packagePages()].filter(page =>
  existsSync(join(ROOT, page)),
);
const modules = pages.flatMap(page => codeModules(page, readFileSync(join(ROOT, page), 'utf8')));
const PLANTED = [
  'Text.',
  '',
  '```ts',
  "const one: number = 'one';",
  '```',
  '```ts continues',
  'one.toFixed(missing);',
  '```',
];
const planted = codeModules('planted.md', PLANTED.join('\n'));

let findings: string[] = [];
beforeAll(() => {
  findings = typeCheck([...modules, ...planted]);
}, 120_000);
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

describe('the code blocks of the documentation', () => {
  it('are found in README.md and in docs/', () => {
    const withCode = modules.map(module => module.page);
    expect(withCode).toContain('README.md');
    expect(withCode).toContain('docs/errors.md');
  });

  it.each(modules)('$page:$line compiles', ({ page, line }) => {
    const own = modules.filter(module => module.page === page).map(module => module.line);
    const next = own.find(other => other > line) ?? Number.POSITIVE_INFINITY;
    expect(findings.filter(finding => isIn(finding, page, line, next))).toEqual([]);
  });

  it('are really compiled: mistakes are found where they stand', () => {
    const own = findings.filter(finding => finding.startsWith('planted.md:'));
    expect(own).toContainEqual(expect.stringMatching(/^planted\.md:4: .*TS2322/));
    expect(own).toContainEqual(expect.stringMatching(/^planted\.md:7: .*TS2304/));
  });

  it('belong to pages: the checker complains of nothing else', () => {
    const known = [...pages, 'planted.md'];
    expect(findings.filter(finding => !known.some(page => finding.startsWith(`${page}:`)))).toEqual([]);
  });
});

describe('codeModules', () => {
  it('adds what was given, and keeps line numbers', () => {
    const page = [
      '# Title',
      '<!-- given',
      'declare const port: number;',
      '-->',
      '```js',
      'port;',
      '```',
    ].join('\n');
    expect(codeModules('page.md', page)).toEqual([
      { page: 'page.md', line: 5, language: 'js', text: '\n\ndeclare const port: number;\n\n\nport;\n' },
    ]);
  });

  it('refuses a block that continues nothing, and a fence without end', () => {
    expect(() => codeModules('page.md', '```ts continues\n```')).toThrow(
      'page.md:1: there is no block to continue',
    );
    expect(() => codeModules('page.md', '```ts\nopen')).toThrow('page.md:1: this fence is not closed');
  });

  it('leaves other languages alone', () => {
    expect(codeModules('page.md', '```sh\nnpm ci\n```\n```\ntext\n```')).toEqual([]);
  });
});

function markdownUnder(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return files.filter(file => file.endsWith('.md')).map(file => `${folder}/${file.split(sep).join('/')}`);
}

function packagePages(): string[] {
  const paths = readdirSync(join(ROOT, 'packages')).map(name => `packages/${name}/README.md`);
  return paths.filter(path => existsSync(join(ROOT, path)));
}

/** One run of the compiler over all modules; a line each: `page:line: message`. */
function typeCheck(all: readonly CodeModule[]): string[] {
  mkdirSync(FOLDER, { recursive: true });
  const files = new Map(all.map((module, number) => [`block-${number}.m${module.language}`, module]));
  for (const [name, module] of files) writeFileSync(join(FOLDER, name), module.text);
  writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(tsconfig()));
  return compile().flatMap(line => {
    const match = /^(?<file>.+?)\((?<at>\d+),\d+\): (?<message>.*)$/.exec(line);
    const module = files.get(match?.groups?.file?.split('/').at(-1) ?? '');
    return module ? [`${module.page}:${match?.groups?.at}: ${match?.groups?.message}`] : [line];
  });
}

function tsconfig(): object {
  return {
    extends: relative(FOLDER, join(ROOT, 'tsconfig.base.json')).split(sep).join('/'),
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      isolatedDeclarations: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      allowJs: true,
      checkJs: true,
      lib: ['es2023', 'dom'],
    },
    include: ['.'],
  };
}

/** The first line of each diagnostic; the indented ones only explain it. */
function compile(): string[] {
  try {
    execFileSync(process.execPath, [TSC, '-p', '.', '--pretty', 'false'], { cwd: FOLDER, encoding: 'utf8' });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout: string };
    return stdout.split('\n').filter(line => line !== '' && !line.startsWith(' '));
  }
}

function isIn(finding: string, page: string, line: number, next: number): boolean {
  if (!finding.startsWith(`${page}:`)) return false;
  const at = Number(finding.slice(page.length + 1).split(':', 1)[0]);
  return at >= line && at < next;
}
