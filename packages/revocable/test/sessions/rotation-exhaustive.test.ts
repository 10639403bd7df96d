/** Every order of events of a small world, over the real rule; and planted bugs that these searches must find. */
import { describe, expect, test } from 'vitest';
import type { Generations } from '#sessions/rotation';
import { GRACE, type HonestLimits, honestMachine, type Rule, realRule, search } from './rotation-machine.ts';
import { playsForEver } from './rotation-thief.ts';

const HONEST: readonly (readonly [string, HonestLimits])[] = [
  ['three requests at once', { tabs: 3 }],
  ['four requests at once', { tabs: 4 }],
  ['one tab that loses six replies', { tabs: 1, losses: 6 }],
  ['two requests at once and a failover that loses rotations', { tabs: 2, failovers: 1 }],
  ['one tab that loses three replies, and two failovers', { tabs: 1, losses: 3, failovers: 2 }],
];

describe('10: no honest user is logged out, in any order', () => {
  test.each(HONEST)('%s', (_, limits) => {
    const { states, trail } = search(honestMachine(realRule, limits));
    expect(trail).toBeUndefined();
    expect(states).toBeGreaterThan(100);
  });

  test('what it does not promise: two tabs at once that lose replies just when the grace ends', () => {
    expect(search(honestMachine(realRule, { tabs: 2, losses: 3 })).trail?.length).toBeGreaterThan(10);
  });
});

describe('9: a thief who does not keep in step is caught, whatever both do', () => {
  test('never within twice the grace of a rotation: no play goes on for ever', () => {
    const { states, forEver } = playsForEver(realRule, false);
    expect(forEver).toBe(false);
    expect(states).toBeGreaterThan(50);
  });

  test('what it does not promise: in step with the victim a thief is not told from a second tab', () => {
    expect(playsForEver(realRule, true).forEver).toBe(true);
  });
});

const dies = (family: Generations) => ({ next: family, answer: undefined });
const PLANTED: Readonly<Record<string, Rule>> = {
  'rotates at every use of the current token': (f, g, now) =>
    g === f.c ? { next: { p: g, c: g + 1, at: now }, answer: g + 1 } : realRule(f, g, now),
  'a twin gets a successor of its own': (f, g, now) =>
    g >= f.p && g < f.c && now - f.at <= GRACE
      ? { next: { ...f, c: f.c + 1 }, answer: f.c + 1 }
      : realRule(f, g, now),
  'a lost rotation counts as reuse': (f, g, now) => (g > f.c ? dies(f) : realRule(f, g, now)),
  'a late answer repeats the same successor': (f, g, now) =>
    g === f.p && g < f.c && now - f.at > GRACE ? { next: f, answer: f.c } : realRule(f, g, now),
  'an orphan is given a successor': (f, g, now) =>
    g > f.p && g < f.c && now - f.at > GRACE
      ? { next: { ...f, c: f.c + 1, at: now }, answer: f.c + 1 }
      : realRule(f, g, now),
  'the reuse is refused but kills nothing': (f, g, now) => {
    const { next, answer } = realRule(f, g, now);
    return { next, answer: answer ?? g };
  },
};

describe('planted bugs are found', () => {
  test.each(Object.entries(PLANTED))('%s', (_, planted) => {
    const kills = (limits: HonestLimits): boolean =>
      search(honestMachine(planted, limits)).trail !== undefined;
    expect(playsForEver(planted, false).forEver || HONEST.some(([, limits]) => kills(limits))).toBe(true);
  });
});
