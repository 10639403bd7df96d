import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generalPlan, type Plan, planOf } from './plan.ts';
import { run } from './stage.ts';

const KNOWN: readonly number[] = JSON.parse(
  readFileSync(new URL('failing-seeds.json', import.meta.url), 'utf8'),
);
const SECONDS = Number(process.env['WORLD_SECONDS'] ?? 60);
/** The same ones each time: what fails here is what a change has broken. Fresh ones are looked for by `npm run world`. */
const FIRST = Number(process.env['WORLD_SEED'] ?? 1);
const SEEDS = Number(process.env['WORLD_SEEDS'] ?? 1000);

const verdictOf = async (seed: number, plan: Plan, words = '') => {
  const { violation } = await run(seed, plan);
  return violation === undefined ? 'holds' : { again: `SEED=${seed} npm run world${words}`, ...violation };
};

describe('the simulated world', () => {
  it('has mended what these seeds once found', async () => {
    for (const seed of KNOWN) {
      expect(await verdictOf(seed, planOf(seed))).toBe('holds');
      expect(await verdictOf(seed, planOf(seed, 'long'), ' -- --long')).toBe('holds');
      // Found before there were profiles.
      expect(await verdictOf(seed, generalPlan(seed))).toBe('holds');
    }
  }, 180_000);

  it('is the same world twice', async () => {
    for (const length of ['mixed', 'long'] as const) {
      const plan = planOf(FIRST, length);
      const [once, twice] = [await run(FIRST, plan), await run(FIRST, plan)];
      expect(twice.traceHash).toBe(once.traceHash);
      expect(once.events).toBeGreaterThan(0);
    }
  });

  it(
    `keeps its invariants for ${SEEDS} seeds, or as many as fit into ${SECONDS} s`,
    async () => {
      const until = performance.now() + SECONDS * 1000;
      let seeds = 0;
      for (; seeds < SEEDS && performance.now() < until; seeds++)
        expect(await verdictOf(FIRST + seeds, planOf(FIRST + seeds, 'long'), ' -- --long')).toBe('holds');
      expect(seeds).toBeGreaterThan(20);
    },
    (SECONDS + 60) * 1000,
  );
});
