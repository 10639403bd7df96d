import fc from 'fast-check';
import { expect, test } from 'vitest';
import { INFINITE } from '#revocation/cutoff';
import { type CutEntry, covers, isSameState, mergeEntries } from '#revocation/entry';
import {
  finiteCut,
  healed,
  isLost,
  isOpen,
  isOutdated,
  issueStamp,
  type Ledger,
  raise,
  remembered,
  retainUntil,
  stepTime,
  takeover,
  vouched,
} from '#revocation/stamps';

const ledger: Ledger = {
  server: 'x',
  owner: 'x',
  isFirst: true,
  since: 0,
  floor: 0,
  top: 0,
  head: 0,
  tag: '',
};
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
  const one = raise(ledger, undefined, 't1', change);
  const begun = { owner: 'x', head: one.ledger.head };
  const two = raise(one.ledger, one.entry, 't2', change);
  expect(two.entry).toEqual({ ...one.entry, number: 2 });
  expect(isOutdated(begun, two.ledger, [one.entry])).toBe(false);
  expect(isOutdated(begun, two.ledger, [two.entry])).toBe(true);
});

test('22: a beginning under another owner is outdated', () => {
  expect(isOutdated({ owner: 'y', head: 9 }, ledger, [])).toBe(true);
});

test('19: after a takeover every stamp and cut lies above every one ever given', () => {
  const old: Ledger = { ...ledger, server: 'new', owner: 'old', floor: 5, top: 9_000, head: 3 };
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
  const before: CutEntry = { scope: 'g', number: 4, at: 10, expires: 900, a: 7, r: 8, s: 0, mac: 'x' };
  const { entry } = raise({ ...ledger, head: 4 }, before, 't', {
    scope: 'g',
    plane: 's',
    cut: 12,
    expires: 100,
    at: 12,
  });
  expect(entry).toEqual({ scope: 'g', number: 5, at: 12, expires: 900, a: 7, r: 8, s: 12, mac: '' });
});

test('a state that a revocation leaves as it was keeps its proof', () => {
  const before: CutEntry = {
    scope: 'k:1',
    number: 4,
    at: 10,
    expires: INFINITE,
    a: 0,
    r: 0,
    s: INFINITE,
    mac: 'x',
  };
  const again = { scope: 'k:1', plane: 's', cut: INFINITE, expires: INFINITE, at: 10 } as const;
  expect(raise({ ...ledger, head: 4 }, before, 't', again).entry).toEqual({ ...before, number: 5 });
});

test('a first start that nobody remembers is open; one that somebody remembers otherwise is closed until it is taken over', () => {
  expect(remembered(ledger, 'x')).toEqual(ledger);
  const lost = remembered(ledger, 'before');
  expect([isOpen(lost), isLost(lost)]).toEqual([false, true]);
  const open = takeover(lost, 12_000, 4_000, 'new');
  expect([isOpen(open), isLost(open), open.floor]).toEqual([true, false, 13_000]);
  expect(remembered(open, 'before')).toEqual(open);
});

const cut = fc.integer({ min: 0, max: 5 });
const entryOf = fc.record<CutEntry>({
  scope: fc.constant('u::ada'),
  number: cut,
  at: cut,
  expires: cut,
  a: cut,
  r: cut,
  s: cut,
  mac: fc.constantFrom('', 'p', 'q'),
});

/** What a MAC proves is never another state than the one that it came with. */
test('6, 23: merging entries is commutative, associative, idempotent, and makes up no proof', () => {
  const stateOf = ({ mac: _, ...state }: CutEntry): object => state;
  fc.assert(
    fc.property(entryOf, entryOf, entryOf, (x, y, z) => {
      expect(stateOf(mergeEntries(x, y))).toEqual(stateOf(mergeEntries(y, x)));
      expect(stateOf(mergeEntries(mergeEntries(x, y), z))).toEqual(
        stateOf(mergeEntries(x, mergeEntries(y, z))),
      );
      expect(mergeEntries(x, x)).toEqual(x);
      const merged = mergeEntries(x, y);
      expect(covers(merged, x) && covers(merged, y)).toBe(true);
      const { mac } = merged;
      if (mac !== '') expect([x, y].some(each => each.mac === mac && isSameState(each, merged))).toBe(true);
    }),
  );
});

test('healing writes what is news and nothing else; a proof of another state is passed over', () => {
  fc.assert(
    fc.property(entryOf, entryOf, (before, given) => {
      const after = healed(before, given) ?? before;
      expect(covers(after, before) && covers(after, given)).toBe(true);
      expect(healed(after, given)).toBeUndefined();
      const proof = vouched(before, given);
      if (!isSameState(before, given)) expect(proof).toBeUndefined();
      else if (proof !== undefined) expect(proof).toEqual({ ...before, mac: given.mac });
    }),
  );
});
