/** Those who follow the log: each reads on from its own place, and is told when the log is not the one it has read so far. */
import {
  type Cursor,
  type CutEntry,
  cursorOf,
  type FeedSink,
  type Hold,
  type Place,
  placeOf,
} from '../../revocation/index.ts';
import { positionIn } from '../position.ts';
import type { StreamItem } from './bell.ts';
import { LOG_PIECE } from './feed-scripts.ts';
import { declaredIn, heldBy } from './hold.ts';
import type { Answer, Primary } from './primary.ts';
import { entryFrom, pairsOf } from './rows.ts';

/** Entries that one reading brings. */
const PIECE = 1000;

export interface Followers {
  readonly size: number;
  add(cursor: Cursor, hold: Hold, sink: FeedSink): () => void;
  /** Something may have been appended. @param items what, as the log has it; empty where that is not known */
  wake(items: readonly StreamItem[]): void;
  stop(): void;
}

interface Follower {
  readonly cursor: Cursor;
  readonly hold: Hold;
  readonly sink: FeedSink;
  owner: string | undefined;
  /** The number of the newest entry it has, that entry's tag, and its place in the stream. */
  number: number;
  tag: string;
  after: string;
  isReading: boolean;
  isDue: boolean;
}

interface Held {
  readonly primary: Primary;
  readonly pause: () => Promise<void>;
  readonly followers: Set<Follower>;
}

/** @param pause between readings of a store that fails */
export function createFollowers(primary: Primary, pause: () => Promise<void>): Followers {
  const held: Held = { primary, pause, followers: new Set() };
  return {
    get size() {
      return held.followers.size;
    },
    add(cursor, hold, sink) {
      const place = { owner: undefined, number: 0, tag: '', after: '' };
      const follower = { cursor, hold, sink, ...place, isReading: false, isDue: false };
      held.followers.add(follower);
      void readOn(held, follower);
      return () => held.followers.delete(follower);
    },
    wake(brought) {
      const items = itemsFrom(brought);
      for (const follower of [...held.followers]) if (!takeOn(follower, items)) void readOn(held, follower);
    },
    stop: () => held.followers.clear(),
  };
}

/** Reads until the end of the log; one reading at a time, so that the order is that of the log. */
async function readOn(held: Held, follower: Follower): Promise<void> {
  follower.isDue = true;
  if (follower.isReading) return;
  follower.isReading = true;
  try {
    while (follower.isDue && held.followers.has(follower)) {
      follower.isDue = false;
      await readPiece(held, follower);
    }
  } finally {
    follower.isReading = false;
  }
}

async function readPiece(held: Held, follower: Follower): Promise<void> {
  const answer = await nextPiece(held, follower).catch(() => undefined);
  if (!held.followers.has(follower)) return;
  if (answer !== undefined) return deliver(held, follower, answer);
  follower.isDue = true;
  await held.pause();
}

async function nextPiece(held: Held, follower: Follower): Promise<Answer | undefined> {
  if (follower.owner === undefined) await takePlace(held, follower);
  const { number, after } = follower;
  return held.followers.has(follower)
    ? held.primary.follow(LOG_PIECE, { number, after, limit: PIECE })
    : undefined;
}

/** Whether the log can be continued from the cursor. */
async function takePlace(held: Held, follower: Follower): Promise<void> {
  const place = await placeIn(held.primary, follower.cursor);
  if (place === undefined) return lose(held, follower);
  const { owner, number, tag } = place;
  Object.assign(follower, { owner, number, tag, after: `${number}-0` });
}

/** Where a cursor stands in this log; undefined where the log cannot be continued from it. */
export async function placeIn(primary: Primary, cursor: Cursor): Promise<Place | undefined> {
  const place = placeOf(cursor);
  const answer = await primary.follow(LOG_PIECE, { number: place?.number ?? 0, after: '0-0', limit: 1 });
  const [, tagThere] = answer.rest as [string, string];
  return positionIn(answer, cursor, () => tagThere || undefined) === undefined ? undefined : place;
}

