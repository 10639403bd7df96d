/** The world's time: a queue of events, taken one by one; ties are broken by the seed. Milliseconds. */
import { hash } from './random.ts';

export interface Event {
  readonly at: number;
  readonly tie: number;
  /** Undefined once it is called off. */
  run: (() => void) | undefined;
}

/** What one run may take: a loop that has no end is a failure, and never a run that hangs. */
export const MOST_EVENTS = 50_000;
const LONGEST_S = 60;

export interface Queue {
  /** Milliseconds since the world began. */
  readonly now: number;
  readonly taken: number;
  /** `tie`: the place among events of one moment; without one, the seed chooses it. */
  at(time: number, run: () => void, tie?: number): Event;
  /**
   * Takes events until none is left before `end`; after each, promises have settled.
   * @throws when the run takes more than `MOST_EVENTS`, or a minute of a processor
   */
  runUntil(end: number, afterEach: () => void): Promise<void>;
}

export function createQueue(seed: number): Queue {
  const heap: Event[] = [];
  let now = 0;
  let made = 0;
  let taken = 0;
  let began: NodeJS.CpuUsage | undefined;
  const bound = (): void => {
    if (taken > MOST_EVENTS) throw new Error(`more than ${MOST_EVENTS} events, at ${now} ms: it has no end`);
    if (taken % 1000 !== 0) return;
    began ??= process.cpuUsage();
    if (process.cpuUsage(began).user > LONGEST_S * 1e6)
      throw new Error(`more than ${LONGEST_S} s of a processor for ${taken} events, at ${now} ms`);
  };
  return {
    get now() {
      return now;
    },
    get taken() {
      return taken;
    },
    at(time, run, tie) {
      made += 1;
      const event = { at: Math.max(time, now), tie: tie ?? hash(seed, String(made)), run };
      push(heap, event);
      return event;
    },
    async runUntil(end, afterEach) {
      await undefined; // out of whatever called: only from a microtask on does the next tick come after all the others
      await settle();
      while (heap.length > 0 && (heap[0] as Event).at <= end) {
        const event = pop(heap);
        if (event.run === undefined) continue;
        now = event.at;
        taken += 1;
        bound();
        event.run();
        await settle();
        afterEach();
      }
      now = Math.max(now, end);
    },
  };
}

/** Every microtask has run: Node takes what is due in the next tick when none is left, without a turn of its event loop. */
const settle = (): Promise<void> => new Promise(resolve => process.nextTick(resolve));

const isBefore = (x: Event, y: Event): boolean => x.at < y.at || (x.at === y.at && x.tie < y.tie);

function push(heap: Event[], event: Event): void {
  let at = heap.push(event) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(event, heap[parent] as Event)) break;
    heap[at] = heap[parent] as Event;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event {
  const first = heap[0] as Event;
  const last = heap.pop() as Event;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
    if (!isBefore(heap[child] as Event, last)) break;
    heap[at] = heap[child] as Event;
    at = child;
  }
  heap[at] = last;
  return first;
}
