/** The feed of the embedded store: its log is the table of cuts. */
import { StoreError } from '../../errors.ts';
import {
  type Cursor,
  type CutEntry,
  cursorOf,
  type Feed,
  type FeedSink,
  type Hold,
} from '../../revocation/index.ts';
import type { Declared } from '../declared.ts';
import { profileAt } from '../declared.ts';
import { positionIn } from '../position.ts';
import type { LogPiece, Watched } from './operations.ts';
import type { Ask } from './queue.ts';
import { cutOf } from './sqlite-state.ts';

const PIECE = 1000;
const RETRY_MS = 100;

interface Follower {
  readonly hold: Hold;
  readonly sink: FeedSink;
  position: number;
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
    changed: next => changed(held, next),
    stop: () => held.followers.clear(),
  };
}

/** The cursor first: what moves to the end of the log meanwhile lies behind it, and `follow` brings it. */
async function load(ask: Ask, hold: Hold, take: (entries: readonly CutEntry[]) => void): Promise<Cursor> {
  let piece = await ask('log', { after: 0, limit: PIECE, hold });
  const { owner, head } = piece;
  for (;;) {
    if (piece.owner !== owner)
      throw new StoreError('ERR_STORE_UNAVAILABLE', 'The store was replaced while it was read.');
    take(piece.rows.map(cutOf).filter(entry => entry.number <= head));
    if (piece.end >= head) return cursorOf(owner, head);
    piece = await ask('log', { after: piece.end, limit: PIECE, hold });
  }
}

function follow(held: Held, cursor: Cursor, hold: Hold, sink: FeedSink): () => void {
  const follower: Follower = { hold, sink, position: 0, isReading: false };
  held.followers.add(follower);
  void begin(held, follower, cursor);
  return () => held.followers.delete(follower);
}

/** Whether the log can be continued is asked of the store: what this process has heard of it may be older. */
async function begin(held: Held, follower: Follower, cursor: Cursor): Promise<void> {
  follower.isReading = true;
  const ledger = await patiently(held, follower, () => held.ask('watched'));
  if (ledger === undefined) return;
  const position = positionIn(ledger, cursor);
  if (position === undefined) return lose(held, follower);
  follower.position = position;
  follower.isReading = false;
  const { owner, head } = held.watched;
  await readOn(held, follower, owner === ledger.owner && head > ledger.head ? held.watched : ledger);
}

function changed(held: Held, next: Watched): void {
  const before = held.watched;
  held.watched = next;
  for (const follower of [...held.followers]) {
    if (next.signing !== before.signing) follower.sink.key();
    if (next.owner !== before.owner) lose(held, follower);
    else void readOn(held, follower, next);
  }
}

function lose(held: Held, follower: Follower): void {
  if (held.followers.delete(follower)) follower.sink.lost();
}

/** Reads until the end of the log; one reading at a time, so that the order is that of the log. */
async function readOn(held: Held, follower: Follower, seen: Watched): Promise<void> {
  if (follower.isReading || follower.position >= seen.head) return;
  follower.isReading = true;
  try {
    for (let target = seen.head; follower.position < target; target = Math.max(target, held.watched.head)) {
      const { hold, position } = follower;
      const piece = await patiently(held, follower, () =>
        held.ask('log', { after: position, limit: PIECE, hold }),
      );
      if (piece === undefined || !held.followers.has(follower)) return;
      if (piece.owner !== seen.owner || piece.head < position) return lose(held, follower);
      deliver(follower, piece);
    }
  } finally {
    follower.isReading = false;
  }
}

function deliver(follower: Follower, piece: LogPiece): void {
  follower.position = Math.max(follower.position, piece.end);
  follower.sink.entries(piece.rows.map(cutOf), cursorOf(piece.owner, follower.position));
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
