/** Stores made of backups: what counts in them, and what is refused. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import {
  type Authority,
  type AuthorityOptions,
  backupStore,
  createAuthority,
  openStore,
  restoreStore,
  type Store,
} from 'revocable';
import { afterEach, describe, expect, it } from 'vitest';
import { begun, cutUser, login, read, until } from '../contracts/store-world.ts';
import { dataFolders, startChild } from './data-folder.ts';

const newFolder = dataFolders();
const everything: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of everything.splice(0).reverse()) await each.close();
});

const kept = <T extends { close(): unknown }>(value: T): T => {
  everything.push(value);
  return value;
};
const secret = 'a root secret of thirty-two bytes or more';

interface Place {
  readonly store: Store;
  readonly authority: Authority;
  readonly folder: string;
}

async function placeIn(folder: string, options: Partial<AuthorityOptions> = {}): Promise<Place> {
  const store = kept(await openStore(`file:${folder}`));
  const common = { issuer: 'https://a.example', audience: 'api', signing: { alg: 'ES256' }, secret } as const;
  const authority = kept(await createAuthority({ store, onEvent: () => {}, ...common, ...options }));
  return { store, authority, folder };
}

const leave = async ({ store, authority }: Place): Promise<void> => {
  await authority.close();
  await store.close();
};

/** A store with a login of Ada, and a backup of it. */
async function backedUp(): Promise<Place & { file: string; pair: Awaited<ReturnType<Authority['issue']>> }> {
  const place = await placeIn(newFolder());
  const pair = await place.authority.issue({ subject: 'ada' });
  const file = `${newFolder()}.backup`;
  expect(await backupStore(`file:${place.folder}`, file)).toEqual({ bytes: statSync(file).size });
  return { ...place, pair, file };
}

const stampOf = (token: string): number =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).modified_at;

const refusal = (token: string, { authority }: Place): string => {
  const checked = authority.verifier.check(token);
  return checked.ok ? 'valid' : checked.code;
};

describe('a restored store', () => {
  it('has an owner of its own, cuts off all that was given, and lets people log in again', async () => {
    const before = await backedUp();
    const later = await before.authority.issue({ subject: 'ada' });
    const { owner } = await begun(before.store);
    await leave(before);

    const folder = newFolder();
    expect(await restoreStore(before.file, `file:${folder}`)).toEqual({ lacksSecret: true });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'revocable.db')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['revocable.db', 'service.lock']);

    const after = await placeIn(folder);
    const start = await begun(after.store);
    expect(start.owner).not.toBe(owner);
    for (const pair of [before.pair, later]) {
      expect(refusal(pair.accessToken, after)).toBe('ERR_TOKEN_REVOKED');
      await expect(after.authority.refresh(pair.refreshToken)).rejects.toMatchObject({ action: 'login' });
    }
    const fresh = await after.authority.issue({ subject: 'ada', begun: await after.authority.begin() });
    expect(refusal(fresh.accessToken, after)).toBe('valid');
    expect(stampOf(fresh.accessToken)).toBeGreaterThan(stampOf(later.accessToken));
    await after.authority.refresh(fresh.refreshToken);
    const [row] = await after.store.audit.list({ event: 'store.restored' });
    expect(row?.detail).toEqual({ sessions: 'cut off' });
  });

  it('19: gives stamps and cuts above all that are in the backup, however far ahead those lie', async () => {
    const folder = newFolder();
    const ahead = () => Date.now() + 3_600_000;
    const store = await openStore(`file:${folder}`, { clock: ahead });
    const { stamp } = await login(store, ahead, { subject: 'ada' });
    const { cutoff } = await cutUser(store, ahead, { subject: 'bob' });
    await store.close();
    const file = `${newFolder()}.backup`;
    await backupStore(`file:${folder}`, file);
    for (const keepSessions of [false, true]) {
      const target = newFolder();
      await restoreStore(file, `file:${target}`, { keepSessions });
      const restored = kept(await openStore(`file:${target}`));
      const given = await login(restored, Date.now, { subject: 'ada' });
      expect(given.stamp).toBeGreaterThan(Math.max(stamp, cutoff));
      const cut = await cutUser(restored, Date.now, { subject: 'ada' });
      expect(cut.cutoff).toBeGreaterThan(given.stamp);
    }
  });

  it('is read anew by whoever followed the lost one, and its cut of everyone is proved', async () => {
    const before = await backedUp();
    await leave(before);
    const { folder } = before;
    const store = kept(await openStore(`file:${folder}`));
    const reader = await read(store);
    for (const ending of ['', '-wal', '-shm']) rmSync(join(folder, `revocable.db${ending}`), { force: true });
    await restoreStore(before.file, `file:${folder}`);
    await until(() => reader.lost === 1, 10_000);
    await placeIn(folder);
    await until(async () => (await store.unproved(10)).length === 0, 10_000);
    const { cuts, stop } = await read(store);
    stop();
    expect([...cuts.keys()]).toEqual(['g']);
    expect(cuts.get('g')?.mac).toMatch(/^[\w-]{22}$/);
  });

  it('28: with keepSessions goes on with them, and is healed of what its journal remembers', async () => {
    const before = await backedUp();
    const bob = await before.authority.issue({ subject: 'bob' });
    await backupStore(`file:${before.folder}`, `${before.file}.2`);
    await before.authority.revoke({ subject: 'ada' });
    await leave(before);

    const folder = newFolder();
    mkdirSync(folder, { mode: 0o700 });
    cpSync(join(before.folder, 'journal'), join(folder, 'journal'), { recursive: true });
    await restoreStore(`${before.file}.2`, `file:${folder}`, { keepSessions: true });
    const after = await placeIn(folder);
    expect(refusal(before.pair.accessToken, after)).toBe('ERR_TOKEN_REVOKED');
    await expect(after.authority.refresh(before.pair.refreshToken)).rejects.toMatchObject({
      action: 'login',
    });
    expect(refusal(bob.accessToken, after)).toBe('valid');
    const again = await after.authority.refresh(bob.refreshToken);
    expect(stampOf(again.accessToken)).toBeGreaterThan(stampOf(bob.accessToken));
    const [row] = await after.store.audit.list({ event: 'store.restored' });
    expect(row?.detail).toEqual({ sessions: 'kept' });
  });

  it('5: with keepSessions is healed by a follower that heard what was taken back later', {
    timeout: 30_000,
  }, async () => {
    const before = await backedUp();
    await before.authority.revoke({ subject: 'ada' });
    const heard: object[] = [];
    await before.store.feed.load('all', entries => heard.push(...entries));
    await leave(before);
    const folder = newFolder();
    await restoreStore(before.file, `file:${folder}`, { keepSessions: true });
    const after = await placeIn(folder);
    expect(refusal(before.pair.accessToken, after)).toBe('valid'); // what nobody remembers counts again
    expect(await after.authority.giveBack(heard)).toEqual({ accepted: 1, refused: 0 });
    expect(refusal(before.pair.accessToken, after)).toBe('ERR_TOKEN_REVOKED');
  });

  it('of an older format is brought up to date', async () => {
    const { file, ...place } = await backedUp();
    await leave(place);
    const database = new DatabaseSync(file);
    database.exec('ALTER TABLE ledger DROP COLUMN since; PRAGMA user_version=2');
    database.close();
    const folder = newFolder();
    await restoreStore(file, `file:${folder}`);
    const restored = kept(await openStore(`file:${folder}`));
    expect('refused' in (await restored.begin())).toBe(false);
  });
});

