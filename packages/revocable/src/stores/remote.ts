/** The feed of a token service over HTTP: one stream that is followed, and a probe beside it. */
import { StoreError } from '../errors.ts';
import { randomId } from '../random.ts';
import {
  type Cursor,
  decodeEntries,
  decodeProfile,
  type Feed,
  type FeedSink,
  type Hold,
  hasReached,
  type ProbeAnswer,
  placeOf,
  type Question,
  type ReplicaReport,
  type TokenProfile,
} from '../revocation/index.ts';
import type { ServerEvent } from './event-source.ts';
import {
  type Connection,
  connect,
  type RemoteFeedOptions,
  refuseOpenRoads,
  unavailable,
} from './remote-connection.ts';
import { pullOnce } from './remote-pull.ts';
import { giveBack, post } from './remote-question.ts';
import { inSlices } from './slices.ts';

/** The answer to a probe names a head; a stream that has not brought it by then is held back somewhere. */
const BEHIND_FOR_MS = 5000;
const RECONNECT_MS = 250;
const LONGEST_WAIT_MS = 5000;

export interface RemoteFeed extends Feed {
  close(): void;
}

interface State {
  readonly options: RemoteFeedOptions;
  /** Opened by `profile`; `load` goes on with it, or whoever follows from that cursor. */
  greeted: { readonly connection: Connection; readonly after: Cursor | undefined } | undefined;
  /** Opened by `load`, gone on with by `follow`. */
  seeded: Connection | undefined;
  current: Connection | undefined;
  at: Cursor | undefined;
  stopWaiting: () => void;
}

/** @throws {ConfigError} ERR_CONFIG_INVALID for an address that is neither https nor on this machine */
export function createRemoteFeed(options: RemoteFeedOptions): RemoteFeed {
  refuseOpenRoads(options.url);
  const state: State = {
    options,
    greeted: undefined,
    seeded: undefined,
    current: undefined,
    at: undefined,
    stopWaiting: () => {},
  };
  return {
    profile: after => profile(state, after),
    load: (hold, take) => load(state, hold, take),
    follow: (cursor, hold, sink) => follow(state, cursor, hold, sink),
    probe: report => probe(state, report),
    pull: (question, sink) => pull(state, question, sink),
    giveBack: entries => giveBack(options, entries),
    close: () => drop(state),
  };
}

/** What most of them hold. */
const USUAL: Hold = 'access';

async function profile(state: State, after: Cursor | undefined): Promise<TokenProfile> {
  drop(state);
  let connection: Connection | undefined;
  try {
    connection = await connect(state.options, USUAL, after);
    const found = await firstProfile(connection);
    state.greeted = { connection, after };
    return found;
  } catch (error) {
    connection?.abort.abort();
    throw reported(state, error);
  }
}

async function firstProfile(connection: Connection): Promise<TokenProfile> {
  const { value, done } = await connection.events.next();
  if (done || value.event !== 'profile')
    throw new StoreError('ERR_STORE_CORRUPT', 'The feed did not begin with its profile.');
  return decodeProfile(value.data);
}

/** The stream that `profile` opened, if it is of use. */
function greeted(state: State, hold: Hold, after: Cursor | undefined): Connection | undefined {
  const found = state.greeted;
  state.greeted = undefined;
  if (found === undefined || (hold === USUAL && found.after === after)) return found?.connection;
  found.connection.abort.abort();
  return undefined;
}

/** A new stream, behind its profile. */
async function begin(state: State, hold: Hold): Promise<Connection> {
  drop(state);
  const connection = await connect(state.options, hold, undefined);
  await firstProfile(connection);
  return connection;
}

/** Up to `ready`; the stream stays open for `follow`. */
async function load(state: State, hold: Hold, take: Parameters<Feed['load']>[1]): Promise<Cursor> {
  const connection = greeted(state, hold, undefined) ?? (await begin(state, hold));
  try {
    for (;;) {
      const { value, done } = await connection.events.next();
      if (done) throw unavailable('The feed ended before its snapshot did.');
      if (value.event === 'snapshot') await inSlices(decodeEntries(value.data), take);
      if (value.event !== 'ready') continue;
      state.seeded = connection;
      state.at = headOf(value);
      return state.at;
    }
  } catch (error) {
    connection.abort.abort();
    throw reported(state, error);
  }
}

