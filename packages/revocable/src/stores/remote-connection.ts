/** A connection to a token service's feed: one stream of events, given up when it is silent. */
import { ConfigError, StoreError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { Cursor, Hold } from '../revocation/index.ts';
import type { AbortSignalLike, Timers } from '../time.ts';
import { type ServerEvent, serverEvents } from './event-source.ts';

/** As much of `fetch` as is needed; a user's own may add a proxy or a certificate. */
export type FeedFetch = (url: string, init: FeedRequest) => Promise<FeedResponse>;

export interface FeedRequest {
  readonly method?: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly redirect: 'error';
  readonly signal: AbortSignalLike;
}
export interface FeedResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): ByteReader } | null;
  json(): Promise<unknown>;
}
export interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}

type Headers = Readonly<Record<string, string>>;
/** What is sent with each request; a function is asked before each. */
export type FeedHeaders = Headers | (() => Headers | Promise<Headers>);

export const headersFrom = async (headers: FeedHeaders): Promise<Headers> =>
  typeof headers === 'function' ? headers() : headers;

export interface RemoteFeedOptions {
  readonly url: string;
  readonly fetch: FeedFetch;
  readonly headers: FeedHeaders;
  readonly timers: Timers;
  readonly random: Random;
  /** Hears why the feed could not be had; it is tried again all the same. */
  readonly onProblem: (error: StoreError) => void;
}

const ANSWER_WITHIN_MS = 10_000;
/** The service sends a comment every 15 s: a stream that is silent for longer is half open. */
const SILENT_FOR_MS = 45_000;

export interface Abort {
  readonly signal: AbortSignalLike;
  abort(): void;
}

/** One open stream. */
export interface Connection {
  readonly events: AsyncIterator<ServerEvent>;
  readonly abort: Abort;
}

/**
 * Who can change the feed on its way can hold revocations back.
 * @throws {ConfigError} ERR_CONFIG_INVALID for an address that is neither https nor on this machine
 */
export function refuseOpenRoads(address: string, what = 'The feed is followed'): void {
  const { protocol, hostname } = new URL(address);
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback))
    throw new ConfigError(`${what} over https, or http on this machine.`);
}

/**
 * Opens the stream behind a cursor, or from its start.
 * @throws {StoreError} ERR_STORE_UNAVAILABLE
 */
export async function connect(
  options: RemoteFeedOptions,
  hold: Hold,
  after: Cursor | undefined,
): Promise<Connection> {
  const abort = new AbortController();
  const resume = after === undefined ? {} : { 'last-event-id': after };
  const url = new URL(options.url);
  url.searchParams.set('hold', hold);
  const response = await within(options.timers, ANSWER_WITHIN_MS, abort, async () =>
    options.fetch(url.href, {
      headers: { ...(await headersFrom(options.headers)), accept: 'text/event-stream', ...resume },
      redirect: 'error',
      signal: abort.signal,
    }),
  );
  if (!response.ok || response.body === null) {
    abort.abort();
    throw unavailable(`The feed answered ${response.status}.`);
  }
  const bytes = watched(response.body, options.timers, abort);
  return { events: serverEvents(bytes)[Symbol.asyncIterator](), abort };
}

/** Chunks of a body; one that is silent for too long is given up. */
async function* watched(
  body: { getReader(): ByteReader },
  timers: Timers,
  abort: Abort,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  for (;;) {
    const { value, done } = await within(timers, SILENT_FOR_MS, abort, () => reader.read());
    if (done || value === undefined) return;
    yield value;
  }
}

/**
 * Work that is aborted, and waited for no longer, when it takes too long.
 * @throws {StoreError} ERR_STORE_UNAVAILABLE
 */
export async function within<T>(
  timers: Timers,
  limitMs: number,
  abort: Abort,
  work: () => Promise<T>,
): Promise<T> {
  let stop = (): void => {};
  const late = new Promise<never>((_, reject) => {
    stop = timers.set(() => {
      reject(unavailable(`Nothing came within ${limitMs} ms.`));
      abort.abort();
    }, limitMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    stop();
  }
}

export function unavailable(message: string, cause?: unknown): StoreError {
  return new StoreError('ERR_STORE_UNAVAILABLE', message, cause === undefined ? {} : { cause });
}
