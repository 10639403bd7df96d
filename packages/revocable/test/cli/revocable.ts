/** Runs the built command as users do: a process of its own, its streams, its exit code. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The token of the mission; its secret has 152 bits and is in every dictionary. */
export const TOKEN =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkFiaGlzaGVrIEtpc2hvciIsImlhdCI6MTUxNjIzOTAyMn0.zBsxPZ5jCc68g6ukcEfSs0rUDIPAqf8iJOimZuBfR3Y';
export const SECRET = 'your-256-bit-secret';
export const STRONG = 'correct horse battery staple, twice over';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly main?: string;
}

/** The local time zone is UTC, and nothing of the tester's environment counts. */
export function revocable(
  args: readonly string[],
  { stdin = '', env = {}, main = MAIN }: Surroundings = {},
): Promise<Outcome> {
  const path = process.env['PATH'] ?? '';
  const child = spawn(process.execPath, [main, ...args], { env: { PATH: path, TZ: 'UTC', ...env } });
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', code => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => {}); // it may end without having read
    child.stdin.end(stdin);
  });
}

/** What `--json` printed: one line. */
export function jsonOf({ stdout }: Outcome): Record<string, unknown> {
  if (stdout.indexOf('\n') !== stdout.length - 1) throw new Error('stdout is not one line');
  return JSON.parse(stdout) as Record<string, unknown>;
}

export interface Folder {
  /** Writes a file, and returns its path. */
  file(name: string, content: string | Uint8Array): string;
  path(name: string): string;
  remove(): void;
}

export function temporaryFolder(): Folder {
  const root = mkdtempSync(join(tmpdir(), 'revocable-cli-'));
  const path = (name: string): string => join(root, name);
  return {
    path,
    file(name, content) {
      writeFileSync(path(name), content);
      return path(name);
    },
    remove: () => rmSync(root, { recursive: true }),
  };
}