function lose(held: Held, follower: Follower): void {
  if (held.followers.delete(follower)) follower.sink.lost();
}

const itemsFrom = (pieces: readonly StreamItem[]): LogItem[] =>
  pieces.map(([id, flat]) => ({ id, fields: new Map(pairsOf(flat)) }));

/**
 * What the bell brought is taken as it is where it goes on from here, so that a cut costs each follower one answer of Redis and not
 * two. Cuts alone: behind a takeover or a new key, and wherever the log is not the one that was read, it is read again, with its
 * owner and profile beside it. What is appended just now is held, whatever the profile says.
 */
function takeOn(follower: Follower, items: readonly LogItem[]): boolean {
  const { owner, sink, hold } = follower;
  if (follower.isReading || owner === undefined || items.length === 0) return false;
  if (!items.every(({ fields }) => fields.has('scope')) || !isChain(follower, items)) return false;
  const newest = new Map<string, CutEntry>();
  const next = { ...follower };
  try {
    for (const item of items) advance(next, item, newest);
  } catch {
    return false;
  }
  const { number, tag, after } = next;
  Object.assign(follower, { number, tag, after });
  const entries = [...newest.values()].filter(({ a, s }) => hold === 'all' || a > 0 || s > 0);
  sink.entries(entries, cursorOf(owner, number, tag));
  return true;
}

/** One step of the log: a cut with its number and tags, or the news that another key signs. */
interface LogItem {
  readonly id: string;
  readonly fields: ReadonlyMap<string, string>;
}

function deliver(held: Held, follower: Follower, answer: Answer): void {
  const [profile, tag, pieces] = answer.rest as [string, string, StreamItem[]];
  const items = itemsFrom(pieces);
  if (!isContinued(follower, answer, tag, items)) {
    lose(held, follower);
    return;
  }
  const newest = new Map<string, CutEntry>();
  try {
    for (const item of items) advance(follower, item, newest);
  } catch {
    lose(held, follower); // A damaged entry: the snapshot says what the scope's cuts are, or that it is damaged too.
    return;
  }
  follower.isDue ||= items.length === PIECE;
  const isHeld = heldBy(follower.hold, declaredIn(profile), answer);
  const entries = [...newest.values()].filter(isHeld).sort((x, y) => x.number - y.number);
  if (newest.size > 0) follower.sink.entries(entries, cursorOf(answer.owner, follower.number, follower.tag));
  if (items.some(({ fields }) => fields.has('key'))) follower.sink.key();
}

/** Of each scope the newest: it is the whole state of the scope. */
function advance(follower: Follower, { id, fields }: LogItem, newest: Map<string, CutEntry>): void {
  follower.after = id;
  const scope = fields.get('scope');
  if (scope === undefined) return;
  const entry = entryFrom(scope, fields.get('entry') ?? '');
  newest.set(scope, entry);
  follower.number = entry.number;
  follower.tag = fields.get('tag') ?? '';
}

/** The same owner, the same entry where it stands, and behind it one entry after the other, each naming the one before. */
function isContinued(follower: Follower, answer: Answer, tag: string, items: readonly LogItem[]): boolean {
  if (answer.owner !== follower.owner || answer.head < follower.number) return false;
  if (tag !== '' && follower.tag !== tag) return false;
  return (
    isChain(follower, items) && (items.length === PIECE || answer.head === numberBehind(follower, items))
  );
}

const cutsAmong = (items: readonly LogItem[]): LogItem[] => items.filter(({ fields }) => fields.has('scope'));

const numberBehind = ({ number }: Follower, items: readonly LogItem[]): number =>
  number + cutsAmong(items).length;

/** One entry after the other from where this stands, each naming the one before. */
function isChain(follower: Follower, items: readonly LogItem[]): boolean {
  let { number, tag: before } = follower;
  for (const { id, fields } of cutsAmong(items)) {
    if (id !== `${number + 1}-0` || fields.get('prev') !== before) return false;
    number += 1;
    before = fields.get('tag') ?? '';
  }
  return true;
}
