/** `/revocations`: the feed as server-sent events or one JSON answer, and the probe of those who follow it. */
import { type Authority, ConfigError, type FeedEvent } from 'revocable';
import { requireScope } from '../admin-access.ts';
import { json, matches } from '../answer.ts';
import { type Call, readJson, tokenOf } from '../call.ts';
import { authenticateConfidential } from '../client-authentication.ts';
import { eventStream, eventStreamHead } from '../event-stream.ts';
import type { Parts } from '../parts.ts';
import { invalidRequest, Refusal } from '../refusal.ts';

type Hold = 'access' | 'all';

export async function feed(call: Call, parts: Parts): Promise<Response> {
  await requireFollower(call, parts);
  const hold = holdOf(call.url.searchParams.get('hold'));
  if (call.request.method === 'HEAD') return eventStreamHead();
  const isPoll = ['after', 'wait'].some(name => call.url.searchParams.has(name));
  return isPoll ? poll(call, parts, hold) : stream(call, parts, hold);
}

/** As introspection; public only where the operator says so. */
async function requireFollower(call: Call, parts: Parts): Promise<void> {
  if (parts.settings.feed !== 'public') await requireCredential(call, parts);
}

async function requireCredential(call: Call, parts: Parts): Promise<void> {
  if (tokenOf(call.request) !== undefined) await requireScope(call, parts, 'revocable:verify');
  else await authenticateConfidential(call, new Map(), parts);
}

function holdOf(text: string | null): Hold {
  if (text === null || text === 'access') return 'access';
  if (text === 'all') return 'all';
  throw invalidRequest('"hold" is "access" or "all".');
}

/** A cursor that cannot be continued gets a snapshot: the stream says so by its events. */
async function stream(call: Call, parts: Parts, hold: Hold): Promise<Response> {
  const after = call.request.headers.get('last-event-id') ?? '';
  const ends = new AbortController();
  const signal = AbortSignal.any([ends.signal, parts.closing, call.request.signal]);
  const resumes = after !== '' && (await canResume(parts.authority, after));
  const events = parts.authority.feed({ hold, signal, ...(resumes && { after }) });
  return eventStream(events, () => ends.abort());
}

const LONGEST_WAIT_S = 20;

/** The same as one answer: everything up to the head, or, when nothing followed, what comes within `wait` seconds. */
async function poll(call: Call, parts: Parts, hold: Hold): Promise<Response> {
  const { authority, closing } = parts;
  const after = call.url.searchParams.get('after') || undefined;
  const wait = waitOf(call.url.searchParams.get('wait'));
  const echo = nonceOf(call.url.searchParams.get('nonce'));
  if (after !== undefined && !(await canResume(authority, after))) throw tooOld();
  const { head } = await authority.probe({ name: undefined });
  const deadline = AbortSignal.timeout(Math.max(1, wait * 1000));
  const isBehind = after !== head;
  if (!isBehind && wait === 0) return unchanged(head, { ...echo, ...(await profileOf(authority)) });
  const signal = AbortSignal.any([closing, call.request.signal, ...(isBehind ? [] : [deadline])]);
  const events = await eventsUpTo(
    isBehind ? head : undefined,
    authority.feed({ hold, signal, ...(after !== undefined && { after }) }),
  );
  const cursor = events.findLast(event => event.id !== undefined)?.id ?? head;
  const isNews = events.some(({ event }) => event === 'cut' || event === 'snapshot' || event === 'key');
  if ((after === cursor && !isNews) || matches(call.request, etagOf(cursor))) return unchanged(cursor, echo);
  return json({ cursor, events: events.map(eventAnswer) }, 200, { ...echo, etag: etagOf(cursor) });
}

/** A 304 has no body to say it in, and a longest life may have been raised. */
async function profileOf(authority: Authority): Promise<Echo> {
  for await (const { event, data } of authority.feed())
    if (event === 'profile') return { 'revocable-profile': encodeURIComponent(data) };
  return {};
}

/** Until an event has that cursor; without one, until the first that brings something, or the end. */
async function eventsUpTo(head: string | undefined, feed: AsyncIterable<FeedEvent>): Promise<FeedEvent[]> {
  const events: FeedEvent[] = [];
  for await (const event of feed) {
    events.push(event);
    const isLast = head === undefined ? event.event === 'cut' || event.event === 'key' : reaches(event, head);
    if (isLast) break;
  }
  return events;
}

