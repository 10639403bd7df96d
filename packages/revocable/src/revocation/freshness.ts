/** How old a replica's knowledge is: counted from the sending of a probe whose head it has applied, by both clocks. */
import type { Clock } from '../time.ts';
import { type Cursor, hasReached } from './feed.ts';

interface Sent {
  /** Of two probes the later sent one: clocks may stand still between them. */
  readonly order: number;
  readonly wall: number;
  readonly monotonic: number;
}

export interface Freshness {
  /** A probe was answered, and its head applied, once. */
  readonly isKnown: boolean;
  /** Milliseconds; infinite before the first answered probe, and while the wall clock stands before the last one. */
  age(wallMs: number): number;
  sending(): Sent;
  /** A probe sent then was answered with this head. */
  answered(sent: Sent, head: Cursor): void;
  /** The replica stands here now. */
  applied(cursor: Cursor): void;
}

/** Probes that wait for their head; more than these are not worth keeping. */
const WAITING = 32;

export function createFreshness(clock: Clock): Freshness {
  let asOf: Sent | undefined;
  let order = 0;
  let at: Cursor | undefined;
  let waiting: { readonly sent: Sent; readonly head: Cursor }[] = [];

  const settle = (): void => {
    for (const { sent, head } of waiting)
      if (hasReached(at, head) && (asOf === undefined || sent.order > asOf.order)) asOf = sent;
    waiting = waiting.filter(({ head }) => !hasReached(at, head)).slice(-WAITING);
  };
  return {
    get isKnown() {
      return asOf !== undefined;
    },
    age: wallMs => (asOf === undefined ? Number.POSITIVE_INFINITY : ageSince(asOf, wallMs, clock)),
    sending: () => ({ order: ++order, wall: clock.wall(), monotonic: clock.monotonic() }),
    answered(sent, head) {
      waiting.push({ sent, head });
      settle();
    },
    applied(cursor) {
      at = cursor;
      settle();
    },
  };
}

/** A suspended machine stops the monotonic clock, a stepped one the wall clock: the larger age counts. */
function ageSince(sent: Sent, wallMs: number, clock: Clock): number {
  const wall = wallMs - sent.wall;
  return wall < 0 ? Number.POSITIVE_INFINITY : Math.max(wall, clock.monotonic() - sent.monotonic);
}