function follow(state: State, cursor: Cursor, hold: Hold, sink: FeedSink): () => void {
  let isOver = false;
  state.at = cursor;
  const begun = greeted(state, hold, cursor);
  if (begun !== undefined) state.seeded = begun;
  const run = async (): Promise<void> => {
    for (let failures = 0; !isOver; failures++) {
      try {
        const connection = state.seeded ?? (await connect(state.options, hold, state.at));
        // Another follower may have begun since: what is shared is its, and this stream is nobody's.
        if (isOver) return connection.abort.abort();
        state.seeded = undefined;
        state.current = connection;
        await drain(state, connection, sink, () => {
          failures = 0;
        });
      } catch (error) {
        if (!isOver) reported(state, error);
      }
      if (!isOver) await rest(state, failures);
    }
  };
  void run();
  return () => {
    isOver = true;
    drop(state);
    state.stopWaiting();
  };
}

/** Events of one stream, until it ends. Whatever cannot be understood ends it, and the cursor stays where it is. */
async function drain(
  state: State,
  connection: Connection,
  sink: FeedSink,
  onProgress: () => void,
): Promise<void> {
  for (;;) {
    const { value, done } = await connection.events.next();
    if (done) return;
    onProgress();
    if (value.event === 'profile') sink.profile(decodeProfile(value.data));
    else if (value.event === 'key') sink.key();
    else if (value.event === 'snapshot') sink.entries(decodeEntries(value.data), state.at ?? '');
    else if (value.event === 'ready') advance(state, headOf(value), [], sink);
    else if (value.event === 'cut') advance(state, value.id ?? '', decodeEntries(value.data), sink);
  }
}

function advance(
  state: State,
  cursor: Cursor,
  entries: ReturnType<typeof decodeEntries>,
  sink: FeedSink,
): void {
  if (placeOf(cursor) === undefined)
    throw new StoreError('ERR_STORE_CORRUPT', 'The feed sent a cut without a cursor.');
  state.at = cursor;
  sink.entries(entries, cursor);
}

function headOf(event: ServerEvent): Cursor {
  const head: unknown = event.id ?? JSON.parse(event.data).head;
  if (typeof head !== 'string' || placeOf(head) === undefined)
    throw new StoreError('ERR_STORE_CORRUPT', 'The feed is ready without saying where.');
  return head;
}

/** A random wait that grows, so that a thousand verifiers do not come back at once. */
function rest(state: State, failures: number): Promise<void> {
  const { timers, random } = state.options;
  const longest = Math.min(LONGEST_WAIT_MS, RECONNECT_MS * 2 ** Math.min(failures, 6));
  const share = (random.bytes(1)[0] ?? 0) / 255;
  return new Promise(resolve => {
    const stop = timers.set(resolve, longest * (0.5 + share / 2));
    state.stopWaiting = () => {
      stop();
      resolve();
    };
  });
}

async function probe(state: State, report: ReplicaReport): Promise<ProbeAnswer> {
  const nonce = randomId(state.options.random);
  const answer = await post(state.options, {
    replica: report.name,
    applied: report.applied,
    nonce,
    max_staleness_ms: report.maxStalenessMs,
    when_stale: report.whenStale,
    before: report.before,
  });
  return judged(state, answer, nonce);
}

/** Nobody hears of a nameless replica; one with a name is registered by its probe, and both have to be answered. */
async function pull(state: State, question: Question, sink: FeedSink): Promise<Cursor | undefined> {
  try {
    const { report } = question;
    if (report.name === undefined) return await pullOnce(state.options, question, sink);
    return (await Promise.all([pullOnce(state.options, question, sink), probe(state, report)]))[0];
  } catch (error) {
    throw reported(state, error);
  }
}

/** An answer to another question, from a cache or a proxy, says nothing of now. */
function judged(state: State, { nonce, head, now }: Record<string, unknown>, asked: string): ProbeAnswer {
  if (nonce !== asked) throw unavailable('The answer to the probe is that of another one.');
  if (typeof head !== 'string' || placeOf(head) === undefined || typeof now !== 'number')
    throw new StoreError('ERR_STORE_CORRUPT', 'The answer to the probe cannot be read.');
  reconnectIfHeldBack(state, head);
  return { head, now };
}

/** The probes pass and the stream does not: whoever holds it back is left for a new connection. */
function reconnectIfHeldBack(state: State, head: Cursor): void {
  const connection = state.current;
  if (connection === undefined || hasReached(state.at, head)) return;
  state.options.timers.set(() => {
    if (state.current === connection && !hasReached(state.at, head)) connection.abort.abort();
  }, BEHIND_FOR_MS);
}

function drop(state: State): void {
  state.greeted?.connection.abort.abort();
  state.greeted = undefined;
  state.seeded?.abort.abort();
  state.current?.abort.abort();
  state.seeded = undefined;
  state.current = undefined;
}

function reported(state: State, error: unknown): StoreError {
  const known = error instanceof StoreError ? error : unavailable('The feed cannot be reached.', error);
  state.options.onProblem(known);
  return known;
}
