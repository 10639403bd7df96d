/** The journal of an authority: what returned is there, whatever was torn; what is damaged is said, and where. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '#random';
import { type CutEntry, INFINITE } from '#revocation/index';
import type { Journal } from '#store';
import type { Disk } from '#stores/disk';
import { openJournal } from '#stores/journal';
import { JOURNAL_HEAD, journalLine, journalLines } from '#stores/journal-lines';

const NOW = 1_795_000_000_000;
const cut = (scope: string, more: Partial<CutEntry> = {}): CutEntry => {
  return { scope, number: 1, at: NOW, expires: NOW + 1e6, a: 0, r: 0, s: NOW, mac: 'proof', ...more };
};

/** A disk in memory that counts, fills up, and loses files. */
function createDisk() {
  const files = new Map<string, Uint8Array>();
  const disk = { files, synced: 0, left: Number.POSITIVE_INFINITY };
  const port: Disk = {
    makeFolder: async () => {},
    list: async folder => [...files.keys()].map(path => path.slice(folder.length + 1)),
    read: async path => files.get(path),
    async create(path) {
      files.set(path, new Uint8Array());
      return {
        async append(bytes) {
          const taken = bytes.subarray(0, Math.min(bytes.length, disk.left));
          disk.left -= taken.length;
          const before = files.get(path);
          if (before !== undefined) files.set(path, Buffer.concat([before, taken]));
          if (taken.length < bytes.length) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
          disk.synced += 1;
        },
        isThere: async () => files.has(path),
        close: async () => {},
      };
    },
    replace: async (path, bytes) => void files.set(path, bytes),
    remove: async path => void files.delete(path),
  };
  return { ...disk, disk, port };
}

let world: ReturnType<typeof createDisk>;
let now = NOW;
beforeEach(() => {
  world = createDisk();
  now = NOW;
});
const open = (): Promise<Journal> =>
  openJournal('/j', { disk: world.port, random: systemRandom, clock: () => now });
const scopes = (journal: Journal): string[] =>
  journal
    .entries()
    .map(entry => entry.scope)
    .sort();

describe('the journal', () => {
  it('makes no file before the first revocation, and has what was appended', async () => {
    const journal = await open();
    expect(world.files.size).toBe(0);
    expect([journal.owner, journal.entries()]).toEqual([undefined, []]);
    await journal.append('owner-1', [cut('u::ada'), cut('k:x', { s: 7, mac: '' })]);
    expect(journal.owner).toBe('owner-1');
    const again = await open();
    expect(again.owner).toBe('owner-1');
    expect(again.entries()).toEqual([cut('u::ada'), cut('k:x', { s: 7, mac: '' })]);
  });

  it('is on the disk when append returns, and what comes together goes together', async () => {
    const journal = await open();
    await journal.append('o', [cut('u::0')]);
    const before = world.disk.synced;
    await Promise.all(Array.from({ length: 50 }, (_, i) => journal.append('o', [cut(`u::${i}`)])));
    expect(world.disk.synced - before).toBeLessThanOrEqual(3);
    expect(scopes(await open())).toHaveLength(51);
  });

  it('is shared: each has a file of its own, and reads all of them', async () => {
    const [one, two] = [await open(), await open()];
    await one.append('o', [cut('u::ada')]);
    await two.append('o', [cut('u::bob')]);
    expect(world.files.size).toBe(2);
    expect(scopes(await open())).toEqual(['u::ada', 'u::bob']);
  });

  it('28: says so when the disk is full; what was torn by it hides nothing that comes later', async () => {
    const journal = await open();
    await journal.append('o', [cut('u::ada')]);
    world.disk.left = 20;
    await expect(journal.append('o', [cut('u::bob')])).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
    });
    await expect(journal.append('o', [cut('u::bob')])).rejects.toThrow('safe to repeat');
    world.disk.left = Number.POSITIVE_INFINITY;
    await journal.append('o', [cut('u::carol')]);
    expect(scopes(await open())).toEqual(['u::ada', 'u::carol']);
  });

  it('leaves out what is past its end, removes files that are over, and goes on when its own was removed', async () => {
    const journal = await open();
    await journal.append('o', [cut('u::ada'), cut('u::bob', { expires: NOW + 10 })]);
    now = NOW + 10;
    expect(scopes(await open())).toEqual(['u::ada']);
    now = NOW + 1e6 + 86_400_000;
    expect((await open()).owner).toBeUndefined();
    expect(world.files.size).toBe(0);
    await journal.append('o', [cut('u::carol', { expires: now + 10 })]);
    expect(scopes(await open())).toEqual(['u::carol']);
  });

  it('is shortened when what was said again outweighs the rest', async () => {
    const journal = await open();
    for (let i = 0; i < 2000; i += 1) await journal.append('o', [cut('u::ada', { s: NOW + i, at: NOW + i })]);
    const size = [...world.files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    expect(size).toBeLessThan(1100 * journalLine({ owner: 'o', entry: cut('u::ada') }).length);
    expect((await open()).entries().at(-1)).toMatchObject({ s: NOW + 1999 });
  });
});

describe('its lines', () => {
  const entry = fc.record({
    scope: fc.string({ unit: 'grapheme' }).map(text => `u::${text}`),
    s: fc.oneof(fc.integer({ min: 1, max: NOW }), fc.constant(INFINITE)),
  });
  const written = fc.array(entry, { minLength: 1, maxLength: 5 }).map(cuts => {
    const lines = cuts.map(({ scope, s }) => ({ owner: 'o', entry: cut(scope, { s }) }));
    return { lines, text: JOURNAL_HEAD + lines.map(journalLine).join('') };
  });

  it('24: are read as they were written, and cut off anywhere they say a prefix of it', () => {
    fc.assert(
      fc.property(written, fc.nat(), ({ lines, text }, place) => {
        expect(journalLines(text, 'x')).toEqual(lines);
        const bytes = new TextEncoder().encode(text);
        const torn = new TextDecoder().decode(bytes.subarray(0, place % (bytes.length + 1)));
        const read = journalLines(torn, 'x');
        expect(read).toEqual(lines.slice(0, read.length));
        const filled = journalLines(`${torn}\n\0\0\0`, 'x');
        expect(filled).toEqual(read);
      }),
      { numRuns: 50 },
    );
  });

  it('a byte that was changed before the last line is damage, and is named', () => {
    fc.assert(
      fc.property(written, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ lines, text }, place, by) => {
        const bytes = new TextEncoder().encode(text);
        const last = new TextEncoder().encode(journalLine(lines.at(-1) as (typeof lines)[number])).length;
        const end = bytes.length - last - 1;
        const at = place % end;
        bytes[at] = ((bytes[at] ?? 0) + by) % 256;
        expect(() => journalLines(new TextDecoder().decode(bytes), 'the file')).toThrow(/the file/);
      }),
      { numRuns: 50 },
    );
  });

  it('of a newer format are refused', () => {
    expect(() => journalLines('revocable journal 2\n', 'x')).toThrow('Update revocable');
    expect(() => journalLines('something else\n', 'x')).toThrow('damaged');
    expect(journalLines('', 'x')).toEqual([]);
  });
});
