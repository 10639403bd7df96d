/** Slows down whoever guesses: after five failures a name from one address waits 1 s, doubling to 60 s. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { slowDown } from './refusal.ts';

export interface Attempts {
  /**
   * Counts a try as failed until it is known to have succeeded, so that many at once are not cheaper than one by one.
   * @throws {Refusal} 429 with the seconds to wait
   */
  begin(name: string, address: string): Promise<void>;
  succeeded(name: string, address: string): Promise<void>;
  /** Nobody looked whether it was right. */
  undecided(name: string, address: string): Promise<void>;
}

const FREE_FAILURES = 5;
const LONGEST_WAIT_S = 60;
const FORGET_AFTER_S = 3600;

export function createAttempts(isOn: boolean, onSlowed: () => void): Attempts {
  if (!isOn) return { begin: nothing, succeeded: nothing, undecided: nothing };
  const failures = new RateLimiterMemory({
    keyPrefix: 'failures',
    points: FREE_FAILURES,
    duration: FORGET_AFTER_S,
  });
  const gate = new RateLimiterMemory({ keyPrefix: 'gate', points: 1, duration: LONGEST_WAIT_S });
  return {
    async begin(name, address) {
      const key = keyOf(name, address);
      const { consumedPoints } = await failures.penalty(key);
      const over = consumedPoints - FREE_FAILURES;
      if (over < 0) return;
      const wait = await pass(gate, key, Math.min(LONGEST_WAIT_S, 2 ** over));
      if (wait === 0) return;
      // Refused before it was looked at: neither right nor wrong.
      await takeOff(failures, key);
      onSlowed();
      throw slowDown(wait);
    },
    async succeeded(name, address) {
      const key = keyOf(name, address);
      await Promise.all([failures.delete(key), gate.delete(key)]);
    },
    undecided: (name, address) => takeOff(failures, keyOf(name, address)),
  };
}

const nothing = async (): Promise<void> => {};

/** A count of nothing is forgotten, so that names that were never looked at fill no memory. */
async function takeOff(failures: RateLimiterMemory, key: string): Promise<void> {
  const { consumedPoints } = await failures.reward(key);
  if (consumedPoints <= 0) await failures.delete(key);
}

/** One passes and closes the gate behind it. @returns the seconds that others wait, 0 for the one */
async function pass(gate: RateLimiterMemory, key: string, closedSeconds: number): Promise<number> {
  try {
    await gate.consume(key, 1, { customDuration: closedSeconds });
    return 0;
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    return Math.ceil(error.msBeforeNext / 1000);
  }
}

/** Other addresses do not wait: nobody can lock somebody else out. */
const keyOf = (name: string, address: string): string => JSON.stringify([name.slice(0, 200), address]);
