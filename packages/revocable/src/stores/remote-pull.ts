/** What follows a cursor, by one conditional GET (RFC 9110 section 13): for those for whom no stream can be held open. */
import { StoreError } from '../errors.ts';
import { randomId } from '../random.ts';
import {
  type Cursor,
  decodeProfile,
  entriesFrom,
  type FeedSink,
  placeOf,
  profileFrom,
  type Question,
} from '../revocation/index.ts';
import {
  type FeedResponse,
  headersFrom,
  type RemoteFeedOptions,
  unavailable,
  within,
} from './remote-connection.ts';

const ANSWER_WITHIN_MS = 5000;
/** The answer repeats it here: a 304 has no body to do so. */
const NONCE = 'revocable-nonce';
/** And the profile stands here then: maxima may have been raised. */
const PROFILE = 'revocable-profile';

/**
 * @throws {StoreError} ERR_STORE_UNAVAILABLE, ERR_STORE_CORRUPT, ERR_REPLICA_STALE; the cursor in question then still stands
 */
export async function pullOnce(
  options: RemoteFeedOptions,
  { after, hold }: Question,
  sink: FeedSink,
): Promise<Cursor | undefined> {
  const abort = new AbortController();
  const nonce = randomId(options.random);
  const url = new URL(options.url);
  const asked = { hold, wait: '0', nonce, ...(after !== undefined && { after }) };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  const condition = after === undefined ? {} : { 'if-none-match': `"${after}"` };
  const answer = await within(options.timers, ANSWER_WITHIN_MS, abort, async () => {
    const headers = {
      ...(await headersFrom(options.headers)),
      accept: 'application/json',
      'cache-control': 'no-cache',
    };
    const init = { headers: { ...headers, ...condition }, redirect: 'error', signal: abort.signal } as const;
    return answerOf(await options.fetch(url.href, init), nonce, sink);
  });
  if (answer === 'unchanged' && after !== undefined) return after;
  return answer === 'lost' ? undefined : taken(answer, sink);
}

async function answerOf(response: FeedResponse, nonce: string, sink: FeedSink): Promise<unknown> {
  const { status } = response;
  if (status === 410) return 'lost';
  if (!response.ok && status !== 304) throw unavailable(`The feed answered ${status}.`);
  // What a cache or a proxy kept says nothing of now.
  if (response.headers.get(NONCE) !== nonce)
    throw unavailable(`The feed's answer is not one to this question: its "${NONCE}" is another.`);
  if (status !== 304) return response.json();
  const profile = response.headers.get(PROFILE);
  if (profile !== null) sink.profile(decodeProfile(decodeURIComponent(profile)));
  return 'unchanged';
}

/** The cursor counts when all of it could be read. */
function taken(answer: unknown, sink: FeedSink): Cursor {
  const { cursor, events } = (answer ?? {}) as { readonly cursor?: unknown; readonly events?: unknown };
  if (typeof cursor !== 'string' || placeOf(cursor) === undefined || !Array.isArray(events))
    throw new StoreError(
      'ERR_STORE_CORRUPT',
      'The answer of the feed cannot be read: it has no "cursor" or no "events".',
    );
  for (const { event, data } of events as { readonly event?: unknown; readonly data?: unknown }[]) {
    if (event === 'profile') sink.profile(profileFrom(data));
    else if (event === 'key') sink.key();
    else if (event === 'snapshot' || event === 'cut') sink.entries(entriesFrom(data), cursor);
  }
  return cursor;
}
