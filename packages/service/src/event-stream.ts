/** Server-sent events: the HTML standard, section 9.2. */
import type { FeedEvent } from 'revocable';

/** A comment now and then keeps proxies from closing a stream that has nothing to say. */
const BEAT_MS = 15_000;
const BEAT = Symbol('beat');
/** Whoever takes nothing for this long is gone, or too slow to be of use: it comes back with its cursor. */
const STALLED_MS = 30_000;
/** A store that fails in the middle ends the stream: the follower comes back with its cursor and hears why. */
const OVER = { done: true, value: undefined } as const;

/**
 * Answers with the events as they come. The first is awaited, so that a store that is down is a 503, not an empty stream.
 * @param stop called when the reader has gone
 */
export async function eventStream(events: AsyncIterable<FeedEvent>, stop: () => void): Promise<Response> {
  const iterator = events[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<FeedEvent>> | undefined = Promise.resolve(await iterator.next());
  let stalled: NodeJS.Timeout | undefined;
  const give = (controller: ReadableStreamDefaultController<Uint8Array>, bytes: Uint8Array): void => {
    controller.enqueue(bytes);
    stalled = setTimeout(() => {
      controller.error(new Error('The follower takes nothing.'));
      stop();
    }, STALLED_MS);
    stalled.unref();
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      clearTimeout(stalled);
      pending ??= iterator.next();
      const next = await beatOr(pending.catch(() => OVER));
      if (next === BEAT) return give(controller, COMMENT);
      pending = undefined;
      if (next.done) controller.close();
      else give(controller, bytesOf(next.value));
    },
    cancel() {
      clearTimeout(stalled);
      stop();
    },
  });
  return new Response(body, { headers: HEADERS });
}

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

/** For HEAD: nobody would read the stream. */
export const eventStreamHead = (): Response => new Response(null, { headers: HEADERS });

const encoder = new TextEncoder();
const COMMENT = encoder.encode(':\n\n');

/** One event goes to thousands of followers: its bytes are made once. */
const made = new WeakMap<FeedEvent, Uint8Array>();

function bytesOf(event: FeedEvent): Uint8Array {
  const bytes = made.get(event) ?? encoder.encode(lines(event));
  made.set(event, bytes);
  return bytes;
}

async function beatOr<T>(next: Promise<T>): Promise<T | typeof BEAT> {
  let timer: NodeJS.Timeout | undefined;
  const beat = new Promise<typeof BEAT>(resolve => {
    timer = setTimeout(() => resolve(BEAT), BEAT_MS);
    timer.unref();
  });
  return Promise.race([next, beat]).finally(() => clearTimeout(timer));
}

/** The data is one line of JSON. */
function lines({ event, id, data }: FeedEvent): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
}
