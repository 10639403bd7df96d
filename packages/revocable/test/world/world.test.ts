import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planOf } from './plan.ts';
import { run } from './stage.ts';

const KNOWN: readonly number[] = JSON.parse(
  readFileSync(new URL('failing-seeds.json', import.meta.url), 'utf8'),
);
const SECONDS = Number(process.env['WORLD_SECONDS'] ?? 60);
const FIRST = Number(process.env['WORLD_SEED'] ?? Date.now() % 2 ** 31);

const verdictOf = async (seed: number) => {
  const { violation } = await run(seed, planOf(seed));
  return violation === undefined ? 'holds' : { again: `SEED=${seed} npm run world`, ...violation };
};

describe('the simulated world', () => {
  it('has mended what these seeds once found', async () => {
    for (const seed of KNOWN) expect(await verdictOf(seed)).toBe('holds');
  });

  it('is the same world twice', async () => {
    const [once, twice] = [await run(FIRST, planOf(FIRST)), await run(FIRST, planOf(FIRST))];
    expect(twice.traceHash).toBe(once.traceHash);
    expect(once.events).toBeGreaterThan(0);
  });

  it(
    `keeps its invariants for ${SECONDS} s of fresh seeds`,
    async () => {
      const until = performance.now() + SECONDS * 1000;
      let seeds = 0;
      for (; performance.now() < until; seeds++) expect(await verdictOf(FIRST + seeds)).toBe('holds');
      expect(seeds).toBeGreaterThan(20);
    },
    (SECONDS + 60) * 1000,
  );
});
