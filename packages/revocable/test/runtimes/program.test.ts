import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { algorithms } from 'revocable/jose';
import { expect, it } from 'vitest';
import { lacking, present } from '../jose/runtime.ts';

/** `npm run test:matrix` runs the same program on Bun and Deno. */
it('walks through the library without a test runner', async () => {
  const program = new URL('program.js', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 25_000 });
  expect(JSON.parse(stdout)).toEqual({ works: present, lacking });
  expect(present.length + lacking.length).toBe(algorithms.length);
});
