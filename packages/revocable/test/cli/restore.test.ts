import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createAuthority, openStore } from 'revocable';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOf, revocable, temporaryFolder } from './revocable.ts';

const folder = temporaryFolder();
const store = `file:${folder.path('data')}`;
let refreshToken: string;

const authorityOn = async (location: string) => {
  const opened = await openStore(location);
  const signing = { alg: 'ES256' } as const;
  const authority = await createAuthority({
    store: opened,
    issuer: 'https://a.example',
    audience: 'api',
    signing,
  });
  const close = async (): Promise<void> => {
    await authority.close();
    await opened.close();
  };
  return { authority, close };
};

beforeAll(async () => {
  const { authority, close } = await authorityOn(store);
  ({ refreshToken } = await authority.issue({ subject: 'ada' }));
  await close();
});
afterAll(() => folder.remove());

describe('revocable backup and restore', { timeout: 60_000 }, () => {
  it('copy a store, and make one of the copy that cuts everyone off', async () => {
    const file = folder.path('copy.db');
    const backup = await revocable(['backup', file, '--store', store]);
    expect(backup).toMatchObject({ code: 0, stderr: '' });
    expect(backup.stdout).toContain(`backed up ${store} to ${file} (`);

    const target = `file:${folder.path('restored')}`;
    const restore = await revocable(['restore', file], { env: { REVOCABLE_STORE: target } });
    expect(restore).toMatchObject({ code: 0, stderr: '' });
    expect(restore.stdout).toContain('Everyone is cut off');
    expect(restore.stdout).toContain('put the root secret');
    copyFileSync(folder.path('data/secret'), folder.path('restored/secret'));
    const { authority, close } = await authorityOn(target);
    await expect(authority.refresh(refreshToken)).rejects.toMatchObject({ code: 'ERR_TOKEN_REVOKED' });
    await close();
  });

  it('keep sessions where they are told to, and say so to machines', async () => {
    const file = folder.path('kept.db');
    folder.file('settings.json', JSON.stringify({ store }));
    const env = { REVOCABLE_CONFIG: folder.path('settings.json') };
    const backup = jsonOf(await revocable(['backup', file, '--json'], { env }));
    expect(backup).toEqual({ ok: true, store, file, bytes: expect.any(Number) });
    const target = `file:${folder.path('kept')}`;
    const words = ['restore', file, '--store', target, '--keep-sessions', '--json'];
    const told = jsonOf(await revocable(words));
    expect(told).toEqual({ ok: true, store: target, file, sessions: 'kept', lacks_secret: true });
    copyFileSync(folder.path('data/secret'), folder.path('kept/secret'));
    const { authority, close } = await authorityOn(target);
    expect((await authority.refresh(refreshToken)).tokenType).toBe('Bearer');
    await close();
  });

  it('exit 2 for wrong use and 1 for a damaged backup, and change nothing', async () => {
    const file = folder.path('one.db');
    expect((await revocable(['backup', file, '--store', store])).code).toBe(0);
    folder.file('text', 'no backup');
    const target = folder.path('never');
    const rows: [string[], number, string][] = [
      [['backup'], 2, 'Which file? revocable backup FILE.'],
      [['restore', '--store', store], 2, 'Which file? revocable restore FILE.'],
      [['backup', 'a', 'b'], 2, '"backup" takes one file'],
      [['backup', file, '--keep-sessions'], 2, 'It belongs to restore.'],
      [['backup', file, '--store', store], 2, 'exists already'],
      [['backup', `${file}.2`, '--store', `file:${target}`], 2, 'There is no store in'],
      [['backup', `${file}.2`, '--store', 'memory:'], 2, 'embedded store'],
      [['restore', file, '--store', 'redis://localhost:1'], 2, 'use the persistence of Redis'],
      [['restore', file, '--store', store], 2, 'is not empty: it holds'],
      [['restore', folder.path('nowhere'), '--store', `file:${target}`], 2, 'There is no file'],
      [['restore', folder.path('text'), '--store', `file:${target}`], 2, 'is no backup of a store'],
    ];
    for (const [words, code, said] of rows) {
      const outcome = await revocable(words);
      expect({ words, code: outcome.code }).toEqual({ words, code });
      expect(outcome.stderr).toContain(said);
      expect(outcome.stderr).not.toContain('    at ');
    }
    folder.file('short.db', readFileSync(file).subarray(0, 9000));
    const short = await revocable(['restore', folder.path('short.db'), '--store', `file:${target}`]);
    expect(short.code).toBe(1);
    expect(short.stderr).toContain('cut short');
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(folder.path('.')).some(name => name.includes('.part'))).toBe(false);
  });
});
