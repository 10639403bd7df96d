import fc from 'fast-check';
import { expect, test } from 'vitest';
import { INFINITE } from '#revocation/cutoff';
import type { CutEntry } from '#revocation/entry';
import {
  finiteCut,
  isOutdated,
  issueStamp,
  type Ledger,
  raise,
  retainUntil,
  stepTime,
  takeover,
} from '#revocation/stamps';

const ledger: Ledger = { server: 'x', owner: 'x', floor: 0, top: 0, head: 0 };
const lives = { accessMs: 300_000, refreshMs: 2_592_000_000, leewayMs: 65_000 };

/** One user, one everyone: the rules applied to a random sequence of steps; the clock may stand still. */
test('1 and 3: every stamp before a cut lies below it, every stamp after it does not, in the same millisecond too', () => {
  const step = fc.record({
    what: fc.constantFrom('issue', 'user', 'everyone', 'forget'),
    tick: fc.integer({ min: 0, max: 1 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      let now = 1000;
      let book = ledger;
      let last: number | undefined;
      const cuts = { user: 0, everyone: 0 };
      const given: number[] = [];
      for (const { what, tick } of steps) {
        now += tick;
        if (what === 'issue') {
          const applying = [cuts.user, cuts.everyone].map(s => ({ a: 0, r: 0, s }));
          const issued = issueStamp(book, last, applying, stepTime(book, { store: now, caller: now }));
          last = issued.last;
          book = issued.ledger;
          given.push(issued.stamp);
          expect(issued.stamp).toBeGreaterThanOrEqual(Math.max(cuts.user, cuts.everyone));
        } else if (what === 'forget') last = undefined;
        else {
          const key = what as 'user' | 'everyone';
          cuts[key] = finiteCut(book, key === 'user' ? last : undefined, cuts[key], now);
          for (const stamp of given) expect(stamp).toBeLessThan(cuts[key]);
          given.length = 0;
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('27: revoking twice with nothing issued between moves nothing within the millisecond', () => {
  const first = finiteCut(ledger, 1000, 0, 1000);
  expect(first).toBe(1001);
  expect(finiteCut(ledger, 1000, first, 1000)).toBe(first);
});

test('a revocation that moves nothing is younger all the same: who began before it begins again', () => {
  const change = { scope: 'u::ada', plane: 's' as const, cut: 1001, expires: 5000, at: 1000 };
  const one = raise(ledger, undefined, change);
  const begun = { owner: 'x', head: one.ledger.head };
  const two = raise(one.ledger, one.entry, change);
  expect(two.entry).toEqual({ ...one.entry, number: 2 });
  expect(isOutdated(begun, two.ledger, [one.entry])).toBe(false);
  expect(isOutdated(begun, two.ledger, [two.entry])).toBe(true);
});

test('22: a beginning under another owner is outdated', () => {
  expect(isOutdated({ owner: 'y', head: 9 }, ledger, [])).toBe(true);
});

test('19: after a takeover every stamp and cut lies above every one ever given', () => {
  const old: Ledger = { server: 'new', owner: 'old', floor: 5, top: 9_000, head: 3 };
  const taken = takeover(old, 12_000, 4_000);
  expect(taken).toMatchObject({ owner: 'new', floor: 13_000, top: 13_000, head: 3 });
  expect(stepTime(taken, { store: 4_000, caller: 4_000 })).toBe(13_000);
  expect(takeover({ ...old, top: 0 }, 0, 4_000).floor).toBe(9_000);
});

test('a step happens at the earlier of both clocks, never below the floor', () => {
  expect(stepTime(ledger, { store: 10, caller: 7 })).toBe(7);
  expect(stepTime({ ...ledger, floor: 20 }, { store: 10, caller: 7 })).toBe(20);
});

test('29: a cut outlives the longest life it concerns by the leeway; a key is never forgotten', () => {
  expect(retainUntil('u::ada', 'a', 1000, lives)).toBe(1000 + 300_000 + 65_000);
  expect(retainUntil('u::ada', 'r', 1000, lives)).toBe(1000 + 2_592_000_000 + 65_000);
  expect(retainUntil('s:1', 's', 1000, lives)).toBe(1000 + 2_592_000_000 + 65_000);
  expect(retainUntil('j:1', 'a', 1000, lives, 9000)).toBe(9000 + 65_000);
  expect(retainUntil('k:1', 's', 1000, lives)).toBe(INFINITE);
});

test('raising one plane keeps the others, and expiry only grows', () => {
  const before: CutEntry = { scope: 'g', number: 4, at: 10, expires: 900, a: 7, r: 8, s: 0 };
  const { entry } = raise({ ...ledger, head: 4 }, before, {
    scope: 'g',
    plane: 's',
    cut: 12,
    expires: 100,
    at: 12,
  });
  expect(entry).toEqual({ scope: 'g', number: 5, at: 12, expires: 900, a: 7, r: 8, s: 12 });
});
