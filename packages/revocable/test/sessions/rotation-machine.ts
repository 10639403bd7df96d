/** Small machines over the real rotation rule, and a search through all their states: shortest counterexample first. */
import { FIRST, type Generations, rotate } from '#sessions/rotation';

/** In ticks. The rule knows no unit. */
export const GRACE = 4;

/** The rule as the machines use it: an answer, or undefined where the family dies. */
export type Rule = (
  family: Generations,
  g: number,
  now: number,
) => { readonly next: Generations; readonly answer: number | undefined };

export const realRule: Rule = (family, g, now) => {
  const { verdict, next, generation } = rotate(family, g, now, GRACE, 'recover');
  return { next, answer: verdict === 'reused' ? undefined : generation };
};

type Step<State> = readonly [label: string, state: State];

export interface Machine<State> {
  readonly start: State;
  next(state: State): Step<State>[];
  /** Equal states have equal keys. */
  key(state: State): string;
  isBad(state: State): boolean;
}

/** Machines are small; one that grows beyond this has a key that tells equal states apart. */
const MOST = 100_000;

/** The steps to the nearest bad state; undefined when none can be reached. */
export function search<State>(machine: Machine<State>): {
  readonly states: number;
  readonly trail: string[] | undefined;
} {
  const seen = new Map<string, readonly [from: string, label: string] | undefined>();
  const startKey = machine.key(machine.start);
  seen.set(startKey, undefined);
  let layer: Step<State>[] = [[startKey, machine.start]];
  while (layer.length > 0) {
    if (seen.size > MOST) throw new Error(`more than ${MOST} states: the machine has no end`);
    const after: Step<State>[] = [];
    for (const [from, state] of layer)
      for (const [label, reached] of machine.next(state)) {
        if (machine.isBad(reached)) return { states: seen.size, trail: [...trailTo(seen, from), label] };
        const key = machine.key(reached);
        if (seen.has(key)) continue;
        seen.set(key, [from, label]);
        after.push([key, reached]);
      }
    layer = after;
  }
  return { states: seen.size, trail: undefined };
}

function trailTo(seen: Map<string, readonly [string, string] | undefined>, key: string): string[] {
  const trail: string[] = [];
  for (let step = seen.get(key); step !== undefined; step = seen.get(step[0])) trail.unshift(step[1]);
  return trail;
}

interface Flight {
  readonly kind: 'request' | 'reply';
  readonly g: number;
  readonly since: number;
}

/** An honest browser: tabs with one jar, requests and replies on their way, a backup that a failover may bring back. */
export interface Honest {
  readonly now: number;
  readonly family: Generations;
  readonly backup: Generations | undefined;
  readonly jar: number;
  readonly flights: readonly Flight[];
  readonly lost: number;
  readonly failovers: number;
  readonly killed: boolean;
}

export interface HonestLimits {
  readonly tabs: number;
  readonly losses?: number;
  readonly failovers?: number;
}

/** How long a leg takes at most. */
const LEG = 1;
/** Rotations that a failover loses at most: a backup that lags further has taken a newer copy. */
const MOST_LOST = 3;

export function honestMachine(
  rule: Rule,
  { tabs, losses = 0, failovers = 0 }: HonestLimits,
): Machine<Honest> {
  const start = { now: 0, family: { ...FIRST, at: -99 }, backup: undefined, jar: 0, flights: [] };
  return {
    start: { ...start, lost: 0, failovers: 0, killed: false },
    isBad: state => state.killed,
    key: keyOf,
    next: state => [
      ...(state.flights.length < tabs ? [send(state)] : []),
      ...state.flights.flatMap((flight, i) =>
        flight.kind === 'request'
          ? [arrive(rule, state, i)]
          : [receive(state, i), ...(state.lost < losses ? [lose(state, i)] : [])],
      ),
      ...pass(state),
      ...fail(state, failovers),
    ],
  };
}

const without = (state: Honest, i: number): Flight[] => state.flights.filter((_, each) => each !== i);

const send = (state: Honest): Step<Honest> => [
  `${state.now}: a tab sends ${state.jar}`,
  { ...state, flights: [...state.flights, { kind: 'request', g: state.jar, since: state.now }] },
];

/** A reply with the token that was presented sets no cookie. */
function arrive(rule: Rule, state: Honest, i: number): Step<Honest> {
  const { g } = state.flights[i] as Flight;
  const { next, answer } = rule(state.family, g, state.now);
  const reply: Flight[] =
    answer === undefined || answer === g ? [] : [{ kind: 'reply', g: answer, since: state.now }];
  const flights = [...without(state, i), ...reply];
  const isFar = state.backup !== undefined && next.c - state.backup.c > MOST_LOST;
  const backup = isFar ? undefined : state.backup;
  return [
    `${state.now}: the server gets ${g}, answers ${answer}`,
    { ...state, family: next, backup, flights, killed: answer === undefined },
  ];
}

function receive(state: Honest, i: number): Step<Honest> {
  const { g } = state.flights[i] as Flight;
  return [`${state.now}: the reply ${g} arrives`, { ...state, jar: g, flights: without(state, i) }];
}

function lose(state: Honest, i: number): Step<Honest> {
  const { g } = state.flights[i] as Flight;
  return [
    `${state.now}: the reply ${g} is lost`,
    { ...state, lost: state.lost + 1, flights: without(state, i) },
  ];
}

function pass(state: Honest): Step<Honest>[] {
  if (state.flights.some(({ since }) => state.now - since >= LEG)) return [];
  const tick: Step<Honest> = [`${state.now}: a tick`, { ...state, now: state.now + 1 }];
  const later = state.now + 3 * GRACE;
  return state.flights.length > 0 ? [tick] : [tick, [`${state.now}: a long time`, { ...state, now: later }]];
}

function fail(state: Honest, most: number): Step<Honest>[] {
  if (state.failovers >= most) return [];
  const { backup, family } = state;
  if (backup === undefined) return [['the backup takes a copy', { ...state, backup: family }]];
  const failovers = state.failovers + 1;
  return [['rotations since the copy are lost', { ...state, family: backup, backup: undefined, failovers }]];
}

/** Generations and times matter only as they lie to each other. */
function keyOf({ family, backup, jar, flights, now, lost, failovers }: Honest): string {
  const base = Math.min(family.p, jar, backup?.p ?? jar, ...flights.map(({ g }) => g));
  const shift = (each: Generations): number[] => [
    each.p - base,
    each.c - base,
    Math.max(each.at - now, -2 * GRACE - 1),
  ];
  const onTheirWay = flights.map(({ kind, g, since }) => `${kind}${g - base}/${now - since}`).sort();
  return JSON.stringify([shift(family), backup && shift(backup), jar - base, onTheirWay, lost, failovers]);
}
