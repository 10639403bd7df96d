import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it } from 'vitest';
import { openConnection } from '#stores/embedded/connection';
import { adviceFor, type Engine, isEnough, loadEngine } from '#stores/embedded/engine';
import { openStore } from '#stores/open';
import { begun, cutUser, LIVES, login, newSession, read, revoke, until } from '../contracts/store-world.ts';
import { dataFolders } from './data-folder.ts';

const newFolder = dataFolders();

/** What a file holds, read by another connection of the same library. */
function valuesIn(file: string, sql: string): unknown[] {
  const database = new DatabaseSync(file);
  try {
    return database
      .prepare(sql)
      .all()
      .flatMap(row => Object.values(row as object));
  } finally {
    database.close();
  }
}

describe('the engine', () => {
  it.each([
    ['3.51.3', true],
    ['3.52.0', true],
    ['4.0.0', true],
    ['3.51.2', false],
    ['3.47.2', false],
    ['2.99.9', false],
  ])('%s is enough: %s', (version, enough) => {
    expect(isEnough(version)).toBe(enough);
  });

  it('says what to install where there is none', () => {
    expect(adviceFor('20.20.2', undefined)).toBe(
      'The embedded store needs SQLite 3.51.3 or later; Node 20.20.2 has none. ' +
        'Update Node to 22.22.3, 24.15 or later, or run: npm install @photostructure/sqlite@1',
    );
    expect(adviceFor('22.13.1', '3.47.2')).toContain(
      'Node 22.13.1 has 3.47.2, which can damage a shared database.',
    );
  });
});

