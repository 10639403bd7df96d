import { expect, it } from 'vitest';
import type { CutEntry } from '#revocation/index';
import { inSlices } from '#stores/slices';

it('hands on all entries in their order, and lets others come in between', async () => {
  const entries = Array.from({ length: 1001 }, (_, number) => ({ number }) as CutEntry);
  const taken: number[][] = [];
  let turns = 0;
  const count = (): void => {
    turns += 1;
    if (taken.length < 5) setImmediate(count);
  };
  setImmediate(count);
  await inSlices(entries, slice => taken.push(slice.map(({ number }) => number)));
  expect(taken.map(slice => slice.length)).toEqual([250, 250, 250, 250, 1]);
  expect(taken.flat()).toEqual(entries.map(({ number }) => number));
  expect(turns).toBeGreaterThanOrEqual(4);
});

it('has nothing to hand on where there is nothing', async () => {
  let calls = 0;
  await inSlices([], () => {
    calls += 1;
  });
  expect(calls).toBe(0);
});
