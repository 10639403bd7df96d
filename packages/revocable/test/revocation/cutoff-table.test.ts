/** The compact table beside a Map that does the same the long way. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Random } from '#random';
import { type Bearing, type Cuts, INFINITE, merge, PLANES, refusalOf } from '#revocation/cutoff';
import { bytesOf, createShard, forget, gather, raise, type Shard } from '#revocation/cutoff-shard';
import { type Arrival, type CutoffTable, createCutoffTable } from '#revocation/cutoff-table';
import { namesIn, userScope } from '#revocation/scope';
import { createScopeHasher } from '#revocation/scope-hash';
import { isClear, type Standing, scopesOf } from '#revocation/standing';

const seeded: Random = { bytes: count => new Uint8Array(count).fill(7) };
const nothing = { a: 0, r: 0, s: 0 };
const name = fc.string({
  unit: fc.constantFrom('a', 'b', ':', '%', 'é', '€', '😀'),
  minLength: 1,
  maxLength: 5,
});
const scope = fc.oneof(
  fc.constant('g'),
  fc
    .tuple(fc.constantFrom('k', 't', 'c', 's', 'j'), name)
    .map(([kind, id]) => `${kind}:${id.replaceAll('%', '%25').replaceAll(':', '%3A')}`),
  fc.tuple(fc.oneof(fc.constant(''), name), name).map(([tenant, subject]) => userScope(tenant, subject)),
);
const cut = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }) },
  fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 53 - 2, INFINITE),
);
const seconds = fc.integer({ min: 0, max: 9 }).map(n => n * 1000);
const arrival = fc.record({
  scope,
  a: cut,
  r: cut,
  s: cut,
  arrived: seconds,
  end: fc.oneof(seconds, fc.constant(INFINITE)),
});
const command = fc.oneof(
  { weight: 8, arbitrary: arrival.map(put => ({ put })) },
  fc.tuple(seconds, seconds).map(forget => ({ forget })),
);

interface Row {
  cut: number;
  arrived: number;
  end: number;
}

/** A row for each scope and plane; keys stay for ever. */
function createModel() {
  const rows = new Map<string, Row>();
  return {
    rows,
    put(one: Arrival): boolean {
      let hasRisen = false;
      for (const plane of PLANES) {
        if (one[plane] === 0) continue;
        const key = `${plane} ${one.scope}`;
        const before = rows.get(key) ?? { cut: 0, arrived: 0, end: -1 };
        const after = { cut: Math.max(before.cut, one[plane]), end: Math.max(before.end, one.end) };
        const isNews = after.cut > before.cut || after.end > before.end;
        rows.set(key, { ...after, arrived: isNews ? one.arrived : before.arrived });
        hasRisen ||= after.cut > before.cut;
      }
      return hasRisen;
    },
    forget(arrivedBefore: number, endedBefore: number): number {
      let forgotten = 0;
      for (const [key, row] of rows) {
        if (key[2] === 'k' || row.end === INFINITE || row.arrived > arrivedBefore || row.end > endedBefore)
          continue;
        rows.delete(key);
        forgotten += 1;
      }
      return forgotten;
    },
    get(of: string): Cuts | undefined {
      const cuts = { ...nothing };
      for (const plane of PLANES) cuts[plane] = rows.get(`${plane} ${of}`)?.cut ?? 0;
      return PLANES.some(plane => cuts[plane] > 0) ? cuts : undefined;
    },
  };
}

/** Seconds are counted from the first arrival: here from 0. */
const tableFrom0 = (): CutoffTable => {
  const table = createCutoffTable(seeded);
  table.put({ scope: 'j:first', ...nothing, a: 1, arrived: 0, end: INFINITE });
  return table;
};

