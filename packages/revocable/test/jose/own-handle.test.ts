import { execFile } from 'node:child_process';
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ownHandle } from '#jose/own-handle';

const run = promisify(execFile);

/** Node 20 alone locks up; a small young generation makes it collect in the midst of an export at once. */
async function inProcess(program: string): Promise<string> {
  const words = ['--max-semi-space-size=1', '--input-type=module', '-e', program];
  const { stdout } = await run(process.execPath, words, { cwd: import.meta.dirname, timeout: 25_000 });
  return stdout;
}

describe('a key and the job that made it', () => {
  it('a generated key is exported while its job is collected', async () => {
    const program = `
      import { exportJwk, generateKey } from 'revocable';
      for (let i = 0; i < 600; i++) {
        const key = generateKey('ES256');
        for (let k = 0; k < 20; k++) exportJwk(key, { private: true });
      }
      console.log('done');`;
    expect(await inProcess(program)).toBe('done\n');
  });

  it('so is a key that the caller has generated', async () => {
    const program = `
      import { generateKeyPairSync } from 'node:crypto';
      import { exportJwk, privateKey } from 'revocable';
      for (let i = 0; i < 600; i++) {
        const key = privateKey('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
        for (let k = 0; k < 20; k++) exportJwk(key, { private: true });
      }
      console.log('done');`;
    expect(await inProcess(program)).toBe('done\n');
  });

  it('is the same key', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    for (const handle of [privateKey, publicKey]) {
      expect(ownHandle(handle)).not.toBe(handle);
      expect(ownHandle(handle).equals(handle)).toBe(true);
    }
  });

  it('stays itself where it has no DER: a secret, and what a device keeps', () => {
    const secret = createSecretKey(Buffer.alloc(32));
    expect(ownHandle(secret)).toBe(secret);
    const kept = { type: 'private', export: () => expect.unreachable() } as unknown as KeyObject;
    expect(ownHandle(kept)).toBe(kept);
  });
});
