/** Data folders of a test file, removed after it, and processes that use them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/** Makes names of folders that do not exist yet. */
export function dataFolders(): () => string {
  const root = mkdtempSync(join(tmpdir(), 'revocable-store-'));
  let folders = 0;
  afterAll(() => rmSync(root, { recursive: true }));
  return () => {
    folders += 1;
    return join(root, String(folders));
  };
}

export interface Child {
  readonly process: ChildProcess;
  /** What it has written so far. */
  output(): string;
  /** Resolves when it has ended, with all that it wrote. */
  readonly ended: Promise<string>;
}

export function startChild(script: string, ...words: string[]): Child {
  const file = fileURLToPath(new URL(`./children/${script}`, import.meta.url));
  const child = spawn(process.execPath, [file, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', piece => {
    text += piece;
  });
  return { process: child, output: () => text, ended: once(child, 'close').then(() => text) };
}
