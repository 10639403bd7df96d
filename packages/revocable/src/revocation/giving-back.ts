/**
 * How a healer gives back what a store has lost: after a random wait, for others give it back too, and only what is missing still.
 * Given is not taken: what waits for an authority may be dropped with it. So it counts as given when the log has shown it.
 */
import type { Random } from '../random.ts';
import type { Timers } from '../time.ts';
import type { CutEntry } from './entry.ts';
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
/** A store keeps so much until an authority has judged it, and no more. */
const MOST_UNSHOWN = 50 * AT_ONCE;
/** An authority judges what was offered once a second. */
const SHOWN_WITHIN_MS = 10_000;
/** What is offered so often and not shown is past its end there, or not believed. */
const TRIES = 3;

export function createGivingBack(healer: Healer, { feed, timers, random }: GivingBackOptions): GivingBack {
  let stopWaiting: (() => void) | undefined;
  let given: readonly CutEntry[] = [];
  let tries = 0;
  let isOver = false;
  const after = (delayMs: number, work: () => void): void => {
    if (isOver || stopWaiting !== undefined || healer.missing(1).length === 0) return;
    stopWaiting = timers.set(() => {
      stopWaiting = undefined;
      work();
    }, delayMs);
  };
  const due = (): void => {
    const [high = 0, low = 0] = random.bytes(2);
    const share = (high * 256 + low) / 65_535;
    after(share * LONGEST_WAIT_MS, () => void give());
  };
  const give = async (): Promise<void> => {
    try {
      given = healer.missing(MOST_UNSHOWN);
      for (let from = 0; from < given.length && !isOver; from += AT_ONCE)
        await feed.giveBack(given.slice(from, from + AT_ONCE));
      after(SHOWN_WITHIN_MS, () => void lookAgain());
    } catch {
      due(); // Whoever does not take it now is asked again.
    }
  };
  /** The oldest are missing still: nothing of it came on. */
  const lookAgain = async (): Promise<void> => {
    const [oldest] = healer.missing(1);
    tries = oldest !== undefined && oldest === given[0] ? tries + 1 : 0;
    if (tries < TRIES) return give();
    healer.giveUp(given);
    tries = 0;
    due();
  };
  return {
    due,
    stop() {
      isOver = true;
      stopWaiting?.();
    },
  };
}
