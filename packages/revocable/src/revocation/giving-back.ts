/** How a healer gives back what a store has lost: after a random wait, for others give it back too, and only what is missing still. */
import type { Random } from '../random.ts';
import type { Timers } from '../time.ts';
import type { Feed } from './feed.ts';
import type { Healer } from './healer.ts';

export interface GivingBack {
  /** The store has shown all it knows: what is missing now is given back soon. */
  due(): void;
  stop(): void;
}

export interface GivingBackOptions {
  readonly feed: Feed;
  readonly timers: Timers;
  readonly random: Random;
}

const LONGEST_WAIT_MS = 5000;
const AT_ONCE = 500;

export function createGivingBack(healer: Healer, { feed, timers, random }: GivingBackOptions): GivingBack {
  let stopWaiting: (() => void) | undefined;
  let isOver = false;
  const wait = (): void => {
    if (isOver || stopWaiting !== undefined || healer.missing(1).length === 0) return;
    const [high = 0, low = 0] = random.bytes(2);
    const share = (high * 256 + low) / 65_535;
    stopWaiting = timers.set(() => void give(), share * LONGEST_WAIT_MS);
  };
  const give = async (): Promise<void> => {
    stopWaiting = undefined;
    try {
      for (let entries = healer.missing(AT_ONCE); entries.length > 0; entries = healer.missing(AT_ONCE)) {
        if (isOver) return;
        await feed.giveBack(entries);
        healer.gave(entries);
      }
    } catch {
      wait(); // Whoever does not take it now is asked again.
    }
  };
  return {
    due: wait,
    stop() {
      isOver = true;
      stopWaiting?.();
    },
  };
}
