import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { revocable, temporaryFolder } from './revocable.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** The package as a user's machine has it, alone: no workspace around it. */
const installed = folder.path('node_modules/revocable');
cpSync(fileURLToPath(new URL('../../dist', import.meta.url)), `${installed}/dist`, { recursive: true });
cpSync(fileURLToPath(new URL('../../package.json', import.meta.url)), `${installed}/package.json`);
const main = `${installed}/dist/cli/main.js`;

/** A package of the service's name, to see what reaches it. */
function install(code: string, subpath = './serve'): void {
  const service = folder.path('node_modules/@revocable/service');
  mkdirSync(service, { recursive: true });
  writeFileSync(
    `${service}/package.json`,
    JSON.stringify({ name: '@revocable/service', type: 'module', exports: { [subpath]: './index.js' } }),
  );
  writeFileSync(`${service}/index.js`, code);
}

describe('revocable serve', () => {
  it('says what to install where the service is not', async () => {
    const { code, stdout, stderr } = await revocable(['serve', '--port', '4700'], { main });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('npm install @revocable/service');
    expect(stderr).not.toContain('    at ');
  });

  it('hands its words and the environment to the service, and its number back', async () => {
    install(
      'export const serve = async (argv, env) => { console.log(JSON.stringify([argv, env.REVOCABLE_PORT])); return 3; };',
    );
    const { code, stdout } = await revocable(['serve', '--port', '1', '--json', '-x'], {
      main,
      env: { REVOCABLE_PORT: '2' },
    });
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toEqual([['--port', '1', '--json', '-x'], '2']);
  });

  it('lets the service live on after it has started', async () => {
    install(`export const serve = async () => { setTimeout(() => console.log('still here'), 50); };`);
    expect(await revocable(['serve'], { main })).toEqual({ code: 0, stdout: 'still here\n', stderr: '' });
  });

  it('does not hide what the service itself lacks, nor a service of another kind', async () => {
    install(`import 'not-installed-anywhere'; export const serve = () => {};`);
    const lacking = await revocable(['serve'], { main });
    expect(lacking.code).toBe(2);
    expect(lacking.stderr).toContain('needs another package that is not installed');
    expect(lacking.stderr).not.toContain('package of its own');
    install('export const start = () => {};');
    const other = await revocable(['serve'], { main });
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('another version');
    install('export const serve = () => {};', './listen');
    const older = await revocable(['serve'], { main });
    expect(older.code).toBe(2);
    expect(older.stderr).toContain('another version');
  });

  it('says a mistake in the settings in one sentence, exit 2', async () => {
    const mistake = `"REVOCABLE_PORT" is a port number.`;
    install(
      `import { ConfigError } from 'revocable'; export const serve = async () => { throw new ConfigError(${JSON.stringify(mistake)}); };`,
    );
    const { code, stderr } = await revocable(['serve'], { main });
    expect(code).toBe(2);
    expect(stderr).toBe(`error: ${mistake}\n  More: revocable serve --help\n`);
  });
});
