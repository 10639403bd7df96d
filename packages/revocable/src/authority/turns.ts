/** Turns: only so many at once, the others wait in the order in which they came. */
import type { AbortSignalLike, Timers } from '../time.ts';

export interface Turns {
  /** Resolves when it is one's turn, with how to end it; undefined when the signal was aborted before. */
  take(signal?: AbortSignalLike): Promise<(() => void) | undefined>;
}

/** @param limitMs a turn that is not ended by then is over: whoever has gone silent keeps nobody waiting */
export function createTurns(most: number, limitMs: number, timers: Timers): Turns {
  const waiting = new Set<() => void>();
  let taken = 0;
  const begin = (): (() => void) => {
    taken += 1;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      taken -= 1;
      stop();
      const [next] = waiting;
      next?.();
    };
    const stop = timers.set(end, limitMs);
    return end;
  };
  return {
    take(signal) {
      if (signal?.aborted) return Promise.resolve(undefined);
      if (taken < most) return Promise.resolve(begin());
      return new Promise(resolve => {
        const leave = (turn: (() => void) | undefined): void => {
          waiting.delete(come);
          signal?.removeEventListener('abort', go);
          resolve(turn);
        };
        const come = (): void => leave(begin());
        const go = (): void => leave(undefined);
        waiting.add(come);
        signal?.addEventListener('abort', go);
      });
    },
  };
}
