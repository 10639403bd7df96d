import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it } from 'vitest';
import { networkName } from '#stores/embedded/folder';
import { folderOf } from '#stores/embedded/index';
import { openStore } from '#stores/open';
import { cutUser, login, read, until } from '../contracts/store-world.ts';
import { dataFolders, startChild } from './data-folder.ts';

const newFolder = dataFolders();
const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);
const refused = { code: 'ERR_CONFIG_INVALID' };

describe('the data folder', () => {
  it('is for its owner alone', async () => {
    const folder = newFolder();
    await using store = await openStore(`file:${folder}`);
    await store.rootSecret();
    expect(modeOf(folder)).toBe('700');
    for (const file of readdirSync(folder))
      expect(`${file} ${modeOf(join(folder, file))}`).toBe(`${file} 600`);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['bell', 'revocable.db', 'secret']));
  });

  it('keeps what was acknowledged, and the secret, from one opening to the next', async () => {
    const folder = newFolder();
    const first = await openStore(`file:${folder}`);
    const secret = await first.rootSecret();
    const { session } = await login(first, Date.now, { subject: 'a' });
    const { cursor } = await cutUser(first, Date.now, { subject: 'b' });
    await first.close();
    await using second = await openStore(`file:${folder}`);
    expect(await second.session(session?.id ?? '')).toEqual(session);
    expect((await read(second)).cursor).toBe(cursor);
    expect(await second.rootSecret()).toEqual(secret);
    expect(readFileSync(join(folder, 'secret'), 'utf8').trim()).toBe(Buffer.from(secret ?? []).toString());
  });

  it('does not make a second secret where the first is needed and gone', async () => {
    const folder = newFolder();
    await using store = await openStore(`file:${folder}`);
    await login(store, Date.now, { subject: 'a' });
    await expect(store.rootSecret()).rejects.toMatchObject(refused);
    writeFileSync(join(folder, 'secret'), 'too short');
    await expect(store.rootSecret()).rejects.toThrow('shorter than 32 bytes');
  });

  it.each([
    ['file:./data', join(process.cwd(), 'data')],
    ['file:data', join(process.cwd(), 'data')],
    ['file:/var/lib/tokens', '/var/lib/tokens'],
    ['file:///var/lib/to%20kens', '/var/lib/to kens'],
  ])('of %s is %s', (location, folder) => {
    expect(folderOf(location)).toBe(folder);
  });

  it.each(['file:', 'file://', 'file://elsewhere/data'])('is not named by %s', async location => {
    await expect(openStore(location)).rejects.toMatchObject(refused);
  });

  it('knows network file systems by their magic numbers', () => {
    expect([0x6969, 0xff534d42, 0xef53].map(networkName)).toEqual(['NFS', 'CIFS', undefined]);
  });
});

describe('a store that cannot be opened', () => {
  it('says that a file is in the way', async () => {
    const folder = newFolder();
    writeFileSync(folder, '');
    await expect(openStore(`file:${folder}`)).rejects.toMatchObject(refused);
    await expect(openStore(`file:${folder}/deeper`)).rejects.toThrow(
      `${folder}/deeper cannot be made: there is a file`,
    );
  });

  it('says that the folder cannot be made', async () => {
    await expect(openStore('file:/proc/revocable')).rejects.toThrow(
      '/proc/revocable cannot be made or written',
    );
  });

  it.each([
    ['text', 'This is no database, but it is long enough to be taken for a damaged one. '.repeat(20)],
    ['a damaged header', `SQLite format 3\0${'\u0001'.repeat(200)}`],
  ])('names the file that is corrupt: %s', async (_, text) => {
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, 'revocable.db'), text);
    const opening = openStore(`file:${folder}`);
    await expect(opening).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' });
    await expect(opening).rejects.toThrow(join(folder, 'revocable.db'));
    expect(readFileSync(join(folder, 'revocable.db'), 'utf8')).toBe(text);
  });

  it.each([
    ['PRAGMA user_version=99; PRAGMA application_id=0x7265766f', 'Update revocable'],
    ['CREATE TABLE theirs(x)', 'another program'],
    ['PRAGMA application_id=7', 'another program'],
  ])('refuses a database with %s', async (sql, sentence) => {
    const folder = newFolder();
    mkdirSync(folder);
    const database = new DatabaseSync(join(folder, 'revocable.db'));
    database.exec(sql);
    database.close();
    const opening = openStore(`file:${folder}`);
    await expect(opening).rejects.toMatchObject(refused);
    await expect(opening).rejects.toThrow(sentence);
  });
});

describe('exclusive', () => {
  it('refuses a second service, in this process and in another; others may share the store', async () => {
    const folder = newFolder();
    await using first = await openStore(`file:${folder}`, { exclusive: true });
    const second = openStore(`file:${folder}`, { exclusive: true });
    await expect(second).rejects.toMatchObject(refused);
    await expect(second).rejects.toThrow(folder);
    expect(await startChild('holder.js', folder).ended).toContain('ERR_CONFIG_INVALID Another token service');
    await using shared = await openStore(`file:${folder}`);
    await cutUser(shared, Date.now, { subject: 'a' });
    expect(await first.cuts()).toBe(1);
  });

  it('is over when the store closes, and when the process is killed', async () => {
    const folder = newFolder();
    await (await openStore(`file:${folder}`, { exclusive: true })).close();
    const holder = startChild('holder.js', folder);
    await until(() => holder.output() !== '', 20_000);
    expect(holder.output()).toBe('held\n');
    await expect(openStore(`file:${folder}`, { exclusive: true })).rejects.toMatchObject(refused);
    holder.process.kill('SIGKILL');
    await holder.ended;
    await (await openStore(`file:${folder}`, { exclusive: true })).close();
  });
});
