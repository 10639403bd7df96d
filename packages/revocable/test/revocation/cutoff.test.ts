import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Bearing,
  type Cuts,
  INFINITE,
  isCut,
  isStamp,
  merge,
  newestFinite,
  refusalOf,
} from '#revocation/cutoff';

const SCOPES = ['g', 'k:1', 't:acme', 'c:shop', 'u:acme:ada', 's:1', 'j:1'];
const cut = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9 }), fc.constant(INFINITE));
const cuts = fc.record({ a: cut, r: cut, s: cut });
const held = fc.array(fc.tuple(fc.constantFrom(...SCOPES), cuts), { maxLength: 8 });
const token = fc.record({
  kind: fc.constantFrom('access' as const, 'refresh' as const),
  modifiedAt: fc.integer({ min: 1, max: 9 }),
  refreshModifiedAt: fc.integer({ min: 1, max: 9 }),
  scopes: fc.constant(SCOPES),
});

const tableOf = (list: readonly (readonly [string, Cuts])[]): Map<string, Cuts> => {
  const table = new Map<string, Cuts>();
  for (const [scope, each] of list) table.set(scope, merge(table.get(scope) ?? { a: 0, r: 0, s: 0 }, each));
  return table;
};
const refusal = (bearing: Bearing, list: readonly (readonly [string, Cuts])[]) => {
  const table = tableOf(list);
  return refusalOf(bearing, scope => table.get(scope));
};

test('6: merge is commutative, associative and idempotent', () => {
  fc.assert(
    fc.property(cuts, cuts, cuts, (x, y, z) => {
      expect(merge(x, y)).toEqual(merge(y, x));
      expect(merge(merge(x, y), z)).toEqual(merge(x, merge(y, z)));
      expect(merge(x, x)).toEqual(x);
    }),
  );
});

test('12: valid(token, cuts) = AND over single cuts, in any order and duplication', () => {
  fc.assert(
    fc.property(token, held, (bearing, list) => {
      const each = list.every(one => refusal(bearing, [one]) === undefined);
      expect(refusal(bearing, list) === undefined).toBe(each);
      expect(refusal(bearing, [...list, ...list].reverse())?.action).toBe(refusal(bearing, list)?.action);
    }),
    { numRuns: 2000 },
  );
});

test('12: adding a cut never makes a token valid, nor a login into a refresh', () => {
  fc.assert(
    fc.property(token, held, held, (bearing, list, more) => {
      const before = refusal(bearing, list);
      const after = refusal(bearing, [...list, ...more]);
      if (before !== undefined) expect(after).toBeDefined();
      if (before?.action === 'login') expect(after?.action).toBe('login');
    }),
    { numRuns: 2000 },
  );
});

test('4: planes are independent: a touches access tokens alone, r refresh tokens alone, s both by the login stamp', () => {
  const at = (kind: 'access' | 'refresh', modifiedAt: number, refreshModifiedAt: number) => ({
    kind,
    modifiedAt,
    refreshModifiedAt,
    scopes: ['g'],
  });
  const a: [string, Cuts][] = [['g', { a: 5, r: 0, s: 0 }]];
  const r: [string, Cuts][] = [['g', { a: 0, r: 5, s: 0 }]];
  const s: [string, Cuts][] = [['g', { a: 0, r: 0, s: 5 }]];
  expect(refusal(at('access', 4, 4), a)).toEqual({ scope: 'g', plane: 'a', action: 'refresh' });
  expect(refusal(at('refresh', 4, 4), a)).toBeUndefined();
  expect(refusal(at('access', 4, 4), r)).toBeUndefined();
  expect(refusal(at('refresh', 9, 4), r)).toEqual({ scope: 'g', plane: 'r', action: 'login' });
  expect(refusal(at('access', 9, 4), s)).toEqual({ scope: 'g', plane: 's', action: 'login' });
  expect(refusal(at('refresh', 9, 4), s)).toEqual({ scope: 'g', plane: 's', action: 'login' });
  for (const list of [a, r, s])
    for (const kind of ['access', 'refresh'] as const) expect(refusal(at(kind, 5, 5), list)).toBeUndefined();
});

test('a key or one token that is cut off leaves the session to refresh; a session does not', () => {
  const bearing = { kind: 'access' as const, modifiedAt: 5, refreshModifiedAt: 5, scopes: SCOPES };
  expect(refusal(bearing, [['k:1', { a: 0, r: 0, s: INFINITE }]])?.action).toBe('refresh');
  expect(refusal(bearing, [['j:1', { a: INFINITE, r: 0, s: 0 }]])?.action).toBe('refresh');
  expect(refusal(bearing, [['s:1', { a: 0, r: 0, s: INFINITE }]])?.action).toBe('login');
});

test('infinity counts in no newest finite cut', () => {
  expect(
    newestFinite([
      { a: 3, r: 9, s: INFINITE },
      { a: INFINITE, r: 0, s: 7 },
    ]),
  ).toBe(9);
  expect(newestFinite([{ a: 3, r: 9, s: INFINITE }], ['a', 's'])).toBe(3);
  expect(newestFinite([])).toBe(0);
});

test('stamps and cuts are whole, positive and below 2^53 - 1; a cut may be 0 or that', () => {
  for (const bad of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 53, '5', null, undefined, 5n])
    expect(isStamp(bad)).toBe(false);
  for (const good of [1, 1_700_000_000_000, INFINITE - 1]) expect(isStamp(good)).toBe(true);
  expect(isStamp(INFINITE)).toBe(false);
  expect([0, INFINITE, 5].every(isCut)).toBe(true);
  expect([-1, 2 ** 53, null].some(isCut)).toBe(false);
});
