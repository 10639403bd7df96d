/** Profiles: runs with few kinds of act at high rates, for what only shows when they come close together. */
import type { ActName, Settings } from './plan.ts';
import type { Chance } from './random.ts';

export interface Profile {
  readonly name: string;
  readonly settings: (chance: Chance) => Partial<Settings>;
  readonly weights: Readonly<Partial<Record<ActName, number>>>;
  /** Between acts, milliseconds. */
  readonly gaps: readonly number[];
  /** How many acts, at least and at most. */
  readonly acts: readonly [least: number, most: number];
}

const CALM = { latencyMs: 2, loss: 0, slow: 0, slowMs: 1000 };
const reject = (hold: 'access' | 'all', toleranceS = 0) => ({
  whenStale: 'reject' as const,
  hold,
  toleranceS,
});

export const PROFILES: readonly Profile[] = [
  {
    // Clocks at the very bound, jumping from one end of it to the other.
    name: 'bounds',
    settings: () => ({
      weather: CALM,
      forgetsLast: true,
      jumpy: true,
      accessS: 60,
      refreshS: 300,
      idleS: 120,
    }),
    weights: {
      flip: 8,
      login: 6,
      burst: 6,
      revoke: 6,
      refresh: 4,
      handOver: 3,
      forget: 4,
      check: 4,
      again: 1,
    },
    gaps: [0, 1, 3, 10, 50, 300],
    acts: [12, 30],
  },
  {
    // Probes pass, the stream does not; answers come at the end of patience; processes stop.
    name: 'edge',
    settings: chance => ({
      weather: { latencyMs: 10, loss: 0.005, slow: 0.15, slowMs: 2400 },
      verifiers: [reject('access'), reject(chance.pick(['access', 'all']))],
      maxStalenessMs: 3000,
      accessS: 60,
      refreshS: 300,
      idleS: 120,
    }),
    weights: {
      login: 8,
      refresh: 4,
      revoke: 8,
      behind: 5,
      mute: 2,
      release: 5,
      asleep: 4,
      forge: 2,
      watch: 4,
      settle: 3,
      check: 3,
    },
    gaps: [0, 10, 100, 700, 1500, 2500],
    acts: [10, 22],
  },
  {
    // Short lives, the largest tolerance, and what is past its end is cleared away.
    name: 'ends',
    settings: chance => ({
      weather: CALM,
      verifiers: [reject('access', 60), reject('all', 60)],
      accessS: 10,
      refreshS: chance.pick([12, 60]),
      idleS: chance.pick([12, 60]),
      maxStalenessMs: 8000,
    }),
    weights: { login: 8, alone: 2, revoke: 8, refresh: 4, age: 6, check: 6, restartVerifier: 2, wait: 4 },
    gaps: [10, 100, 1000, 5000, 15_000],
    acts: [8, 18],
  },
  {
    // The clock of the store, or that of one authority, goes an hour ahead and comes back.
    name: 'leap',
    settings: chance => ({
      weather: CALM,
      authorities: 2,
      verifiers: [reject('all', 60)],
      accessS: 60,
      refreshS: chance.pick([60, 300]),
      idleS: 120,
      maxStalenessMs: 8000,
    }),
    weights: { login: 8, refresh: 8, revoke: 8, leap: 4, check: 6, forge: 2, wait: 2 },
    gaps: [10, 100, 1000, 3000],
    acts: [8, 18],
  },
  {
    // Answers that the browser never saw, and somebody else did.
    name: 'loot',
    settings: () => ({ weather: CALM, policy: 'recover', graceS: 2, accessS: 10, refreshS: 300, idleS: 120 }),
    weights: { login: 5, refresh: 5, lostAnswer: 8, thief: 8, steal: 2, wait: 3, revoke: 0.5 },
    gaps: [10, 300, 1000, 3000, 5000],
    acts: [10, 24],
  },
  {
    // So long that most of what was held must have been let go of.
    name: 'full',
    settings: () => ({
      weather: CALM,
      verifiers: [reject('access'), reject('access', 60), reject('all')],
      accessS: 10,
      refreshS: 300,
      idleS: 120,
      maxStalenessMs: 8000,
    }),
    weights: { login: 6, alone: 2, revoke: 10, refresh: 3, wait: 2, check: 1, cutKey: 0.3 },
    gaps: [100, 1000, 5000, 20_000],
    acts: [16, 28],
  },
];
