/** Judged by four libraries: whatever one of the others says differently is a row of the page, and every row is true. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { joined, PART_MUTATIONS, partsOf } from '../fuzz/part-mutations.ts';
import { createRng, type Rng } from '../fuzz/random.ts';
import { TEXT_MUTATIONS } from '../fuzz/text-mutations.ts';
import { claims, corpus, forge, hs, materials } from './corpus.ts';
import { rowsOf } from './features.ts';
import { type Judge, judge, type Material, others, type Question } from './judges.ts';

const page = readFileSync(new URL('../../../../docs/security/differences.md', import.meta.url), 'utf8');
const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));

/** Who, by the page, takes what we refuse. */
const rows: ReadonlyMap<string, readonly Judge[]> = new Map(
  [...page.matchAll(/^\| `(.+?)` \|[^|]+\| ([^|]+) \|/gm)].map(([, row, takers]) => [
    row as string,
    others.filter(name => new RegExp(`(?:^|, )${name}(?:,|$)`).test((takers as string).trim())),
  ]),
);
/** What the corpus has shown, to be compared with the page at the end. */
const seen = new Map<string, Set<Judge>>();

describe('the corpus', () => {
  test.each(corpus.map(one => [one.row, one.name, one.material.alg, one] as const))(
    '%s: %s (%s)',
    async (row, _name, _alg, question) => {
      const { ours, against } = await judge(question);
      if (row === 'agreed') return expect(against).toEqual([]);
      expect(ours).toBe('refuses');
      expect(rows.get(row)).toEqual(expect.arrayContaining([...against]));
      seen.set(row, new Set([...(seen.get(row) ?? []), ...against]));
    },
  );

  test('shows each row of the page, no more and no less', () => {
    const shown = [...seen].map(([row, takers]) => [row, others.filter(name => takers.has(name))]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(rows));
  });

  test('each row cites an RFC or an advisory', () => {
    for (const line of page.split('\n').filter(line => line.startsWith('| `')))
      expect(line).toMatch(/RFC \d{4}|CVE-\d{4}-\d+|GHSA-/);
  });
});

describe(`generated tokens (seed ${seed})`, () => {
  const rng = createRng(seed);
  const names = Object.keys(PART_MUTATIONS);
  const mutant = (material: Material): string => {
    const parts = partsOf(forge(material, claims));
    const other = partsOf(forge(material, { ...claims, sub: 'u2' }, { alg: material.alg }));
    return joined(PART_MUTATIONS[rng.pick(names)]?.(parts, rng, other, material.alg) as never);
  };
  const inText = (token: string, random: Rng): string =>
    TEXT_MUTATIONS[random.pick(Object.keys(TEXT_MUTATIONS))]?.(token, random, token) as string;
  const check = async (question: Question & { token: string }): Promise<void> => {
    const { ours, against } = await judge(question);
    if (against.length === 0) return;
    const explained = rowsOf(question.token);
    const by = explained.map(row => rows.get(row) ?? []);
    const isExplained =
      ours === 'refuses' && explained.length > 0 && against.every(one => by.every(row => row.includes(one)));
    if (!isExplained)
      expect.fail(`seed ${seed}: ${ours} here, not so in ${against}, by ${explained}: ${question.token}`);
  };

  test('without a key: another spelling, part or signature', async () => {
    for (let i = 0; i < 1000; i++) {
      const material = rng.pick(materials);
      const token = i % 2 === 0 ? mutant(material) : inText(forge(material, claims), rng);
      await check({ token, material });
    }
  });

  test('truly signed, with any header and claims', async () => {
    for (let i = 0; i < 1000; i++) {
      const { header, payload } = partsOf(mutant(hs));
      const [head, body] = [header, payload].map(part => Buffer.from(part, 'base64url'));
      await check({ token: forge(hs, body, head), material: hs });
    }
  });
});
