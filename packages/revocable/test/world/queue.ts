/** The world's time: a queue of events, taken one by one; ties are broken by the seed. Milliseconds. */
import { hash } from './random.ts';

interface Event {
  readonly at: number;
  readonly tie: number;
  readonly run: () => void;
}

export interface Queue {
  /** Milliseconds since the world began. */
  readonly now: number;
  readonly taken: number;
  /** `tie`: the place among events of one moment; without one, the seed chooses it. */
  at(time: number, run: () => void, tie?: number): void;
  /** Takes events until none is left before `end`; after each, promises have settled. */
  runUntil(end: number, afterEach: () => void): Promise<void>;
}

export function createQueue(seed: number): Queue {
  const heap: Event[] = [];
  let now = 0;
  let made = 0;
  let taken = 0;
  return {
    get now() {
      return now;
    },
    get taken() {
      return taken;
    },
    at(time, run, tie) {
      made += 1;
      push(heap, { at: Math.max(time, now), tie: tie ?? hash(seed, String(made)), run });
    },
    async runUntil(end, afterEach) {
      await settle();
      while (heap.length > 0 && (heap[0] as Event).at <= end) {
        const event = pop(heap);
        now = event.at;
        taken += 1;
        event.run();
        await settle();
        afterEach();
      }
      now = Math.max(now, end);
    },
  };
}

/** Every microtask has run. */
export const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

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
