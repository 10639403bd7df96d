/** The store's feed as a stream of events, for whoever serves it over HTTP. */

import { ConfigError, StoreError } from '../errors.ts';
import {
  type Cursor,
  type CutEntry,
  encodeEntries,
  encodeProfile,
  type FeedEvent,
  type Hold,
  placeOf,
} from '../revocation/index.ts';
import type { Store } from '../store.ts';
import type { AbortSignalLike } from '../time.ts';

export interface FeedOptions {
  /** Resume behind this cursor; without one, or where the log cannot be continued from it, a snapshot comes first. */
  readonly after?: Cursor;
  /** @default 'access' */
  readonly hold?: Hold;
  /** Ends the stream. */
  readonly signal?: AbortSignalLike;
}

/** Events wait here for a reader; one that lets more than this wait is dropped and resumes by its cursor. */
const MOST_WAITING = 10_000;
const CHUNK = 1000;

/**
 * Events `profile`, `snapshot`, `ready`, then `cut` and `key` as they come.
 * It ends when the signal is aborted or the log cannot be continued from the reader's cursor.
 * @throws {ConfigError} ERR_CONFIG_INVALID a cursor that is none
 */
export async function* feedEvents(store: Store, options: FeedOptions): AsyncGenerator<FeedEvent> {
  const { after, hold = 'access', signal } = options;
  if (after !== undefined && placeOf(after) === undefined)
    throw new ConfigError('"after" is not a cursor of this feed.');
  const profile = await store.profile();
  if (profile === undefined)
    throw new StoreError('ERR_STORE_UNAVAILABLE', 'No authority has declared its tokens here yet.');
  yield { event: 'profile', data: encodeProfile(profile) };
  const cursor = (await resumable(store, after)) ?? (yield* snapshot(store, hold));
  yield { event: 'ready', id: cursor, data: JSON.stringify({ head: cursor }) };
  yield* following(store, cursor, hold, signal);
}

/** The cursor, when the log can be continued from it. Otherwise a snapshot serves. */
export async function resumable(store: Store, after: Cursor | undefined): Promise<Cursor | undefined> {
  return after !== undefined && (await store.continues(after)) ? after : undefined;
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
  for (let from = 0; from < piece.length; from += CHUNK)
    yield { event: 'snapshot', data: encodeEntries(shown(piece.slice(from, from + CHUNK), hold)) };
}

/** Who only checks access tokens gives nothing back, so it is spared the MACs. */
const shown = (entries: readonly CutEntry[], hold: Hold): readonly CutEntry[] =>
  hold === 'all' ? entries : entries.map(entry => ({ ...entry, mac: '' }));

async function* following(
  store: Store,
  cursor: Cursor,
  hold: Hold,
  signal: AbortSignalLike | undefined,
): AsyncGenerator<FeedEvent> {
  const waiting: FeedEvent[] = [];
  let isOver = false;
  let wake = (): void => {};
  const end = (): void => {
    isOver = true;
    wake();
  };
  const push = (event: FeedEvent): void => {
    if (waiting.push(event) > MOST_WAITING) isOver = true;
    wake();
  };
  const stop = store.feed.follow(cursor, hold, {
    entries: (entries, next) => push({ event: 'cut', id: next, data: encodeEntries(shown(entries, hold)) }),
    lost: end,
    key: () => push({ event: 'key', data: '{}' }),
    profile: profile => push({ event: 'profile', data: encodeProfile(profile) }),
  });
  signal?.addEventListener('abort', end);
  try {
    while (!isOver && !signal?.aborted) {
      const event = waiting.shift();
      if (event !== undefined) yield event;
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
