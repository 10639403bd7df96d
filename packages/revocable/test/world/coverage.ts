/**
 * What the runs met: each branch of the steps, each fault, and each of these shortly after each of those. A simulation that
 * never reaches a takeover proves nothing.
 */

/** What goes wrong. */
export const FAULTS = [
  ...([
    'message lost',
    'message late',
    'message parted',
    'stream broken',
    'stream muted',
    'link held',
  ] as const),
  ...(['killed at a message', 'authority killed', 'verifier killed', 'stopped', 'suspended'] as const),
  ...(['clock of a verifier', 'clock within bounds', 'clock out of bounds'] as const),
  ...(['store restarted', 'store failed over', 'tail lost', 'stamps forgotten', 'answer lost'] as const),
] as const;
export type Fault = (typeof FAULTS)[number];

const REFUSALS = ['ok', 'closed', 'clocks', 'outdated', 'revoked', 'expired', 'gone'];

/** Each end of each step. */
const BRANCHES: readonly string[] = [
  ...REFUSALS.map(reply => `step issue ${reply}`),
  ...[...REFUSALS, 'reused'].map(reply => `step refresh ${reply}`),
  ...['step revoke ok', 'step revoke closed', 'step begin ok', 'step begin closed'],
  ...['takeover true', 'takeover false'],
  ...['same', 'rotated', 'successor', 'recovered', 'amnesia'].map(verdict => `verdict ${verdict}`),
];

/** What a long run must have met besides. */
const MUST: readonly string[] = [
  ...BRANCHES,
  ...FAULTS.map(fault => `fault ${fault}`),
  ...['settled true', 'settled false', 'watch', 'watch refused'],
  ...['ok', 'ERR_TOKEN_REVOKED', 'ERR_TOKEN_EXPIRED', 'ERR_REPLICA_STALE'].map(code => `check ${code}`),
];

const SHORTLY_MS = 10_000;

const pairOf = (fault: Fault, branch: string): string => `${branch} after ${fault}`;

/** The pairs of one run. */
export interface Meetings {
  fault(fault: Fault): void;
  /** What is no branch of a step is not heard. */
  branch(name: string): void;
  pairs(): string[];
}

export function createMeetings(now: () => number): Meetings {
  const lastAt = FAULTS.map(() => Number.NEGATIVE_INFINITY);
  /** By branch: the faults that it met, a bit each. */
  const met = BRANCHES.map(() => 0);
  return {
    fault(fault) {
      lastAt[FAULTS.indexOf(fault)] = now();
    },
    branch(name) {
      const place = PLACES.get(name);
      if (place === undefined) return;
      const since = now() - SHORTLY_MS;
      let bits = met[place] as number;
      lastAt.forEach((at, fault) => {
        if (at >= since) bits |= 1 << fault;
      });
      met[place] = bits;
    },
    pairs: () =>
      BRANCHES.flatMap((branch, place) =>
        FAULTS.filter((_, fault) => ((met[place] as number) >> fault) & 1).map(fault =>
          pairOf(fault, branch),
        ),
      ),
  };
}

const PLACES: ReadonlyMap<string, number> = new Map(BRANCHES.map((branch, place) => [branch, place]));
const PAIRS: readonly string[] = BRANCHES.flatMap(branch => FAULTS.map(fault => pairOf(fault, branch)));

/** In a run of so many schedules each thing must have been met. */
const LONG = 10_000;
/** In one of so many, each a hundred times. */
const VERY_LONG = 100_000;
const LEAST = 100;
/** One kind of fault and one end of a step come together so seldom that a million schedules are needed for a hundred times. */
const ONE_PAIR_IN = 10_000;

/** What was met too seldom for a run of so many schedules, and how often. */
export function blindSpots(coverage: ReadonlyMap<string, number>, schedules: number): string[] {
  if (schedules < LONG) return [];
  if (schedules < VERY_LONG) return metLess(coverage, MUST, 1);
  const ofPairs = Math.min(LEAST, Math.floor(schedules / ONE_PAIR_IN));
  return [...metLess(coverage, MUST, LEAST), ...metLess(coverage, PAIRS, ofPairs)];
}

const metLess = (coverage: ReadonlyMap<string, number>, what: readonly string[], least: number): string[] =>
  what
    .filter(each => (coverage.get(each) ?? 0) < least)
    .map(each => `${each}: met ${coverage.get(each) ?? 0} times, ${least} wanted`);

/** How often each thing was met; of the pairs, how many there are and which are the rarest. */
export function coverageLines(coverage: ReadonlyMap<string, number>): string[] {
  const pairs = new Set(PAIRS);
  const rarest = PAIRS.map(name => [name, coverage.get(name) ?? 0] as const).toSorted((x, y) => x[1] - y[1]);
  const line = ([name, times]: readonly [string, number]): string => `${String(times).padStart(9)}  ${name}`;
  return [
    ...[...coverage]
      .filter(([name]) => !pairs.has(name))
      .toSorted()
      .map(line),
    `${rarest.filter(([, times]) => times > 0).length} of ${PAIRS.length} pairs of a step's end and a fault shortly before; the rarest:`,
    ...rarest.slice(0, 20).map(line),
  ];
}
