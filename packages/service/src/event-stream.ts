/** Server-sent events: the HTML standard, section 9.2. */
import type { FeedEvent } from 'revocable';

/** A comment now and then keeps proxies from closing a stream that has nothing to say. */
const BEAT_MS = 15_000;
const BEAT = Symbol('beat');
/** A store that fails in the middle ends the stream: the follower comes back with its cursor and hears why. */
const OVER = { done: true, value: undefined } as const;

/**
 * Answers with the events as they come. The first is awaited, so that a store that is down is a 503, not an empty stream.
 * @param stop called when the reader has gone
 */
export async function eventStream(events: AsyncIterable<FeedEvent>, stop: () => void): Promise<Response> {
  const iterator = events[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<FeedEvent>> | undefined = Promise.resolve(await iterator.next());
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      pending ??= iterator.next();
      const next = await beatOr(pending.catch(() => OVER));
      if (next === BEAT) return controller.enqueue(encoder.encode(':\n\n'));
      pending = undefined;
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(lines(next.value)));
    },
    cancel: stop,
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
