/** Several processes on one folder, and processes that are killed. REVOCABLE_LONG=1 runs the long forms. */
import { existsSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '#stores/open';
import { cutUser, read, until } from '../contracts/store-world.ts';
import { dataFolders, startChild } from './data-folder.ts';

const newFolder = dataFolders();
const isLong = process.env.REVOCABLE_LONG === '1';
const KILLS = isLong ? 50 : 6;
const WRITERS = isLong ? 8 : 3;
const WRITING_MS = isLong ? 5000 : 1500;

describe('kill -9', () => {
  it(`loses no revocation that returned, ${KILLS} times`, { timeout: 600_000 }, async () => {
    const folder = newFolder();
    const acknowledged = new Map<string, number>();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = startChild('revoker.js', folder, `${kill}-`);
      await until(() => child.output() !== '', 30_000);
      await new Promise(resolve => setTimeout(resolve, (kill * 7) % 50));
      child.process.kill('SIGKILL');
      for (const line of (await child.ended).split('\n').slice(0, -1)) {
        const [name = '', cutoff] = line.split(' ');
        acknowledged.set(`u::${name}`, Number(cutoff));
      }
    }
    await using store = await openStore(`file:${folder}`);
    const { cuts, stop } = await read(store);
    stop();
    const lost = [...acknowledged].filter(([scope, cutoff]) => (cuts.get(scope)?.s ?? 0) < cutoff);
    expect(acknowledged.size).toBeGreaterThan(KILLS);
    expect(lost).toEqual([]);
  });
});

describe('several processes', () => {
  it(`write side by side, ${WRITERS} of them, without an error and without starving`, {
    timeout: 60_000,
  }, async () => {
    const folder = newFolder();
    const names = Array.from({ length: WRITERS }, (_, i) => `w${i}`);
    const writers = names.map(name => startChild('refresher.js', folder, name, String(WRITING_MS)));
    const reports = (await Promise.all(writers.map(writer => writer.ended))).map(text => JSON.parse(text));
    expect(reports.map(report => report.errors)).toEqual(names.map(() => 0));
    const answered = reports.map(report => report.answered).sort((x, y) => x - y);
    expect(answered[0]).toBeGreaterThan(0);
    if (isLong) expect(answered.at(-1)).toBeLessThanOrEqual(2 * answered[0]);
    const wal = statSync(join(folder, 'revocable.db-wal'), { throwIfNoEntry: false })?.size ?? 0;
    expect(wal).toBeLessThanOrEqual(64 * 1024 * 1024);
  });

  it('hear of each other by the bell, and without it by looking', async () => {
    const folder = newFolder();
    await using store = await openStore(`file:${folder}`);
    const reader = await read(store);
    let changes = 0;
    store.onChange(() => {
      changes += 1;
    });
    expect(await startChild('once.js', folder, 'a').ended).toBe('');
    await until(() => reader.cuts.has('u::a'));
    rmSync(join(folder, 'bell'));
    expect(await startChild('once.js', folder, 'b').ended).toBe('');
    await until(() => reader.cuts.has('u::b'));
    expect(changes).toBeGreaterThanOrEqual(2);
    expect(existsSync(join(folder, 'bell'))).toBe(true);
    reader.stop();
  });

  it('are not kept alive by an open store with nothing under way', async () => {
    const child = startChild('once.js', newFolder(), 'a');
    await child.ended;
    expect(child.process.exitCode).toBe(0);
  });

  it('do not mistake a touched bell for news', async () => {
    const folder = newFolder();
    await using store = await openStore(`file:${folder}`);
    let changes = 0;
    store.onChange(() => {
      changes += 1;
    });
    for (let i = 0; i < 5; i += 1) utimesSync(join(folder, 'bell'), new Date(), new Date());
    await new Promise(resolve => setTimeout(resolve, 150));
    expect(changes).toBe(0);
    await cutUser(store, Date.now, { subject: 'a' });
    await until(() => changes > 0);
  });
});
