/** The feed of the embedded store: its log is the table of cuts. */
import { StoreError } from '../../errors.ts';
import type { Cursor, CutEntry, Feed, FeedSink, Hold } from '../../revocation/index.ts';
import type { Declared } from '../declared.ts';
import { profileAt } from '../declared.ts';
import { inSlices } from '../slices.ts';
import type { LogPiece, Watched } from './operations.ts';
import type { Ask } from './queue.ts';
import { cutOf } from './sqlite-state.ts';

const PIECE = 1000;
const RETRY_MS = 100;

interface Follower {
  readonly hold: Hold;
  readonly sink: FeedSink;
  cursor: Cursor;
  isReading: boolean;
}

export interface EmbeddedFeed extends Feed {
  /** The worker has seen a commit. */
  changed(watched: Watched): void;
  stop(): void;
}

interface Held {
  readonly ask: Ask;
  readonly now: () => number;
  readonly followers: Set<Follower>;
  watched: Watched;
}

export function createEmbeddedFeed(ask: Ask, now: () => number, watched: Watched): EmbeddedFeed {
  const held: Held = { ask, now, followers: new Set(), watched };
  return {
    async profile() {
      const declared: Declared | undefined = await ask('declared');
      if (declared !== undefined) return profileAt(declared, now());
      throw new StoreError(
        'ERR_STORE_UNAVAILABLE',
        'No authority has used this store yet: nothing is known of its tokens.',
      );
    },
    load: (hold, take) => load(ask, hold, take),
    follow: (cursor, hold, sink) => follow(held, cursor, hold, sink),
    probe: report => (report.name === undefined ? ask('probe', report) : ask('report', report)),
    giveBack: entries => ask('offer', entries),
    changed: next => changed(held, next),
    stop: () => held.followers.clear(),
  };
}

/** The cursor first: what moves to the end of the log meanwhile lies behind it, and `follow` brings it. */
async function load(ask: Ask, hold: Hold, take: (entries: readonly CutEntry[]) => void): Promise<Cursor> {
  let piece = await ask('log', { after: 0, limit: PIECE, hold });
  const { owner, head, headCursor } = piece;
  for (;;) {
    if (piece.owner !== owner)
      throw new StoreError('ERR_STORE_UNAVAILABLE', 'The store was replaced while it was read.');
    await inSlices(
      piece.rows.map(cutOf).filter(entry => entry.number <= head),
      take,
    );
    if (piece.end >= head) return headCursor;
    piece = await ask('log', { after: piece.end, limit: PIECE, hold });
  }
}

function follow(held: Held, cursor: Cursor, hold: Hold, sink: FeedSink): () => void {
  const follower: Follower = { hold, sink, cursor, isReading: false };
  held.followers.add(follower);
  void readOn(held, follower);
  return () => held.followers.delete(follower);
}

function changed(held: Held, next: Watched): void {
  const before = held.watched;
  held.watched = next;
  for (const follower of [...held.followers]) {
    if (next.signing !== before.signing) follower.sink.key();
    if (next.owner !== before.owner) lose(held, follower);
    else if (next.cursor !== follower.cursor) void readOn(held, follower);
  }
}

function lose(held: Held, follower: Follower): void {
  if (held.followers.delete(follower)) follower.sink.lost();
}

/**
 * Reads until the end of the log; one reading at a time, so that the order is that of the log. Whether it goes on behind the
 * follower's cursor is asked of the store each time: the tag of the entry there says so.
 */
async function readOn(held: Held, follower: Follower): Promise<void> {
  if (follower.isReading) return;
  follower.isReading = true;
  try {
    for (let isBehind = true; isBehind; ) {
      const { hold, cursor: after } = follower;
      const piece = await patiently(held, follower, async () => ({
        found: await held.ask('logBehind', { after, limit: PIECE, hold }),
      }));
      if (piece === undefined || !held.followers.has(follower)) return;
      if (piece.found === undefined) return lose(held, follower);
      deliver(follower, piece.found);
      isBehind = piece.found.end < Math.max(piece.found.head, held.watched.head);
    }
  } finally {
    follower.isReading = false;
  }
}

/** The first reading may bring nothing: it was to see that the log goes on from there. */
function deliver(follower: Follower, { endCursor, rows }: LogPiece): void {
  if (endCursor === follower.cursor) return;
  follower.cursor = endCursor;
  follower.sink.entries(rows.map(cutOf), endCursor);
}

/** A store that fails for a while is asked again, for as long as somebody follows. */
async function patiently<T>(held: Held, follower: Follower, work: () => Promise<T>): Promise<T | undefined> {
  while (held.followers.has(follower)) {
    try {
      return await work();
    } catch {
      await new Promise(resolve => setTimeout(resolve, RETRY_MS).unref());
    }
  }
  return undefined;
}
