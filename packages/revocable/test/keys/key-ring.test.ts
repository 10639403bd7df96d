/** The life of signing keys, over years of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  dueSteps,
  nextDueMs,
  publishedKeys,
  type RingKey,
  rotated,
  rotatedByHand,
  signingKey,
  standbyKey,
} from '#keys/index';

const DAY = 86_400_000;
const terms = { rotateEveryMs: 30 * DAY, publishBeforeMs: 300_000, keepAfterMs: 300_000 };

/** Does what is due, as an authority would. */
function tend(rows: readonly RingKey[], now: number): readonly RingKey[] {
  let kept = rows;
  for (const step of dueSteps(rows, terms, now)) {
    const kid = `k${now}-${kept.length}`;
    if (step.step === 'create')
      kept = [
        ...kept,
        { kid, state: step.state, createdAt: now, ...(step.state === 'active' ? { activatedAt: now } : {}) },
      ];
    if (step.step === 'rotate') kept = rotated(kept, now);
    if (step.step === 'remove') kept = kept.filter(row => row.kid !== step.kid);
  }
  return kept;
}

test('at the start there is one that signs and one that waits', () => {
  const rows = tend([], 1000);
  expect(rows.map(row => row.state)).toEqual(['active', 'next']);
  expect(dueSteps(rows, terms, 1000)).toEqual([]);
  expect(nextDueMs(rows, terms, 1000)).toBe(1000 + 30 * DAY);
});

test('a rotation: the waiting key signs, the old one stays published for one access lifetime', () => {
  const start = tend([], 0);
  const [first, second] = [signingKey(start)?.kid, standbyKey(start)?.kid];
  expect(tend(start, 30 * DAY - 1)).toEqual(start);
  const after = tend(start, 30 * DAY);
  expect(signingKey(after)?.kid).toBe(second);
  expect(after.map(row => row.state)).toEqual(['retired', 'active', 'next']);
  const published = (now: number): string[] => publishedKeys(after, terms, now).map(row => row.kid);
  expect(published(30 * DAY + 299_999)).toContain(first);
  expect(published(30 * DAY + 300_000)).not.toContain(first);
  expect(nextDueMs(after, terms, 30 * DAY)).toBe(30 * DAY + 300_000);
  expect(tend(after, 30 * DAY + 300_000).map(row => row.state)).toEqual(['active', 'next']);
});

test('without a key that signs, the waiting one takes over at once', () => {
  const rows = tend([{ kid: 'n', state: 'next', createdAt: 5 }], 6);
  expect(signingKey(rows)).toMatchObject({ kid: 'n', activatedAt: 6 });
  expect(rotated([], 1)).toEqual([]);
});

/** Minutes, or weeks. */
const gap = fc.oneof(fc.integer({ min: 1, max: 400_000 }), fc.integer({ min: 1, max: 40 * DAY }));

test('at any times of tending and of rotating by hand: one signs, it was published long enough, and what it signed can be checked', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(gap, fc.boolean()), { minLength: 1, maxLength: 60 }), times => {
      let now = 0;
      let rows = tend([], now);
      const publishedSince = new Map(rows.map(row => [row.kid, now]));
      for (const [gapMs, isByHand] of times) {
        const before = signingKey(rows)?.kid as string;
        now += gapMs;
        const isYoung = now < 300_000 && rows.every(row => row.state !== 'retired');
        rows = tend(isByHand ? rotatedByHand(rows, terms, now) : rows, now);
        const signing = signingKey(rows) as RingKey;
        for (const row of publishedKeys(rows, terms, now))
          if (!publishedSince.has(row.kid)) publishedSince.set(row.kid, now);
        expect(rows.filter(row => row.state === 'active')).toHaveLength(1);
        expect(rows.filter(row => row.state === 'next')).toHaveLength(1);
        if (signing.kid === before) continue;
        if (isYoung) continue;
        expect(now - (publishedSince.get(signing.kid) as number)).toBeGreaterThanOrEqual(300_000);
        expect(publishedKeys(rows, terms, now).map(row => row.kid)).toContain(before);
      }
    }),
  );
});
