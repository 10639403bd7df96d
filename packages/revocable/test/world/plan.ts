/** What happens in one run: settings, and a list of acts. Both are numbers drawn from the seed, so a run can be made smaller. */
import type { StalePolicy } from '#revocation/index';
import type { RotationPolicy } from '#sessions/index';
import { meetingPlan } from './meeting-plan.ts';
import type { Weather } from './network.ts';
import { PROFILES, type Profile } from './profiles.ts';
import { type Chance, createChance } from './random.ts';

export const ACTS = [
  ...['wait', 'login', 'refresh', 'check', 'revoke', 'change', 'settle', 'watch', 'burst', 'steal', 'thief'],
  ...['misuse', 'endOthers', 'cutKey', 'introspect', 'again', 'child', 'alone'],
  ...['join', 'restartVerifier', 'crashAuthority', 'halt', 'suspend', 'resume', 'stepClock', 'skewStore'],
  ...['part', 'hold', 'release', 'restartStore', 'age', 'failOver', 'demote', 'forge'],
  ...['mute', 'flip', 'handOver', 'leap', 'asleep', 'lostAnswer', 'forget', 'behind'],
] as const;
export type ActName = (typeof ACTS)[number];

/** One act, after a pause; what its numbers mean is the act's own affair. */
export interface Act {
  readonly name: ActName;
  readonly gapMs: number;
  readonly numbers: readonly number[];
}

export interface VerifierSettings {
  readonly whenStale: StalePolicy;
  readonly hold: 'access' | 'all';
  readonly toleranceS: number;
  /** How it follows the revocations. @default the store */
  readonly road?: 'store' | 'http';
}

export interface Settings {
  readonly authorities: number;
  readonly verifiers: readonly VerifierSettings[];
  readonly accessS: number;
  readonly refreshS: number;
  readonly idleS: number;
  readonly graceS: number;
  readonly policy: RotationPolicy;
  readonly maxStalenessMs: number;
  readonly weather: Weather;
  /** The store drops the `last` of users, as it may at any time. */
  readonly forgetsLast: boolean;
  /** Clocks of servers and authorities differ, within the bounds, and jump. */
  readonly jumpy: boolean;
  readonly cache: boolean;
  readonly realKeys: boolean;
  /** What a revocation covers is looked at when the last excuse of a verifier is over: stale by then, or it knows. */
  readonly looksAtTheEdge: boolean;
}

export interface Plan {
  readonly settings: Settings;
  readonly acts: readonly Act[];
}

/** How likely each act is; a run leaves some of the faults out, so that the others meet more often. */
const WEIGHTS: Readonly<Record<ActName, number>> = {
  wait: 4,
  login: 10,
  refresh: 14,
  check: 10,
  revoke: 12,
  change: 4,
  settle: 3,
  watch: 4,
  burst: 5,
  steal: 1,
  thief: 3,
  misuse: 2,
  endOthers: 1,
  cutKey: 0.5,
  introspect: 2,
  again: 2,
  child: 2,
  alone: 2,
  join: 1,
  restartVerifier: 2,
  crashAuthority: 3,
  halt: 2,
  suspend: 1,
  resume: 4,
  stepClock: 1,
  skewStore: 2,
  part: 2,
  hold: 2,
  release: 3,
  restartStore: 2,
  age: 0,
  failOver: 2,
  demote: 2,
  forge: 0,
  mute: 0,
  flip: 0,
  handOver: 0,
  leap: 0,
  asleep: 0,
  lostAnswer: 0,
  forget: 0,
  behind: 0,
};
const FAULTS: readonly ActName[] = [
  ...(['restartVerifier', 'crashAuthority', 'halt', 'suspend', 'stepClock', 'skewStore'] as const),
  ...(['part', 'hold', 'restartStore', 'failOver'] as const),
];

/** Every third seed has a profile: a few acts, at high rates, that must come close together to show anything. */
export const profileOf = (seed: number): Profile | undefined =>
  seed % 3 === 0 ? createChance(seed, 'profile').pick(PROFILES) : undefined;

/** Of each seed there is a long run, of some 700 events; in the mix most are short, of some 270. */
export type Length = 'mixed' | 'long';

export function planOf(seed: number, length: Length = 'mixed'): Plan {
  if (length === 'long') return longPlan(seed);
  return withRoads(seed, createChance(seed, 'length').happens(0.06) ? longPlan(seed) : shortPlan(seed));
}

function longPlan(seed: number): Plan {
  const profile = profileOf(seed);
  return profile === undefined ? generalPlan(seed) : profilePlan(seed, profile);
}

/** In every eighth run of the mix verifiers may follow over HTTP. */
function withRoads(seed: number, { settings, acts }: Plan): Plan {
  const chance = createChance(seed, 'roads');
  if (!chance.happens(1 / 8)) return { settings, acts };
  const verifiers = settings.verifiers.map(each => ({
    ...each,
    road: chance.pick(['http', 'store'] as const),
  }));
  return { settings: { ...settings, verifiers }, acts };
}

