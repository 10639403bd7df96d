/** The rotation rule: a pure function of a family's generations, the one presented, and the time. */

/** `p`: the generation that made the current one; `c`: the current one; `at`: when it was made, ms (0: long past, at login). */
export interface Generations {
  readonly p: number;
  readonly c: number;
  readonly at: number;
}

/** `recover` is the whole rule; `grace` has no late recovery; `strict` has no grace either; `none` does not rotate. */
export type RotationPolicy = 'recover' | 'grace' | 'strict' | 'none';
export const ROTATION_POLICIES: readonly RotationPolicy[] = ['recover', 'grace', 'strict', 'none'];

export type Verdict = 'same' | 'rotated' | 'successor' | 'recovered' | 'amnesia' | 'reused';

export interface Rotation {
  readonly verdict: Verdict;
  /** The generation to answer with. */
  readonly generation: number;
  readonly next: Generations;
}

export const FIRST: Generations = Object.freeze({ p: 0, c: 0, at: 0 });

/**
 * What presenting generation `g` does to its family.
 * - `same`: the current one again within twice the grace: at most one rotation in that time
 * - `rotated`: the current one, older: a successor
 * - `successor`: a twin tab or a retry within the grace: the current one, unchanged
 * - `recovered`: a lost reply: a new successor; the one never seen is an orphan now
 * - `amnesia`: the store lost a rotation and the token proves it
 * - `reused`: older than `p`, or an orphan: two holders
 */
export function rotate(
  family: Generations,
  g: number,
  now: number,
  graceMs: number,
  policy: RotationPolicy,
): Rotation {
  const grace = policy === 'strict' ? 0 : graceMs;
  const age = now - family.at;
  if (g > family.c) return made('amnesia', { p: g - 1, c: g, at: now });
  if (policy === 'none' && g === family.c) return made('same', family);
  if (g === family.c)
    return age <= 2 * grace && grace > 0 ? made('same', family) : made('rotated', after(family, g, now));
  if (g >= family.p && age <= grace && grace > 0) return made('successor', family);
  if (g === family.p && policy === 'recover')
    return made('recovered', { ...family, c: family.c + 1, at: now });
  return { verdict: 'reused', generation: family.c, next: family };
}

const after = (family: Generations, g: number, now: number): Generations => ({
  p: g,
  c: family.c + 1,
  at: now,
});

const made = (verdict: Verdict, next: Generations): Rotation => ({ verdict, generation: next.c, next });