describe('the database', () => {
  it('is whole, ours, and in the mode in which commits last', async () => {
    const folder = newFolder();
    const store = await openStore(`file:${folder}`);
    await login(store, Date.now, { subject: 'a' });
    await store.close();
    const file = join(folder, 'revocable.db');
    expect(valuesIn(file, 'PRAGMA integrity_check')).toEqual(['ok']);
    expect(valuesIn(file, 'PRAGMA journal_mode')).toEqual(['wal']);
    expect(valuesIn(file, 'PRAGMA application_id')).toEqual([0x7265766f]);
    expect(valuesIn(file, 'PRAGMA user_version')).toEqual([3]);
  });

  it('of the first format is brought up to date, with all that is in it', async () => {
    const folder = newFolder();
    const old = await openStore(`file:${folder}`);
    await cutUser(old, Date.now, { subject: 'a' });
    await old.close();
    const database = new DatabaseSync(join(folder, 'revocable.db'));
    database.exec(`
      DROP INDEX cuts_unproved; DROP TABLE tags; DROP TABLE offers; ALTER TABLE cuts DROP COLUMN mac;
      ALTER TABLE ledger DROP COLUMN tag; ALTER TABLE ledger DROP COLUMN first; ALTER TABLE ledger DROP COLUMN lost;
      ALTER TABLE ledger DROP COLUMN since; ALTER TABLE replicas DROP COLUMN before; PRAGMA user_version=1`);
    database.close();
    await using store = await openStore(`file:${folder}`);
    expect(await store.unproved(10)).toMatchObject([{ scope: 'u::a', number: 1, mac: '' }]);
    const reader = await read(store);
    const { cursor } = await cutUser(store, Date.now, { subject: 'b' });
    await until(() => reader.cursor === cursor);
    expect([...reader.cuts.keys()].sort()).toEqual(['u::a', 'u::b']);
    reader.stop();
  });

  it('6: that was put back by hand is not the log that a reader has read, though its numbers go on', async () => {
    const folder = newFolder();
    const file = join(folder, 'revocable.db');
    const subjects = ['a', 'b', 'c'];
    const cursors: string[] = [];
    for (const subject of subjects) {
      const store = await openStore(`file:${folder}`);
      cursors.push((await cutUser(store, Date.now, { subject })).cursor);
      await store.close();
      if (subject === 'a') copyFileSync(file, `${file}.copy`);
    }
    copyFileSync(`${file}.copy`, file);
    await using store = await openStore(`file:${folder}`);
    for (const subject of ['x', 'y', 'z']) await cutUser(store, Date.now, { subject });
    const found = await Promise.all(cursors.map(cursor => store.continues(cursor)));
    expect(found).toEqual([true, false, false]);
  });

  it('keeps its audit log from being changed', async () => {
    const folder = newFolder();
    const store = await openStore(`file:${folder}`);
    await store.audit.append({ event: 'revoked' });
    await store.close();
    const database = new DatabaseSync(join(folder, 'revocable.db'));
    expect(() => database.exec("UPDATE audit SET event = 'nothing'")).toThrow('append-only');
    expect(() => database.exec('DELETE FROM audit')).toThrow('append-only');
    for (const how of ['INSERT OR REPLACE', 'REPLACE'])
      expect(() => database.exec(`${how} INTO audit(seq, at, event) VALUES (1, 1, 'nothing')`)).toThrow(
        'append-only',
      );
    expect(() =>
      database.exec(`INSERT INTO audit(seq, at, event) VALUES (1, 1, 'nothing')
        ON CONFLICT(seq) DO UPDATE SET event = 'nothing'`),
    ).toThrow('append-only');
    database.close();
    expect(valuesIn(join(folder, 'revocable.db'), 'SELECT event FROM audit')).toEqual(['revoked']);
  });

  it('is copied whole beside a writer, and never over another file', async () => {
    const folder = newFolder();
    await using store = await openStore(`file:${folder}`);
    let writing = true;
    const writer = (async () => {
      for (let i = 0; writing; i += 1) await cutUser(store, Date.now, { subject: `u${i}` });
    })();
    await until(async () => (await store.cuts()) > 20);
    const copy = join(folder, 'copy.db');
    await store.backup(copy);
    writing = false;
    await writer;
    expect(valuesIn(copy, 'PRAGMA integrity_check')).toEqual(['ok']);
    const [cuts] = valuesIn(copy, 'SELECT count(*) FROM cuts');
    expect(cuts).toBeGreaterThan(20);
    expect(cuts).toBeLessThanOrEqual(await store.cuts());
    await expect(store.backup(copy)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await expect(store.backup(join(folder, 'nowhere', 'copy.db'))).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
    expect(existsSync(join(folder, '.copy.db.part'))).toBe(false);
  });

  it('is followed when the folder is made anew: the log is lost, and what is there is read', async () => {
    const [folder, other] = [newFolder(), newFolder()];
    const donor = await openStore(`file:${other}`);
    await cutUser(donor, Date.now, { subject: 'from the other' });
    await donor.close();
    await using store = await openStore(`file:${folder}`);
    const reader = await read(store);
    for (const name of ['revocable.db', 'revocable.db-wal', 'revocable.db-shm']) rmSync(join(folder, name));
    await expect(store.begin()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    copyFileSync(join(other, 'revocable.db'), join(folder, 'revocable.db'));
    await until(() => reader.lost === 1);
    expect([...(await read(store)).cuts.keys()]).toEqual(['u::from the other']);
  });
});

describe('a batch', () => {
  const request = (op: string, args: unknown) => ({ op: op as 'issue', args, now: undefined });
  const connect = (engine: Engine) => openConnection(engine, newFolder(), false, () => {});

  it('undoes a step that throws, and no other', async () => {
    const connection = connect(await loadEngine());
    const [beginning] = connection.run([request('begin', undefined)]).outcomes;
    const { owner } = (beginning as { value: { owner: string } }).value;
    const step = (subject: string, session: object) =>
      request('issue', {
        tenant: '',
        subject,
        client: '',
        session,
        begun: { owner, head: 0 },
        caller: Date.now(),
        lives: LIVES,
      });
    const broken = { ...newSession({ subject: 'b' }), idleMs: 'a text in a column of numbers' };
    const order = { kind: 'finite', scope: 'g', plane: 's' };
    const { outcomes } = connection.run([
      step('a', newSession({ subject: 'a' })),
      step('b', broken),
      request('revoke', { orders: [order], caller: Date.now(), lives: LIVES }),
    ]);
    expect(outcomes.map(outcome => 'error' in outcome)).toEqual([false, true, false]);
    const counted = connection.run([
      request('countedSessions', { filter: { kind: 'everyone' }, place: 0 }),
    ]).outcomes;
    expect(counted).toMatchObject([{ value: { rows: [] } }]);
    expect(connection.watched()).toMatchObject({ head: 1 });
    connection.close();
  });

  it('changes nothing on a full disk, says so, and goes on when there is room', async () => {
    const engine = await loadEngine();
    let database: ReturnType<Engine['open']> | undefined;
    const small: Engine = {
      ...engine,
      open(path) {
        database = engine.open(path);
        return database;
      },
    };
    const connection = connect(small);
    database?.exec('PRAGMA max_page_count=30');
    const orders = Array.from({ length: 2000 }, (_, i) => ({
      kind: 'finite',
      scope: `t:tenant ${i}`,
      plane: 's',
    }));
    const revocation = request('revoke', { orders, caller: Date.now(), lives: LIVES });
    const { outcomes, told } = connection.run([revocation, revocation]);
    expect(told).toBe(false);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({
        error: { code: 'ERR_STORE_UNAVAILABLE', message: expect.stringContaining('is full') },
      });
    expect(connection.watched()).toMatchObject({ head: 0 });
    database?.exec('PRAGMA max_page_count=10000');
    expect(connection.run([revocation]).outcomes).toMatchObject([{ value: { wrote: { length: 2000 } } }]);
    connection.close();
  });

  it('is one commit for all that is asked for in one turn', async () => {
    const folder = newFolder();
    await using store = await openStore(`file:${folder}`);
    await store.begin();
    const file = join(folder, 'revocable.db');
    const before = changesOf(file);
    const order = (i: number) => ({ kind: 'finite', scope: `t:${i}`, plane: 's' }) as const;
    await Promise.all(Array.from({ length: 200 }, (_, i) => revoke(store, Date.now, [order(i)])));
    expect(await store.cuts()).toBe(200);
    expect(changesOf(file) - before).toBe(1);
  });
});

/** Commits since the write-ahead log began: frames with a database size in them end a transaction (sqlite.org/fileformat2.html). */
function changesOf(file: string): number {
  const wal = readFileSync(`${file}-wal`);
  const pageSize = wal.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + 24 + pageSize <= wal.length; at += 24 + pageSize)
    if (wal.readUInt32BE(at + 4) > 0) commits += 1;
  return commits;
}

describe('the clock of a store', () => {
  it('holds exactly, for each store its own', async () => {
    const folder = newFolder();
    const clock = () => 1_000_000_000_000;
    await using set = await openStore(`file:${folder}`, { clock });
    await using running = await openStore(`file:${folder}`);
    expect((await begun(set)).now).toBe(clock());
    expect(Math.abs((await begun(running)).now - Date.now())).toBeLessThan(5000);
  });
});