/** Few people, few acts, and one to three kinds of fault: what needs no more than that is met much more often. */
export function shortPlan(seed: number): Plan {
  const meeting = createChance(seed, 'meeting');
  if (meeting.happens(0.4)) return meetingPlan(meeting, settingsOf(meeting, seed));
  const profile = profileOf(seed);
  const { settings, acts } = profile === undefined ? fewFaults(seed) : profilePlan(seed, profile);
  const chance = createChance(seed, 'short plan');
  const some = { ...settings, verifiers: settings.verifiers.slice(0, chance.pick([1, 1, 2])) };
  const start = chance.pick([0, 20, 300]) + 8 * settings.weather.latencyMs;
  return {
    settings: { ...some, authorities: profile === undefined ? chance.pick([1, 1, 1, 2]) : some.authorities },
    acts: [
      { ...actOf(chance, ONLY_LOGIN, 1), gapMs: start },
      ...within(SHORT_MS, acts.slice(0, 5 + chance.below(9))),
    ],
  };
}

/** A short run's acts take no longer than this. */
const SHORT_MS = 6000;

function within(longestMs: number, acts: readonly Act[]): Act[] {
  let left = longestMs;
  return acts.filter(({ gapMs }) => {
    left -= gapMs;
    return left >= 0;
  });
}

const fewFaults = (seed: number): Plan => {
  const chance = createChance(seed, 'few faults');
  const weights = { ...WEIGHTS };
  const kinds = Array.from({ length: 1 + chance.below(3) }, () => chance.pick(FAULTS));
  for (const fault of FAULTS) weights[fault] = kinds.includes(fault) ? 3 * WEIGHTS[fault] : 0;
  const acts = Array.from({ length: 14 }, () => actOf(chance, weights, 1));
  return { settings: settingsOf(chance, seed), acts };
};

export function profilePlan(seed: number, { settings, weights, gaps, acts }: Profile): Plan {
  const chance = createChance(seed, 'plan');
  const all = { ...NOTHING, ...weights };
  const [least, most] = acts;
  return {
    settings: { ...settingsOf(chance, seed), looksAtTheEdge: true, ...settings(chance) },
    acts: Array.from({ length: least + chance.below(most - least) }, () => actOf(chance, all, 1, gaps)),
  };
}

const NOTHING = Object.fromEntries(ACTS.map(name => [name, 0])) as Record<ActName, number>;
const ONLY_LOGIN = { ...NOTHING, login: 1 };

export function generalPlan(seed: number): Plan {
  const chance = createChance(seed, 'plan');
  const settings = settingsOf(chance, seed);
  const weights = { ...WEIGHTS };
  const quiet = chance.pick([0.2, 0.5, 0.5, 0.8, 1]);
  for (const fault of FAULTS) if (chance.happens(quiet)) weights[fault] = 0;
  const stretch = chance.pick([1, 1, 1, 1, 1, 1, 1, 4, 4, 20]);
  if (stretch === 20) weights.age = 5;
  const count = 12 + chance.below(stretch === 20 ? 20 : 40);
  const acts = Array.from({ length: count }, () => actOf(chance, weights, stretch));
  return { settings, acts };
}

function settingsOf(chance: Chance, seed: number): Settings {
  const graceS = chance.pick([2, 4]);
  return {
    authorities: chance.pick([1, 1, 2]),
    verifiers: Array.from({ length: chance.pick([1, 2, 2, 3]) }, () => ({
      whenStale: chance.pick(['reject', 'reject', 'reject', 'allow'] as const),
      hold: chance.pick(['access', 'access', 'all'] as const),
      toleranceS: chance.pick([0, 0, 60]),
    })),
    accessS: chance.pick([10, 20, 60]),
    refreshS: chance.pick([60, 300]),
    idleS: chance.pick([30, 120]),
    graceS,
    policy: chance.pick(['recover', 'recover', 'recover', 'recover', 'grace', 'strict', 'none']),
    maxStalenessMs: chance.pick([3000, 5000, 8000]),
    weather: {
      latencyMs: chance.pick([0, 2, 10, 100]),
      loss: chance.pick([0, 0, 0.01, 0.05, 0.15]),
      slow: chance.pick([0, 0, 0.02, 0.1]),
      slowMs: chance.pick([1000, 5000, 20_000]),
    },
    forgetsLast: chance.happens(0.3),
    jumpy: chance.happens(0.3),
    cache: chance.happens(0.5),
    realKeys: seed % 50 === 49,
    looksAtTheEdge: false,
  };
}

const GAPS = [0, 0, 0, 0, 1, 3, 10, 20, 50, 100, 200, 300, 700, 3000];

function actOf(
  chance: Chance,
  weights: Readonly<Record<ActName, number>>,
  stretch: number,
  gaps: readonly number[] = GAPS,
): Act {
  const total = ACTS.reduce((sum, name) => sum + weights[name], 0);
  let left = (chance.below(1_000_000) / 1_000_000) * total;
  const name =
    ACTS.find(each => {
      left -= weights[each];
      return left < 0;
    }) ?? 'wait';
  const gapMs = chance.pick(gaps) * (chance.happens(0.3) ? stretch : 1);
  return { name, gapMs, numbers: Array.from({ length: 4 }, () => chance.below(1000)) };
}
