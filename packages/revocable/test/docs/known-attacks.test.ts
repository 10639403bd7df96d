/** Every test that `docs/security/known-attacks.md` names is there. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const page = readFileSync(new URL('../../../../docs/security/known-attacks.md', import.meta.url), 'utf8');
const tests = new URL('../', import.meta.url);
const sections = page.split(/^## /m).slice(1);
const named = (section: string): readonly (readonly [string, string])[] =>
  [...section.matchAll(/^- `([\w/-]+\.test\.ts)`: (.+)$/gm)].map(([, file, name]) => [
    file as string,
    name as string,
  ]);

/** As it stands in the source, in quotes of any kind. */
function holds(file: string, name: string): boolean {
  const url = new URL(file, tests);
  if (!existsSync(url)) return false;
  const text = readFileSync(url, 'utf8').replaceAll(/\\(['"`\\])/g, '$1');
  return ["'", '"', '`'].some(quote => text.includes(`${quote}${name}${quote}`));
}

describe('known attacks', () => {
  test('the page has sections, and each names a test', () => {
    expect(sections.length).toBeGreaterThan(20);
    expect(sections.filter(section => named(section).length === 0)).toEqual([]);
  });

  test.each(named(page))('%s has "%s"', (file, name) => {
    expect(holds(file, name)).toBe(true);
  });

  test('a name that is nowhere is missed', () => {
    expect(holds('docs/known-attacks.test.ts', 'a test that nobody '.concat('wrote'))).toBe(false);
  });
});
