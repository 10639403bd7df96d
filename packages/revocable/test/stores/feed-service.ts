/** A token service's `/revocations`, made of a store and `fetch` alone, with the faults of a network. */
import { createFeedEvents, resumable } from '#authority/feed-events';
import { encodeProfile, type FeedEvent, type TokenProfile } from '#revocation/index';
import type { Store } from '#store';
import type { FeedFetch } from '#stores/index';
import { systemClock, systemTimers } from '#time';

const ports = { clock: systemClock, timers: systemTimers };

export interface FeedService {
  fetch: FeedFetch;
  /** What came with each request for the stream. */
  readonly streams: Headers[];
  /** What came with each question for what follows a cursor. */
  readonly polls: { readonly query: URLSearchParams; readonly headers: Headers }[];
  /** Answers of such questions are changed by it. */
  onPoll: (answer: Response) => Response | Promise<Response>;
  /** Answers of probes are changed by it. */
  onProbe: (answer: Record<string, unknown>) => unknown;
  /** Lines of the stream are changed by it; undefined holds one back. */
  onLine: (line: string) => string | undefined;
  isDown: boolean;
  /** Breaks every stream. */
  cut(): void;
}

export const FEED_URL = 'https://auth.example/revocations';

export function createFeedService(store: Store): FeedService {
  const feed = createFeedEvents(store, ports);
  let open: AbortController[] = [];
  const service: FeedService = {
    streams: [],
    polls: [],
    onPoll: answer => answer,
    onProbe: answer => answer,
    onLine: line => line,
    isDown: false,
    async fetch(url, init) {
      if (service.isDown) throw new TypeError('fetch failed');
      if (init.method === 'POST') return probe(store, service, init);
      return new URL(url).searchParams.has('wait') ? poll(store, service, url, init) : stream(url, init);
    },
    cut() {
      for (const each of open) each.abort();
      open = [];
    },
  };
  async function stream(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    service.streams.push(headers);
    const end = new AbortController();
    open.push(end);
    init.signal?.addEventListener('abort', () => end.abort());
    const hold = new URL(url).searchParams.get('hold') === 'all' ? 'all' : 'access';
    const after = await resumable(store, headers.get('last-event-id') ?? undefined);
    const events = feed.events({ hold, signal: end.signal, ...(after && { after }) });
    return new Response(bodyOf(events, service, end.signal), {
      headers: { 'content-type': 'text/event-stream' },
    });
  }
  return service;
}

function bodyOf(events: AsyncIterable<FeedEvent>, service: FeedService, signal: AbortSignal): ReadableStream {
  return new ReadableStream({
    async start(controller) {
      signal.addEventListener('abort', () => controller.error(new Error('the connection broke')));
      for await (const { event, id, data } of events) {
        const line = service.onLine(`event: ${event}\n${id ? `id: ${id}\n` : ''}data: ${data}\n\n`);
        if (!signal.aborted && line !== undefined) controller.enqueue(new TextEncoder().encode(line));
      }
    },
  });
}

async function poll(store: Store, service: FeedService, url: string, init: RequestInit): Promise<Response> {
  const query = new URL(url).searchParams;
  service.polls.push({ query, headers: new Headers(init.headers) });
  const after = query.get('after') ?? undefined;
  const headers = { 'revocable-nonce': query.get('nonce') ?? '' };
  if (after !== undefined && (await resumable(store, after)) === undefined)
    return service.onPoll(new Response('{}', { status: 410 }));
  const profile = encodeProfile((await store.profile()) as TokenProfile);
  const { head } = await store.feed.probe({
    name: undefined,
    applied: undefined,
    maxStalenessMs: 0,
    whenStale: 'reject',
  });
  if (after === head)
    return service.onPoll(
      new Response(null, {
        status: 304,
        headers: { ...headers, 'revocable-profile': encodeURIComponent(profile) },
      }),
    );
  const hold = query.get('hold') === 'all' ? 'all' : 'access';
  const events: object[] = [];
  let cursor = '';
  for await (const { event, id, data } of createFeedEvents(store, ports).events({
    hold,
    ...(after && { after }),
  })) {
    events.push({ event, ...(id && { id }), data: JSON.parse(data) });
    cursor = id ?? cursor;
    if (cursor === head) break;
  }
  return service.onPoll(Response.json({ cursor, events }, { headers }));
}

async function probe(store: Store, service: FeedService, init: RequestInit): Promise<Response> {
  const body = JSON.parse(String(init.body));
  const report = { maxStalenessMs: body.max_staleness_ms, whenStale: body.when_stale };
  const answer = await store.feed.probe({ name: body.replica, applied: body.applied, ...report });
  return Response.json(service.onProbe({ nonce: body.nonce, ...answer }));
}
