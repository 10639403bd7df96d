/** The store's feed as a stream of events, for whoever serves it over HTTP. */

import { ConfigError, StoreError } from '../errors.ts';
import {
  type Cursor,
  type CutEntry,
  encodeProfile,
  type FeedEvent,
  type Hold,
  placeOf,
  SNAPSHOT_PIECE,
} from '../revocation/index.ts';
import type { Store } from '../store.ts';
import type { AbortSignalLike, Clock, Timers } from '../time.ts';
import { createFeedHub, type FeedHub, linesFor } from './feed-hub.ts';
import { createTurns, type Turns } from './turns.ts';

export interface FeedOptions {
  /** Resume behind this cursor; without one, or where the log cannot be continued from it, a snapshot comes first. */
  readonly after?: Cursor;
  /** @default 'access' */
  readonly hold?: Hold;
  /** Ends the stream. */
  readonly signal?: AbortSignalLike;
}

/** Behind this many characters that a reader has not taken it is dropped, and resumes by its cursor. */
const MOST_UNSENT = 1_048_576;
/** Snapshots served at once. A reader that takes longer than this for one keeps no other waiting. */
const MOST_SNAPSHOTS = 4;
const SNAPSHOT_WITHIN_MS = 60_000;

export interface FeedEvents {
  /**
   * Events `profile`, `snapshot`, `ready`, then `cut` and `key` as they come.
   * It ends when the signal is aborted, the log cannot be continued from the reader's cursor, or its reader is too slow.
   * @throws {ConfigError} ERR_CONFIG_INVALID a cursor that is none
   */
  events(options: FeedOptions): AsyncGenerator<FeedEvent>;
}

export function createFeedEvents(
  store: Store,
  ports: { readonly clock: Clock; readonly timers: Timers },
): FeedEvents {
  const hub = createFeedHub(store.feed, ports);
  const turns = createTurns(MOST_SNAPSHOTS, SNAPSHOT_WITHIN_MS, ports.timers);
  return { events: options => feedEvents(store, hub, turns, options) };
}

async function* feedEvents(
  store: Store,
  hub: FeedHub,
  turns: Turns,
  options: FeedOptions,
): AsyncGenerator<FeedEvent> {
  const { after, hold = 'access', signal } = options;
  if (after !== undefined && placeOf(after) === undefined)
    throw new ConfigError('"after" is not a cursor of this feed.');
  const profile = await store.profile();
  if (profile === undefined)
    throw new StoreError('ERR_STORE_UNAVAILABLE', 'No authority has declared its tokens here yet.');
  const line = encodeProfile(profile);
  yield { event: 'profile', data: line };
  const cursor = (await resumable(store, after)) ?? (yield* snapshotInTurn(store, turns, hold, signal));
  if (cursor === undefined) return;
  yield { event: 'ready', id: cursor, data: JSON.stringify({ head: cursor }) };
  yield* following(hub, { cursor, hold, profile: line }, signal);
}

/** The cursor, when the log can be continued from it. Otherwise a snapshot serves. */
export async function resumable(store: Store, after: Cursor | undefined): Promise<Cursor | undefined> {
  return after !== undefined && (await store.continues(after)) ? after : undefined;
}

async function* snapshotInTurn(
  store: Store,
  turns: Turns,
  hold: Hold,
  signal: AbortSignalLike | undefined,
): AsyncGenerator<FeedEvent, Cursor | undefined> {
  const endTurn = await turns.take(signal);
  if (endTurn === undefined) return undefined;
  try {
    return yield* snapshot(store, hold);
  } finally {
    endTurn();
  }
}

/** Pieces go out as they come in. */
async function* snapshot(store: Store, hold: Hold): AsyncGenerator<FeedEvent, Cursor> {
  const pieces: (readonly CutEntry[])[] = [];
  let wake = (): void => {};
  let cursor: Cursor | undefined;
  const loading = store.feed.load(hold, entries => {
    pieces.push(entries);
    wake();
  });
  const loaded = loading.then(found => {
    cursor = found;
  });
  loaded.catch(() => undefined); // a reader that has gone does not hear of it
  for (;;) {
    const piece = pieces.shift();
    if (piece !== undefined) yield* snapshotEvents(piece, hold);
    else if (cursor !== undefined) return cursor;
    else
      await Promise.race([
        loaded,
        new Promise<void>(resolve => {
          wake = resolve;
        }),
      ]);
  }
}

function* snapshotEvents(piece: readonly CutEntry[], hold: Hold): Generator<FeedEvent> {
  for (let from = 0; from < piece.length; from += SNAPSHOT_PIECE)
    yield { event: 'snapshot', data: linesFor(hold, piece.slice(from, from + SNAPSHOT_PIECE)) };
}

/** What is new, as it comes. Whoever leaves too much of it gets what waits, and nothing more. */
async function* following(
  hub: FeedHub,
  { cursor, hold, profile }: { readonly cursor: Cursor; readonly hold: Hold; readonly profile: string },
  signal: AbortSignalLike | undefined,
): AsyncGenerator<FeedEvent> {
  const waiting: FeedEvent[] = [];
  let [unsent, isOver] = [0, false];
  let wake = (): void => {};
  const end = (): void => {
    isOver = true;
    wake();
  };
  const push = (event: FeedEvent): void => {
    if (isOver) return;
    waiting.push(event);
    unsent += event.data.length;
    if (unsent > MOST_UNSENT) isOver = true;
    wake();
  };
  const stop = hub.follow(cursor, hold, { profile, push, end });
  signal?.addEventListener('abort', end);
  try {
    while (!signal?.aborted) {
      const event = waiting.shift();
      unsent -= event?.data.length ?? 0;
      if (event !== undefined) yield event;
      else if (isOver) return;
      else
        await new Promise<void>(resolve => {
          wake = resolve;
        });
    }
  } finally {
    stop();
    signal?.removeEventListener('abort', end);
  }
}
