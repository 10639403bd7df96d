/** Short runs that are made for one kind of fault and one end of a step to meet: what chance alone brings together too seldom. */
import type { Fault } from './coverage.ts';
import type { Act, ActName, Plan, Settings } from './plan.ts';
import type { Chance } from './random.ts';

interface Ingredient {
  readonly settings?: Partial<Settings>;
  readonly acts: readonly Act[];
}

const act = (gapMs: number, name: ActName, ...numbers: readonly number[]): Act => ({
  name,
  gapMs,
  numbers: [...numbers, 0, 0, 0, 0].slice(0, 4),
});
const weather = (bad: Partial<Settings['weather']>): Ingredient => ({
  settings: { weather: { latencyMs: 2, loss: 0, slow: 0, slowMs: 1000, ...bad } },
  acts: [],
});
/** The tenant "a", to which the first user does not belong: something is written, and nobody of the run is cut off. */
const WRITE = act(20, 'revoke', 1);
/** How long an authority takes to be up again. */
const UP_MS = 400;

/** Each leaves the world so that people can go on, shortly afterwards. */
const FAULTS: Readonly<Record<Fault, Ingredient>> = {
  'message lost': weather({ loss: 0.08 }),
  'message late': weather({ slow: 0.15 }),
  'message parted': { acts: [act(0, 'part', 0, 0, 1), act(1100, 'wait')] },
  'stream broken': { acts: [act(0, 'part', 0, 0, 0), WRITE, act(50, 'wait')] },
  'stream muted': { acts: [act(0, 'mute')] },
  'link held': { acts: [act(0, 'hold')] },
  'killed at a message': {
    acts: [act(0, 'crashAuthority', 0, 2), act(1100, 'crashAuthority'), act(UP_MS, 'wait')],
  },
  'authority killed': { acts: [act(0, 'crashAuthority'), act(20, 'crashAuthority'), act(UP_MS, 'wait')] },
  'verifier killed': { acts: [act(0, 'restartVerifier')] },
  stopped: { acts: [act(0, 'halt')] },
  suspended: { acts: [act(0, 'suspend')] },
  'clock of a verifier': { acts: [act(0, 'stepClock', 0, 2)] },
  'clock within bounds': { acts: [act(0, 'flip')] },
  'clock out of bounds': { acts: [act(0, 'skewStore', 0, 7), act(20, 'skewStore', 0, 4)] },
  'store restarted': { acts: [act(0, 'restartStore'), act(300, 'wait')] },
  'store failed over': { acts: [act(0, 'failOver'), act(50, 'demote'), act(300, 'wait')] },
  'tail lost': { acts: [WRITE, act(0, 'login', 2), act(60, 'restartStore', 1), act(300, 'wait')] },
  'stamps forgotten': { settings: { forgetsLast: true }, acts: [act(0, 'login', 2)] },
  'answer lost': { acts: [act(0, 'lostAnswer'), act(60, 'wait')] },
};

/** Longer than a session may be idle here. */
const IDLE_S = 3;
const OVER: Partial<Settings> = { idleS: IDLE_S, refreshS: 60 };
/** A browser that never saw its answer comes again before that. */
const over = act(IDLE_S * 1000 + 3300, 'wait');
/** Longer than the grace, twice. */
const LATER_MS = 4300;

const ENDS: readonly Ingredient[] = [
  { acts: [act(0, 'login', 1), act(30, 'refresh'), act(100, 'revoke', 8)] },
  // Between the look at the facts and the step, which takes up to half a second.
  { acts: [act(0, 'login', 1), act(0, 'login', 2), act(0, 'login', 3), act(4, 'failOver')] },
  { acts: [act(0, 'refresh'), act(0, 'refresh', 1), act(4, 'failOver'), act(0, 'refresh', 0, 1)] },
  { acts: [act(0, 'failOver'), act(0, 'revoke', 8), act(0, 'login', 1), act(0, 'refresh')] },
  {
    acts: [
      act(0, 'skewStore', 0, 7),
      act(0, 'skewStore', 1, 7),
      act(0, 'login', 1),
      act(0, 'refresh'),
      act(40, 'refresh', 0, 1),
    ],
  },
  { acts: [act(0, 'login', 0), act(0, 'refresh'), act(2, 'revoke', 9), act(0, 'refresh', 0, 1)] },
  { acts: [act(0, 'revoke', 3), act(60, 'child'), act(0, 'refresh')] },
  { settings: OVER, acts: [over, act(0, 'child'), act(30, 'refresh')] },
  { acts: [act(0, 'login', 3), act(40, 'restartStore', 1), act(500, 'child', 5), act(0, 'refresh', 5)] },
  { acts: [act(0, 'login', 3), act(40, 'restartStore', 3), act(500, 'child', 1), act(0, 'refresh', 1)] },
  {
    acts: [
      act(0, 'steal'),
      act(0, 'refresh'),
      act(LATER_MS, 'refresh'),
      act(LATER_MS, 'refresh'),
      act(50, 'thief'),
    ],
  },
  {
    settings: { authorities: 2 },
    acts: [act(0, 'failOver'), act(0, 'login', 1, 0, 0), act(0, 'login', 2, 0, 1)],
  },
  { acts: [act(0, 'refresh', 0, 0), act(0, 'refresh', 0, 1), act(1, 'refresh', 0, 2), act(30, 'refresh')] },
  { acts: [act(0, 'lostAnswer'), act(2800, 'wait'), act(50, 'refresh')] },
  // A rotation that the store forgets, and a session that it forgets while its refresh is under way.
  { acts: [act(0, 'refresh'), act(520, 'restartStore', 1), act(500, 'refresh'), act(20, 'refresh')] },
  { acts: [act(0, 'refresh'), act(530, 'restartStore', 3), act(500, 'refresh'), act(20, 'refresh')] },
  {
    acts: [
      act(0, 'login', 3),
      ...[50, 0, 0].map(gapMs => act(gapMs, 'refresh', 5)),
      act(6, 'restartStore', 3),
      act(500, 'login'),
    ],
  },
  // Over by its own word, and within a verifier's tolerance.
  {
    settings: { accessS: 3, verifiers: [{ whenStale: 'reject', hold: 'access', toleranceS: 60 }] },
    acts: [act(3200, 'watch'), act(10, 'check')],
  },
];

/** Facts are looked at for up to half a second before a step; until then nothing is healed. */
const STEPS_COME = act(600, 'wait');

/** @param settings of any run of this seed */
export function meetingPlan(chance: Chance, settings: Settings): Plan {
  const fault = FAULTS[chance.pick(Object.keys(FAULTS) as Fault[])];
  const end = chance.pick(ENDS);
  const jitter = (each: Act): Act =>
    chance.happens(0.2) ? { ...each, gapMs: each.gapMs + chance.below(20) } : each;
  return {
    settings: {
      ...settings,
      ...weather({}).settings,
      ...{
        authorities: 1,
        graceS: 2,
        policy: 'recover',
        verifiers: settings.verifiers.slice(0, chance.pick([1, 1, 2])),
      },
      ...end.settings,
      ...fault.settings,
    },
    acts: [
      act(chance.pick([300, 600]), 'login'),
      act(chance.pick([50, 300]), 'wait'),
      ...fault.acts,
      ...end.acts,
      STEPS_COME,
    ].map(jitter),
  };
}
