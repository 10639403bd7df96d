import { describe, expect, test } from 'vitest';
import { FIRST, type Generations, type RotationPolicy, rotate } from '#sessions/rotation';

const GRACE = 30_000;
const at = (p: number, c: number, made: number): Generations => ({ p, c, at: made });
const use = (family: Generations, g: number, now: number, policy: RotationPolicy = 'recover') =>
  rotate(family, g, now, GRACE, policy);

describe('the table, row by row', () => {
  test('the first use after login rotates', () => {
    expect(use(FIRST, 0, 1_000_000)).toEqual({
      verdict: 'rotated',
      generation: 1,
      next: at(0, 1, 1_000_000),
    });
  });
  test('the current one within twice the grace: the same token again', () => {
    expect(use(at(0, 1, 1000), 1, 1000 + 2 * GRACE)).toEqual({
      verdict: 'same',
      generation: 1,
      next: at(0, 1, 1000),
    });
  });
  test('the current one, older: a successor', () => {
    expect(use(at(0, 1, 1000), 1, 1001 + 2 * GRACE)).toMatchObject({
      verdict: 'rotated',
      next: at(1, 2, 1001 + 2 * GRACE),
    });
  });
  test('p up to c within the grace: the current one, the window not extended', () => {
    expect(use(at(0, 1, 1000), 0, 1000 + GRACE)).toEqual({
      verdict: 'successor',
      generation: 1,
      next: at(0, 1, 1000),
    });
  });
  test('p later: a lost reply, a new successor', () => {
    expect(use(at(0, 1, 1000), 0, 1001 + GRACE)).toEqual({
      verdict: 'recovered',
      generation: 2,
      next: at(0, 2, 1001 + GRACE),
    });
  });
  test('above c: the store lost a rotation, the token proves it', () => {
    expect(use(at(0, 1, 1000), 4, 2000)).toEqual({ verdict: 'amnesia', generation: 4, next: at(3, 4, 2000) });
  });
  test('below p, and an orphan outside the grace: two holders', () => {
    expect(use(at(2, 3, 1000), 1, 1001).verdict).toBe('reused');
    expect(use(at(0, 2, 1000), 1, 1001 + GRACE).verdict).toBe('reused');
    expect(use(at(0, 2, 1000), 1, 1000 + GRACE).verdict).toBe('successor');
  });
});

describe('policies', () => {
  test('grace: no late recovery', () => {
    expect(use(at(0, 1, 1000), 0, 1000 + GRACE, 'grace').verdict).toBe('successor');
    expect(use(at(0, 1, 1000), 0, 1001 + GRACE, 'grace').verdict).toBe('reused');
  });
  test('strict: each token once', () => {
    expect(use(FIRST, 0, 1000, 'strict')).toMatchObject({ verdict: 'rotated', generation: 1 });
    expect(use(at(0, 1, 1000), 1, 1000, 'strict')).toMatchObject({ verdict: 'rotated', generation: 2 });
    expect(use(at(0, 1, 1000), 0, 1000, 'strict').verdict).toBe('reused');
  });
  test('none: the token stays the same', () => {
    expect(use(FIRST, 0, 1_000_000, 'none')).toEqual({ verdict: 'same', generation: 0, next: FIRST });
  });
});

test('9: the family is the same object when nothing changed, so nothing is written for a refusal', () => {
  const family = at(2, 3, 1000);
  expect(use(family, 1, 9000).next).toBe(family);
});

/** Every order of three requests of one honest jar: whatever is presented was given, and nobody is killed. */
test('10: no honest client is killed in any order of three requests within half a grace, with or without lost replies', () => {
  const gaps = [0, GRACE / 4, 2 * GRACE + 1, 10 * GRACE];
  let histories = 0;
  const play = (family: Generations, jar: number, flight: number[], now: number, depth: number): void => {
    histories++;
    if (depth === 0) return;
    for (const gap of gaps) {
      const later = now + gap;
      const answer = use(family, jar, later);
      expect(answer.verdict).not.toBe('reused');
      play(answer.next, answer.generation, flight, later, depth - 1);
      play(answer.next, jar, flight, later, depth - 1);
      const twin = use(answer.next, jar, later + GRACE / 2);
      expect(twin.verdict).not.toBe('reused');
      play(twin.next, twin.generation, flight, later + GRACE / 2, depth - 1);
    }
  };
  play(FIRST, 0, [], 1_000_000, 4);
  expect(histories).toBeGreaterThan(10_000);
});
