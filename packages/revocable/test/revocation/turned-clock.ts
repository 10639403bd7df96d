/** Clocks and timers that a test turns: both clocks together, or one of them alone. */
import type { Clock, Timers } from '#time';

export interface TurnedClock extends Clock {
  readonly timers: Timers;
  /** Both clocks go on, and what was waited for happens. */
  pass(ms: number): Promise<void>;
  /** The wall clock alone: a step, or, with timers and the monotonic clock at rest, a machine that sleeps. */
  stepWall(ms: number): void;
}

/** What is due now happens, and all that follows from it without waiting. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve));
};

export function createTurnedClock(start = 1_795_000_000_000): TurnedClock {
  let [wall, monotonic] = [start, 0];
  const waiting = new Map<symbol, { at: number; callback: () => void }>();
  const goOn = async (ms: number): Promise<void> => {
    monotonic += ms;
    wall += ms;
    for (const [id, { at, callback }] of [...waiting]) if (at <= monotonic && waiting.delete(id)) callback();
    await settle();
  };
  return {
    wall: () => wall,
    monotonic: () => monotonic,
    timers: {
      set(callback, delayMs) {
        const id = Symbol('timer');
        waiting.set(id, { at: monotonic + delayMs, callback });
        return () => waiting.delete(id);
      },
    },
    async pass(ms) {
      for (let left = ms; left > 0; left -= 250) await goOn(Math.min(250, left));
      await settle();
    },
    stepWall(ms) {
      wall += ms;
    },
  };
}
