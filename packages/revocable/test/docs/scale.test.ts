/** The page on scale shows what its script computes, of the real encoder's lines. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const FOLDER = new URL('../../../../docs/explanation/', import.meta.url);
const page = readFileSync(new URL('scale.md', FOLDER), 'utf8');
const tablesIn = (text: string): string[] => text.match(/(^\|.*\|\n?)+/gm)?.map(table => table.trim()) ?? [];

test('the tables of scale.md are those that scale.js prints', () => {
  const printed = execFileSync(process.execPath, [new URL('scale.js', FOLDER).pathname], {
    encoding: 'utf8',
  });
  expect(tablesIn(printed)).toHaveLength(2);
  expect(tablesIn(page)).toEqual(tablesIn(printed));
});

test('what the text says of the tables is in them', () => {
  expect(page).toContain(
    '| once a month | 39 | 100 million | 14,082 | 422 kB | 1.2 MB | 39 kbit/s | 392 Mbit/s |',
  );
  expect(page).toContain('| 10,000 | 10,000 | 72 Mbit/s | 2.00 | 4 |');
});
