import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rooms } from '../../../../scripts/import-rules.js';

const SRC = new URL('../../src/', import.meta.url);
const TESTS = new URL('../', import.meta.url);
/** Folders of tests that mirror no room, each for what its name says. */
const ACROSS = [
  'chaos',
  'contracts',
  'differential',
  'docs',
  'e2e',
  'fuzz',
  'house',
  'interop',
  'properties',
  'runtimes',
  'scenarios',
  'types',
  'vectors',
  'world',
];

const entries = (folder: URL): string[] =>
  readdirSync(folder, { withFileTypes: true }).map(entry => entry.name);
const withoutExtension = (name: string): string => name.replace(/\.ts$/, '');

describe('the rooms of the house', () => {
  it('are the rows of the import rules, one for one', () => {
    expect(entries(SRC).map(withoutExtension).sort()).toEqual(Object.keys(rooms).sort());
  });

  it('lie above every room that they import', () => {
    const floors = new Map<string, number>();
    const floorOf = (room: string, seen: readonly string[]): number => {
      expect(seen, 'a circle of rooms').not.toContain(room);
      const below = rows.get(room);
      if (below === undefined) throw new Error(`"${seen.at(-1)}" may import "${room}", which is no room`);
      const known =
        floors.get(room) ?? 1 + Math.max(-1, ...below.map(next => floorOf(next, [...seen, room])));
      floors.set(room, known);
      return known;
    };
    for (const room of rows.keys()) floorOf(room, []);
    expect(floors.get('errors')).toBe(0);
  });

  it('are mirrored by the folders of the tests', () => {
    const folders = readdirSync(TESTS, { withFileTypes: true }).filter(entry => entry.isDirectory());
    const known = [...Object.keys(rooms), ...ACROSS];
    expect(folders.map(folder => folder.name).filter(name => !known.includes(name))).toEqual([]);
  });
});

type Row = string | { readonly room: string };
const rows = new Map(
  Object.entries<readonly Row[]>(rooms).map(([room, allowed]) => [
    room,
    allowed.map(entry => (typeof entry === 'string' ? entry : entry.room)),
  ]),
);