/** A snapshot may already be ahead of the head that was asked for a moment before. */
const reaches = (event: FeedEvent, head: string): boolean => numberOf(event.id) >= numberOf(head);
/** The second part of `owner.number.tag`. */
const numberOf = (cursor: string | undefined): number => Number(cursor?.split('.')[1] ?? -1);

const eventAnswer = ({ event, id, data }: FeedEvent): object => ({
  event,
  ...(id !== undefined && { id }),
  data: JSON.parse(data),
});
const etagOf = (cursor: string): string => `"${cursor}"`;
const unchanged = (cursor: string, echo: Echo): Response =>
  new Response(null, {
    status: 304,
    headers: { ...echo, etag: etagOf(cursor), 'cache-control': 'no-store' },
  });

type Echo = Readonly<Record<string, string>>;

/** Repeated as a header, which a 304 can have: the answer is to this question, and none that a cache kept. */
function nonceOf(text: string | null): Echo {
  if (text === null) return {};
  if (!/^[\w-]{1,100}$/.test(text)) throw invalidRequest('"nonce" is 1 to 100 letters, digits, "-" and "_".');
  return { 'revocable-nonce': text };
}

function waitOf(text: string | null): number {
  const wait = text === null || text === '' ? 0 : Number(text);
  if (!Number.isInteger(wait) || wait < 0 || wait > LONGEST_WAIT_S)
    throw invalidRequest('"wait" is 0 to 20 seconds.');
  return wait;
}

/** Something that is no cursor cannot be continued either. */
async function canResume(authority: Authority, cursor: string): Promise<boolean> {
  try {
    return await authority.canResume(cursor);
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

const tooOld = (): Refusal =>
  new Refusal({
    status: 410,
    error: 'cursor_too_old',
    description: 'The log cannot be continued from there: ask again without "after".',
  });

/** A follower says what it has applied, and asks how far the log is. The nonce proves that the answer is to this question. */
export async function probe(call: Call, parts: Parts): Promise<Response> {
  await requireFollower(call, parts);
  const body = await readJson(call.request);
  if (body.cuts !== undefined) return heal(call, parts, body.cuts);
  const nonce = body.nonce;
  if (typeof nonce !== 'string' && typeof nonce !== 'number')
    throw invalidRequest('"nonce" is missing: a text or a number.');
  const applied = textOf(body, 'applied');
  const report = { ...reportOf(body), before: await beforeOf(call, parts, body) };
  const { now, head, owner } = await parts.authority.probe(report, applied);
  return json({ nonce, owner, now, head });
}

/** Anybody may ask a public feed; that the store has lost its past, which closes it, is believed of a known client alone. */
async function beforeOf(
  call: Call,
  parts: Parts,
  body: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const before = textOf(body, 'before');
  if (before === undefined || parts.settings.feed !== 'public') return before;
  if (!call.request.headers.has('authorization')) return undefined;
  await requireCredential(call, parts);
  return before;
}

/** Cut-offs that somebody still has. Each is believed for its proof, so the credential of a verifier takes nothing back by this. */
async function heal(call: Call, parts: Parts, cuts: unknown): Promise<Response> {
  await requireCredential(call, parts);
  if (!Array.isArray(cuts)) throw invalidRequest('"cuts" is an array of lines of the feed.');
  return json(await parts.authority.giveBack(cuts));
}

function reportOf(body: Readonly<Record<string, unknown>>) {
  const staleness = body.max_staleness_ms;
  if (staleness !== undefined && !(Number.isSafeInteger(staleness) && (staleness as number) > 0))
    throw invalidRequest('"max_staleness_ms" is a whole number of milliseconds.');
  const whenStale = body.when_stale;
  if (whenStale !== undefined && !isStalePolicy(whenStale))
    throw invalidRequest('"when_stale" is "reject", "allow" or "introspect".');
  return {
    name: textOf(body, 'replica'),
    ...(staleness !== undefined && { maxStalenessMs: staleness as number }),
    ...(whenStale !== undefined && { whenStale }),
  };
}

type StalePolicy = 'reject' | 'allow' | 'introspect';
const isStalePolicy = (value: unknown): value is StalePolicy =>
  value === 'reject' || value === 'allow' || value === 'introspect';

/** Names and cursors are short; what a follower may make the service keep is bounded. */
function textOf(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' || value.length > 200)
    throw invalidRequest(`"${name}" is a text of 200 characters at most.`);
  return value;
}
