import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '#cli/args';
import { MAIN, revocable, TOKEN } from './revocable.ts';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Each call is a process: on a busy machine they take their time. */
describe('the revocable command', { timeout: 120_000 }, () => {
  it('is a script that Node runs', () => {
    expect(readFileSync(MAIN, 'utf8').startsWith('#!/usr/bin/env node\n')).toBe(true);
  });

  it('says its version', async () => {
    const { code, stdout, stderr } = await revocable(['--version']);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  it('helps overall, naming each command, and calls no command at all wrong use', async () => {
    const help = await revocable(['--help']);
    expect(help.code).toBe(0);
    for (const { name } of commands) expect(help.stdout).toContain(`  ${name}`);
    const bare = await revocable([]);
    expect({ code: bare.code, stdout: bare.stdout }).toEqual({ code: 2, stdout: '' });
    expect(bare.stderr).toBe(help.stdout);
  });

  it('helps at each command, naming each of its flags', async () => {
    for (const { name, flags } of commands) {
      const { code, stdout, stderr } = await revocable([...name.split(' '), '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`revocable ${name}`);
      for (const flag of flags) expect(stdout).toContain(`--${flag}`);
    }
    expect((await revocable(['keys', '--help'])).stdout).toContain('keys thumbprint');
    expect((await revocable(['help', 'keys', 'jwks'])).stdout).toContain('revocable keys jwks');
  });

  it('exits 2 for unknown commands and flags, with the nearest name', async () => {
    const rows: [string[], string][] = [
      [['verfy'], 'Did you mean "verify"?'],
      [['keys'], 'generate, convert, jwks, thumbprint'],
      [['keys', 'genrate'], 'Did you mean "generate"?'],
      [['verify', TOKEN, '--isuer', 'x'], 'no flag --isuer. Did you mean --issuer?'],
      [['verify', TOKEN, '--clockTolerance=5'], 'Did you mean --clock-tolerance?'],
      [['decode', TOKEN, '--audience', 'x'], 'It belongs to verify, sign.'],
      [['decode', TOKEN, '-x'], 'no flag -x'],
      [['verify', TOKEN, '--key'], '--key needs a value'],
      [['verify', TOKEN, '--issuer', '--json'], '--issuer needs a value'],
      [['verify', TOKEN, '--allow-weak=yes'], '--allow-weak takes no value'],
      [
        ['verify', TOKEN, '--jwks', 'https://a.example', '--jwks', 'https://b.example'],
        '--jwks is given twice',
      ],
      [['decode', TOKEN, TOKEN], 'takes one token'],
      [['--key', 'x', 'verify'], 'The command comes first'],
      [[TOKEN], 'This looks like a token'],
      [['verify', TOKEN], 'What shall it be verified with?'],
      [['verify', TOKEN, '--secret', 'x', '--key', 'y'], 'not both'],
      [['verify', '-', '--secret', '-'], 'Stdin can be read only once'],
      [['decode', '@/does/not/exist'], 'there is no such file'],
      [['verify', TOKEN, '--jwks', 'jwks.json'], '--key @jwks.json'],
    ];
    for (const [args, words] of rows) {
      const { code, stderr } = await revocable(args);
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stderr).toContain(words);
      expect(stderr).not.toContain('    at ');
      expect(stderr).not.toContain('eyJ');
    }
  });

  it('quotes no flag that may be a secret', async () => {
    const { code, stderr } = await revocable(['verify', TOKEN, '--s3cr3t-Pa55']);
    expect(code).toBe(2);
    expect(stderr).toContain('no such flag');
    expect(stderr).not.toContain('Pa55');
  });

  it('shows no secret that was taken for a file', async () => {
    const { code, stderr } = await revocable(['verify', TOKEN, '--secret', '@hunter2']);
    expect(code).toBe(2);
    expect(stderr).toContain('The file with the secret cannot be read: there is no such file.');
    expect(stderr).not.toContain('hunter2');
  });

  it('has no colours in a pipe', async () => {
    for (const args of [['--help'], ['inspect', TOKEN], ['decode', 'x']]) {
      const { stdout, stderr } = await revocable(args, { env: { FORCE_COLOR: '1' } });
      expect(stdout + stderr).not.toContain('\u001b');
    }
  });
});
