/** One theft, both sides active: is there a cycle in which both get answers and nobody is ever caught? */
import { FIRST, type Generations } from '#sessions/rotation';
import { GRACE, type Rule } from './rotation-machine.ts';

interface Theft {
  readonly now: number;
  readonly family: Generations;
  /** What each side holds. */
  readonly victim: number;
  readonly thief: number;
}

type Move = { readonly by: 'victim' | 'thief' | 'time'; readonly to: string };

/**
 * Both sides present what they hold whenever they like, but, unless `inStep`, not within twice the grace of a rotation.
 * @returns how many states there are, and whether a play can go on for ever with answers for both
 */
export function playsForEver(
  rule: Rule,
  inStep: boolean,
): { readonly states: number; readonly forEver: boolean } {
  const start: Theft = { now: 0, family: { ...FIRST, at: -99 }, victim: 0, thief: 0 };
  const moves = new Map<string, Move[]>();
  const todo = [start];
  while (todo.length > 0) {
    const theft = todo.pop() as Theft;
    const key = keyOf(theft);
    if (moves.has(key)) continue;
    const found = movesOf(rule, theft, inStep);
    moves.set(
      key,
      found.map(([by, reached]) => ({ by, to: keyOf(reached) })),
    );
    for (const [, reached] of found) if (!moves.has(keyOf(reached))) todo.push(reached);
  }
  return { states: moves.size, forEver: hasCycleOfBoth(moves) };
}

function movesOf(rule: Rule, theft: Theft, inStep: boolean): [Move['by'], Theft][] {
  const later = [1, 3 * GRACE].map((dt): [Move['by'], Theft] => ['time', { ...theft, now: theft.now + dt }]);
  if (!inStep && theft.now - theft.family.at <= 2 * GRACE) return later;
  const presented = (['victim', 'thief'] as const).flatMap((by): [Move['by'], Theft][] => {
    const { next, answer } = rule(theft.family, theft[by], theft.now);
    return answer === undefined ? [] : [[by, { ...theft, family: next, [by]: answer }]];
  });
  return [...presented, ...later];
}

function keyOf({ now, family, victim, thief }: Theft): string {
  const place = (g: number): string => {
    if (g === family.c) return 'current';
    if (g === family.p) return 'previous';
    return g > family.p ? 'orphan' : 'old';
  };
  const age = Math.min(3 * GRACE, now - family.at);
  return JSON.stringify([place(victim), place(thief), victim === thief, family.p === family.c, age]);
}

/** From after a move of the thief one can come to a move of the victim, and from there back. */
function hasCycleOfBoth(moves: ReadonlyMap<string, readonly Move[]>): boolean {
  const reach = new Map([...moves.keys()].map(key => [key, reachable(moves, key)]));
  for (const [from, found] of moves)
    for (const { by, to } of found) {
      if (by !== 'thief') continue;
      for (const between of reach.get(to) ?? [])
        for (const move of moves.get(between) ?? [])
          if (move.by === 'victim' && reach.get(move.to)?.has(from)) return true;
    }
  return false;
}

function reachable(moves: ReadonlyMap<string, readonly Move[]>, from: string): Set<string> {
  const seen = new Set([from]);
  for (const key of seen) for (const { to } of moves.get(key) ?? []) seen.add(to);
  return seen;
}