describe('what is refused', () => {
  const listing = (folder: string): string[] =>
    existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String).sort() : ['(no folder)'];
  /** The same folder afterwards, and the words. */
  async function refused(file: string, folder: string, code: string, words: string): Promise<void> {
    const before = listing(folder);
    const error = await restoreStore(file, `file:${folder}`).then(
      () => undefined,
      (thrown: { code: string; message: string }) => thrown,
    );
    expect(error).toMatchObject({ code });
    expect(error?.message).toContain(words);
    expect(listing(folder)).toEqual(before);
  }

  it('is a folder that holds something, with nothing changed in it', async () => {
    const { file, folder, ...place } = await backedUp();
    await refused(file, folder, 'ERR_CONFIG_INVALID', 'is not empty: it holds "revocable.db"');
    await leave({ ...place, folder });
    const other = newFolder();
    mkdirSync(other);
    writeFileSync(join(other, 'notes.txt'), 'mine');
    await refused(file, other, 'ERR_CONFIG_INVALID', 'is not empty: it holds "notes.txt"');
    const taken = newFolder();
    writeFileSync(taken, 'a file');
    await expect(restoreStore(file, `file:${taken}`)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  it('is a file that is no backup, one that is cut short or damaged, and one of a newer format', async () => {
    const { file, ...place } = await backedUp();
    await leave(place);
    const folder = newFolder();
    const made = (name: string, change: (path: string) => void): string => {
      const path = `${newFolder()}.${name}`;
      copyFileSync(file, path);
      change(path);
      return path;
    };
    const { size } = statSync(file);
    const damage = (path: string): void => {
      const bytes = readFileSync(path);
      bytes.fill(0x5a, size >> 1, (size >> 1) + 4096);
      writeFileSync(path, bytes);
    };
    const inSql = (sql: string) => (path: string) => {
      const database = new DatabaseSync(path);
      database.exec(sql);
      database.close();
    };
    const rows: [string, string, string][] = [
      [`${file}.nowhere`, 'ERR_CONFIG_INVALID', 'There is no file'],
      [place.folder, 'ERR_CONFIG_INVALID', 'is no backup of a store'],
      [made('text', path => writeFileSync(path, 'hello')), 'ERR_CONFIG_INVALID', 'is no backup of a store'],
      [made('empty', path => writeFileSync(path, '')), 'ERR_CONFIG_INVALID', 'is no backup of a store'],
      [made('half', path => truncateSync(path, size >> 1)), 'ERR_STORE_CORRUPT', 'cut short'],
      [made('page', path => truncateSync(path, size - 4096)), 'ERR_STORE_CORRUPT', 'cut short'],
      [made('odd', path => truncateSync(path, size - 1)), 'ERR_STORE_CORRUPT', 'cut short'],
      [made('head', path => truncateSync(path, 60)), 'ERR_STORE_CORRUPT', 'cut short'],
      [made('damaged', damage), 'ERR_STORE_CORRUPT', 'is damaged'],
      [made('newer', inSql('PRAGMA user_version=999')), 'ERR_CONFIG_INVALID', 'has format 999'],
      [made('other', inSql('PRAGMA application_id=1')), 'ERR_CONFIG_INVALID', 'of another program'],
    ];
    for (const [path, code, words] of rows) await refused(path, folder, code, words);
    writeFileSync(`${file}-wal`, 'more of it');
    await refused(file, folder, 'ERR_CONFIG_INVALID', 'is a database in use');
  });

  it('is every store but an embedded one, and an unknown option', async () => {
    for (const location of ['memory:', 'redis://localhost:1', 'nothing', 7 as unknown as string]) {
      await expect(restoreStore('x', location)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
      await expect(backupStore(location, 'x')).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    }
    const wrong = [{ keepSession: true }, { keepSessions: 'yes' }] as object[];
    for (const options of wrong)
      await expect(restoreStore('x', `file:${newFolder()}`, options)).rejects.toMatchObject({
        code: 'ERR_CONFIG_INVALID',
      });
  });

  it('is a backup of a folder without a store, which is not made', async () => {
    const folder = newFolder();
    await expect(backupStore(`file:${folder}`, `${folder}.backup`)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining('There is no store'),
    });
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(`${folder}.backup`)).toBe(false);
  });
});

describe('kill -9 in the midst of a restore', () => {
  it('leaves no store or a whole one, never half a store that opens', { timeout: 300_000 }, async () => {
    const donor = newFolder();
    const store = await openStore(`file:${donor}`);
    const tenants = Array.from({ length: 8000 }, (_, i) => `t:a tenant with a longish name ${i}`);
    const orders = tenants.map(scope => ({ kind: 'finite', scope, plane: 's' }) as const);
    await store.revoke({
      orders,
      caller: Date.now(),
      lives: { accessMs: 300_000, refreshMs: 2_592_000_000, leewayMs: 65_000 },
    });
    await store.close();
    const file = `${donor}.backup`;
    await backupStore(`file:${donor}`, file);
    const outcomes = new Set<string>();
    for (let kill = 0; kill < 5; kill += 1) {
      const folder = newFolder();
      const child = startChild('restorer.js', file, folder);
      await until(() => child.output() !== '' || child.process.exitCode !== null, 30_000);
      if (kill % 2 === 0) await until(() => existsSync(folder) || child.process.exitCode !== null, 30_000);
      await new Promise(resolve => setTimeout(resolve, kill * 9));
      child.process.kill('SIGKILL');
      await child.ended;
      outcomes.add(await stateOf(folder));
      if (existsSync(join(folder, 'revocable.db'))) continue;
      await restoreStore(file, `file:${folder}`);
      expect(await stateOf(folder)).toBe('whole');
    }
    expect([...outcomes].filter(outcome => outcome === 'half')).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(0);
  });

  async function stateOf(folder: string): Promise<string> {
    if (!existsSync(folder) || readdirSync(folder).every(name => name === 'service.lock')) return 'empty';
    try {
      await using store = await openStore(`file:${folder}`);
      const cuts = await store.cuts();
      return cuts === 8001 ? 'whole' : 'half';
    } catch (error) {
      return (error as Error).message.includes('interrupted') ? 'refuses' : String(error);
    }
  }

  it('is said by a store that is opened there, until the restore has been run again', async () => {
    const { file, ...place } = await backedUp();
    await leave(place);
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, 'revocable.db.restoring'), readFileSync(file).subarray(0, 5000));
    await expect(openStore(`file:${folder}`)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining('was interrupted: run it again'),
    });
    expect(existsSync(join(folder, 'revocable.db'))).toBe(false);
    await restoreStore(file, `file:${folder}`);
    const store = kept(await openStore(`file:${folder}`));
    expect('refused' in (await store.begin())).toBe(false);
  });
});
