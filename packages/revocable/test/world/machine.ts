/** A machine with its two clocks, and the process on it: both can stop, the process can die. */
import type { Clock, Timers } from '#time';
import type { Queue } from './queue.ts';

/** When the world begins, on every clock that is right. */
export const EPOCH = 1_795_000_000_000;

export interface Machine {
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly state: 'up' | 'stopped' | 'suspended' | 'down';
  /** How far its wall clock is from the true time. */
  readonly skewMs: number;
  /** Monotonic time that it has missed, ever. */
  readonly missedMs: number;
  step(skewMs: number): void;
  /** The process waits (SIGSTOP); with `suspend` the monotonic clock waits too. */
  halt(suspend: boolean): void;
  resume(): void;
  /** The process is gone: nothing it awaits will ever come. */
  crash(): void;
  start(): void;
  /** Work for when the process ends, unless it is called off before. */
  atEnd(work: () => void): () => void;
  /** Runs work of the process that is there now: at once, when it goes on, or never. */
  run(work: () => void): void;
  /** What will run only while this process lives. */
  bind(work: () => void): () => void;
}

export function createMachine(name: string, queue: Queue): Machine {
  let state: Machine['state'] = 'up';
  let process = 0;
  let skewMs = 0;
  let missedMs = 0;
  let haltedAt = 0;
  let backlog: (() => void)[] = [];
  const endings = new Set<() => void>();
  const run = (work: () => void): void => {
    if (state === 'up') work();
    else if (state !== 'down') backlog.push(work);
  };
  const bind = (work: () => void): (() => void) => {
    const mine = process;
    return () => {
      if (process === mine) run(() => process === mine && work());
    };
  };
  const monotonic = (): number => (state === 'suspended' ? haltedAt : queue.now) - missedMs;
  return {
    name,
    get state() {
      return state;
    },
    get skewMs() {
      return skewMs;
    },
    get missedMs() {
      return missedMs;
    },
    clock: { wall: () => EPOCH + queue.now + skewMs, monotonic },
    timers: {
      set(callback, delayMs) {
        if (!(delayMs >= 0)) throw new Error(`a timer was set to ${delayMs} ms`);
        let isOver = false;
        // Whole milliseconds, or what rounding leaves of a long sum is waited for again and again.
        const wholeMs = Math.ceil(delayMs);
        const due = monotonic() + wholeMs;
        const fire = bind(() => {
          if (isOver) return;
          // The machine slept meanwhile: its monotonic clock is not there yet.
          if (monotonic() < due) event = queue.at(queue.now + due - monotonic(), fire);
          else callback();
        });
        let event = queue.at(queue.now + wholeMs, fire);
        return () => {
          isOver = true;
          event.run = undefined;
        };
      },
    },
    step(skew) {
      skewMs = skew;
    },
    halt(suspend) {
      if (state !== 'up') return;
      state = suspend ? 'suspended' : 'stopped';
      haltedAt = queue.now;
    },
    resume() {
      if (state !== 'stopped' && state !== 'suspended') return;
      if (state === 'suspended') missedMs += queue.now - haltedAt;
      state = 'up';
      const waiting = backlog;
      backlog = [];
      waiting.forEach((work, place) => void queue.at(queue.now, () => run(work), place));
    },
    crash() {
      state = 'down';
      process += 1;
      backlog = [];
      const atEnd = [...endings];
      endings.clear();
      for (const work of atEnd) work();
    },
    start() {
      if (state === 'down') state = 'up';
    },
    atEnd(work) {
      endings.add(work);
      return () => void endings.delete(work);
    },
    run,
    bind,
  };
}