describe('5, 6, 12, 29: the table holds what a Map holds', () => {
  test('in every order of arrivals and clearings', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), commands => {
        const table = tableFrom0();
        const model = createModel();
        const scopes = new Set(['g']);
        for (const one of commands) {
          if ('put' in one) {
            scopes.add(one.put.scope);
            expect(table.put(one.put)).toBe(model.put(one.put));
          } else expect(table.forget(...one.forget)).toBe(model.forget(...one.forget));
          for (const of of scopes) expect(table.get(of)).toEqual(model.get(of));
          expect(table.size).toBe(model.rows.size + 1);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('at sizes where shards grow, are cleared and shrink', () => {
    const table = createCutoffTable(seeded);
    const model = createModel();
    const of = (i: number): string => (i % 3 === 0 ? `s:${i}` : i % 3 === 1 ? `j:${i}` : `u:t${i % 7}:${i}`);
    for (let i = 0; i < 60_000; i++) {
      const one = {
        scope: of(i % 40_000),
        ...nothing,
        [PLANES[i % 3] as 'a']: i + 1,
        arrived: i,
        end: (i % 5) * 1000,
      };
      expect(table.put(one)).toBe(model.put(one));
    }
    const agree = (): void => {
      for (let i = 0; i < 41_000; i++) expect(table.get(of(i))).toEqual(model.get(of(i)));
      expect(table.size).toBe(model.rows.size);
    };
    agree();
    const full = table.bytes;
    // Clearing goes by whole seconds, and never before its time.
    expect(table.forget(29_000, 2000)).toBeGreaterThan(0);
    for (let i = 0; i < 60_000; i++)
      if (i > 30_000 || i % 5 > 2) expect(table.get(of(i % 40_000))).toBeDefined();
    expect(table.forget(100_000, 100_000)).toBeGreaterThan(0);
    expect([table.size, table.bytes]).toEqual([0, 0]);
    expect(full).toBeGreaterThan(0);
  });
});

const standing: fc.Arbitrary<Standing> = fc.record({
  kind: fc.constantFrom('access' as const, 'refresh' as const),
  modifiedAt: fc.integer({ min: 1, max: 9 }),
  refreshModifiedAt: fc.integer({ min: 1, max: 9 }),
  kid: fc.constantFrom('a', undefined),
  thumbprint: fc.constantFrom('b', undefined),
  tenant: fc.constantFrom('a', ':%', undefined),
  subject: fc.constantFrom('a', 'é€😀', undefined),
  client: fc.constantFrom('a', undefined),
  session: fc.constantFrom('a', undefined),
  token: fc.constantFrom('a', undefined),
});
const applying = fc.array(
  fc.record({
    scope: fc.constantFrom(
      'g',
      'k:a',
      'k:b',
      't:a',
      't:%3A%25',
      'c:a',
      'u::a',
      'u:a:a',
      'u:%3A%25:é€😀',
      's:a',
      'j:a',
    ),
    a: cut,
    r: cut,
    s: cut,
    arrived: fc.constant(0),
    end: fc.constant(0),
  }),
  { maxLength: 5 },
);

test('1, 4, 12: the quick check says what the rule says of every scope one by one', () => {
  fc.assert(
    fc.property(standing, applying, (token, arrivals) => {
      const table = createCutoffTable(seeded);
      const cuts = new Map<string, Cuts>();
      for (const one of arrivals) {
        table.put(one);
        cuts.set(one.scope, merge(cuts.get(one.scope) ?? nothing, one));
      }
      const bearing: Bearing = { ...token, scopes: scopesOf(token) };
      expect(isClear(token, table)).toBe(refusalOf(bearing, of => cuts.get(of)) === undefined);
    }),
    { numRuns: 2000 },
  );
});

test('1: an infinite cut refuses, and makes no other look necessary', () => {
  const table = createCutoffTable(seeded);
  const token = { kind: 'access' as const, modifiedAt: 50, refreshModifiedAt: 50 };
  for (const of of ['s:x', 'j:x', 'k:x'])
    table.put({ scope: of, ...nothing, s: INFINITE, arrived: 0, end: 0 });
  expect(table.reachesWide(token)).toBe(false);
  table.put({ scope: 'u::x', a: 40, r: 60, s: 50, arrived: 0, end: 0 });
  expect(table.reachesWide(token)).toBe(false);
  expect(table.reachesWide({ ...token, kind: 'refresh' })).toBe(true);
  table.put({ scope: 't:x', ...nothing, s: INFINITE, arrived: 0, end: 0 });
  expect(table.reachesWide(token)).toBe(true);
});

describe('a shard', () => {
  const raised = (shard: Shard, high: number, low: number, end = 0): boolean =>
    raise(shard, new Uint32Array([low, high]), { plane: 's', cut: 5, arrived: 0, end });
  const found = (shard: Shard, high: number, low: number): boolean =>
    gather(shard, new Uint32Array([low, high]), { ...nothing });

  test('3: compares all 64 bits of a hash', () => {
    const shard = createShard();
    raised(shard, 7, 9);
    expect([found(shard, 7, 9), found(shard, 7, 8), found(shard, 8, 9)]).toEqual([true, false, false]);
  });

  test('5: keeps whatever is behind a slot that is cleared, at both ends and when all hashes are alike', () => {
    const top = 2 ** 32 - 1;
    for (const high of [0, 1, 2 ** 31, top]) {
      const shard = createShard();
      for (let low = 0; low < 200; low++) raised(shard, high, low, low % 2 === 0 ? 0 : 100);
      expect(forget(shard, 0, 50)).toBe(100);
      for (let low = 0; low < 200; low++) expect(found(shard, high, low)).toBe(low % 2 === 1);
      expect(forget(shard, 0, 100)).toBe(100);
      expect(bytesOf(shard)).toBe(0);
      expect(found(shard, high, 1)).toBe(false);
    }
  });
});

describe('the hash of a scope', () => {
  const hash = (seed: number, kind: string, first: string, second = ''): string => {
    const into = new Uint32Array(2);
    createScopeHasher(new Uint8Array(8).fill(seed))(kind, first, second, into);
    return into.join();
  };

  test('24: tells names apart by every code unit, by length and by where one ends', () => {
    const alike = [
      '',
      '\0',
      '\0\0',
      'a',
      'a\0',
      'ab',
      'ba',
      'abcd',
      'abcde',
      'a€',
      '€a',
      'abcd€',
      '\ud83d\ude00',
      'a'.repeat(3000),
    ];
    const all = [
      ...alike.map(one => hash(1, 's', one)),
      ...alike.slice(1).map(one => hash(1, 'u', 'x', one)),
    ];
    all.push(hash(1, 'j', 'a'), hash(1, 'u', 'a', 'bc'), hash(1, 'u', 'ab', 'c'));
    expect(new Set(all).size).toBe(all.length);
  });

  test('3: is another one for each of 300,000 names', () => {
    const hasher = createScopeHasher(new Uint8Array(8).fill(1));
    const into = new Uint32Array(2);
    const seen = new Set<bigint>();
    for (let i = 0; i < 300_000; i++) {
      hasher('u', '', `user-${i}`, into);
      seen.add((BigInt(into[0] as number) << 32n) | BigInt(into[1] as number));
    }
    expect(seen.size).toBe(300_000);
  });

  test('depends on the seed, so names that collide here collide nowhere else', () => {
    expect(hash(1, 's', 'abc')).not.toBe(hash(2, 's', 'abc'));
    expect(hash(1, 's', 'abc')).toBe(hash(1, 's', 'abc'));
  });

  test('24: names come back from scopes as they were written', () => {
    expect([namesIn('g'), namesIn('s:a:b'), namesIn('u:a%3A:b:c'), namesIn('u::x')]).toEqual([
      ['', ''],
      ['a:b', ''],
      ['a%3A', 'b:c'],
      ['', 'x'],
    ]);
  });
});

test('17: an entry takes few bytes at every size; npm run bench:revocation measures a million', () => {
  for (const count of [100_000, 150_000, 200_000]) {
    const table = createCutoffTable(seeded);
    for (let i = 0; i < count; i++)
      table.put({ scope: `s:${i}`, ...nothing, s: INFINITE, arrived: 0, end: 0 });
    expect(table.bytes / count).toBeLessThan(40);
    expect(table.get('s:99999')).toEqual({ a: 0, r: 0, s: INFINITE });
  }
});
