/** The scenarios of refresh rotation, as many sessions as are asked for. */
import { type Conditions, playHonest, playTheft, randomFrom, type ThiefHabit } from './rotation-plays.ts';
import { startTokenServer, type TokenServer } from './token-server.ts';

export const HONEST: Readonly<Record<string, Conditions>> = {
  'four tabs, 2 % of replies lost': { cycles: 100, tabs: 4, roundTrip: 3, loss: 0.02 },
  'four tabs, a burst in 5 % of requests': { cycles: 100, tabs: 4, roundTrip: 3, loss: 0, burst: 0.05 },
  'one tab, 10 % of replies lost': { cycles: 100, tabs: 1, roundTrip: 3, loss: 0.1 },
};

const WATCHED: Conditions = { cycles: 40, tabs: 2, roundTrip: 3, loss: 0.02 };
const HABITS: readonly ThiefHabit[] = ['anyTime', 'atOffset', 'inStep'];

/** Servers that play side by side, each on its own clock. */
export type Lanes = readonly TokenServer[];

export function openLanes(count: number): Promise<Lanes> {
  return Promise.all(Array.from({ length: count }, () => startTokenServer()));
}

export const tellings = (lanes: Lanes, type: 'refresh.reuse'): number =>
  lanes.reduce((sum, { told }) => sum + (told.get(type) ?? 0), 0);

/** Each lane takes the next seed as long as there are any. */
async function inLanes(
  lanes: Lanes,
  from: number,
  isMore: (seed: number) => boolean,
  play: (lane: TokenServer, seed: number) => Promise<void>,
): Promise<void> {
  let next = from;
  await Promise.all(
    lanes.map(async lane => {
      while (isMore(next)) {
        const seed = next++;
        await play(lane, seed);
      }
    }),
  );
}

/** Seeds of sessions whose honest user was logged out; each session's play is that of its seed. */
export async function loggedOut(
  lanes: Lanes,
  conditions: Conditions,
  sessions: number,
  from = 1,
): Promise<number[]> {
  const seeds: number[] = [];
  await inLanes(
    lanes,
    from,
    seed => seed < from + sessions,
    async (lane, seed) => {
      if ((await playHonest(lane, seed, conditions)).isLoggedOut) seeds.push(seed);
    },
  );
  return seeds;
}

export interface Thefts {
  readonly all: number;
  /** The thief presented outside `grace` at least once. */
  readonly outside: number;
  /** Of those, the seeds of the ones that were not caught. */
  readonly missed: readonly number[];
  /** Of the others, how many were not caught. */
  readonly inStep: number;
  /** Of those that were caught, the most times that the thief had presented. */
  readonly longest: number;
}

export async function thefts(lanes: Lanes, wanted: number, from = 1): Promise<Thefts> {
  const found = { all: 0, outside: 0, inStep: 0, longest: 0 };
  const missed: number[] = [];
  await inLanes(
    lanes,
    from,
    () => found.outside < wanted,
    async (lane, seed) => {
      const habit = HABITS[seed % HABITS.length] as ThiefHabit;
      const { isCaught, wasOutside, presentations } = await playTheft(lane, seed, habit, WATCHED);
      found.all += 1;
      if (wasOutside) found.outside += 1;
      if (isCaught) found.longest = Math.max(found.longest, presentations);
      else if (wasOutside) missed.push(seed);
      else found.inStep += 1;
    },
  );
  return { ...found, missed };
}

/**
 * Tabs of one jar that refresh at once, on real sockets: replies count in the order in which they really come.
 * @returns how often a user was logged out
 */
export async function atOnce(server: TokenServer, sessions: number, cycles: number): Promise<number> {
  const random = randomFrom(sessions);
  let out = 0;
  const jars = await Promise.all(Array.from({ length: sessions }, (_, i) => server.login(`tabs-${i}`)));
  for (let cycle = 0; cycle < cycles; cycle++) {
    server.now += 900_000;
    const tabs = jars.flatMap((_, user) => [user, user, user, user]);
    await Promise.all(
      tabs.map(async user => {
        await new Promise(resolve => setTimeout(resolve, random() * 20));
        const answer = await server.refresh(jars[user] ?? '');
        if (answer.status !== 200) out += 1;
        else if (random() >= 0.02) jars[user] = answer.cookie ?? jars[user] ?? '';
      }),
    );
  }
  return out;
}
