/** One reader of the log for all who follow it over HTTP: each line is made once for all of them, and at most every 50 ms. */
import {
  type Cursor,
  type CutEntry,
  encodeEntries,
  encodeProfile,
  type Feed,
  type FeedEvent,
  type FeedSink,
  type Hold,
  hasReached,
  placeOf,
} from '../revocation/index.ts';
import type { Clock, Timers } from '../time.ts';

/** Who hears events; `end`: the log cannot be continued. */
export interface Listener {
  /** The line that it has heard last. */
  profile: string;
  push(event: FeedEvent): void;
  end(): void;
}

export interface FeedHub {
  /** What follows the cursor, until the returned function is called. */
  follow(cursor: Cursor, hold: Hold, listener: Listener): () => void;
}

const LINE_EVERY_MS = 50;
/** Another authority of the store may have raised a longest life. */
const PROFILE_EVERY_MS = 10_000;
/** A new owner of the log is proved a moment after it has begun: until then followers cannot witness it. */
const PROOF_EVERY_MS = 1000;

/** Those who hold the same, and stand at the same place of the log. */
interface Channel {
  readonly feed: Feed;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly hold: Hold;
  /** With the cursor each of them came with: what lies before it is not said again. */
  readonly listeners: Map<Listener, Cursor>;
  /** Behind the newest line; undefined while nobody listens. */
  at: Cursor | undefined;
  /** Whom the newest profile proves to own the log. */
  owner: string | undefined;
  /** What the next line will have, and the cursor behind it. */
  waiting: CutEntry[];
  next: Cursor | undefined;
  /** Monotonic. */
  writtenAt: number;
  stopTimer: (() => void) | undefined;
  stopFollowing: () => void;
  stopLooking: () => void;
}

export function createFeedHub(feed: Feed, { clock, timers }: Pick<Channel, 'clock' | 'timers'>): FeedHub {
  const channels = new Map<Hold, Channel>();
  return {
    follow(cursor, hold, listener) {
      const channel = channels.get(hold) ?? createChannel(feed, hold, clock, timers);
      channels.set(hold, channel);
      channel.at ??= open(channel, cursor);
      const stopCatchingUp = catchUp(channel, cursor, listener);
      return () => {
        stopCatchingUp();
        if (channel.listeners.delete(listener) && channel.listeners.size === 0) close(channel);
      };
    },
  };
}

function createChannel(feed: Feed, hold: Hold, clock: Clock, timers: Timers): Channel {
  return {
    feed,
    hold,
    clock,
    timers,
    listeners: new Map(),
    at: undefined,
    owner: undefined,
    waiting: [],
    next: undefined,
    writtenAt: Number.NEGATIVE_INFINITY,
    stopTimer: undefined,
    stopFollowing: () => {},
    stopLooking: () => {},
  };
}

/** It begins where its first listener stands. */
function open(channel: Channel, cursor: Cursor): Cursor {
  channel.stopFollowing = channel.feed.follow(cursor, channel.hold, {
    entries(entries, next) {
      channel.waiting.push(...entries);
      channel.next = next;
      writeSoon(channel);
    },
    lost() {
      const listeners = [...channel.listeners.keys()];
      close(channel);
      for (const listener of listeners) listener.end();
    },
    key: () => announce(channel, { event: 'key', data: '{}' }),
    profile: profile => tellProfile(channel, encodeProfile(profile)),
  });
  lookAtProfile(channel);
  return cursor;
}

function lookAtProfile(channel: Channel): void {
  const { stopFollowing } = channel;
  const isProved = channel.owner !== undefined && channel.owner === placeOf(channel.at ?? '')?.owner;
  const look = async (): Promise<void> => {
    const found = await channel.feed.profile().catch(() => undefined);
    if (channel.at === undefined || channel.stopFollowing !== stopFollowing) return;
    if (found !== undefined) {
      channel.owner = found.ownerProof?.split('.')[0];
      tellProfile(channel, encodeProfile(found));
    }
    lookAtProfile(channel);
  };
  channel.stopLooking = channel.timers.set(() => void look(), isProved ? PROFILE_EVERY_MS : PROOF_EVERY_MS);
}

function tellProfile(channel: Channel, data: string): void {
  for (const listener of channel.listeners.keys()) {
    if (listener.profile === data) continue;
    listener.profile = data;
    listener.push({ event: 'profile', data });
  }
}

function close(channel: Channel): void {
  channel.stopFollowing();
  channel.stopLooking();
  channel.stopTimer?.();
  channel.listeners.clear();
  const nothing = { at: undefined, owner: undefined, waiting: [], next: undefined, stopTimer: undefined };
  Object.assign(channel, nothing);
}

/** Who only checks access tokens gives nothing back, so it is spared the MACs. */
export const linesFor = (hold: Hold, entries: readonly CutEntry[]): string =>
  encodeEntries(hold === 'all' ? entries : entries.map(entry => ({ ...entry, mac: '' })));

/** The first line at once, the next ones when it is time. */
function writeSoon(channel: Channel): void {
  if (channel.stopTimer !== undefined) return;
  const inMs = channel.writtenAt + LINE_EVERY_MS - channel.clock.monotonic();
  if (inMs <= 0) write(channel);
  else channel.stopTimer = channel.timers.set(() => write(channel), inMs);
}

function write(channel: Channel): void {
  channel.stopTimer?.();
  channel.stopTimer = undefined;
  const { waiting, next } = channel;
  if (next === undefined) return;
  channel.writtenAt = channel.clock.monotonic();
  Object.assign(channel, { at: next, waiting: [], next: undefined });
  const event: FeedEvent = { event: 'cut', id: next, data: linesFor(channel.hold, waiting) };
  for (const [listener, cursor] of channel.listeners) if (!hasReached(cursor, next)) listener.push(event);
}

function announce(channel: Channel, event: FeedEvent): void {
  write(channel);
  for (const listener of channel.listeners.keys()) listener.push(event);
}

/** Whoever stands before the others reads alone, until nothing lies between. */
function catchUp(channel: Channel, cursor: Cursor, listener: Listener): () => void {
  if (joins(channel, cursor, listener)) return () => {};
  let isOver = false;
  let stopReading = (): void => {};
  const stop = (): void => {
    isOver = true;
    stopReading();
  };
  const sink: FeedSink = {
    entries(entries, next) {
      if (isOver) return;
      listener.push({ event: 'cut', id: next, data: linesFor(channel.hold, entries) });
      if (!isOver && joins(channel, next, listener)) stop();
    },
    lost: () => listener.end(),
    key: () => listener.push({ event: 'key', data: '{}' }),
    profile: profile => listener.push({ event: 'profile', data: encodeProfile(profile) }),
  };
  stopReading = channel.feed.follow(cursor, channel.hold, sink);
  return stop;
}

function joins(channel: Channel, cursor: Cursor, listener: Listener): boolean {
  channel.at ??= open(channel, cursor);
  if (!hasReached(cursor, channel.at)) return false;
  channel.listeners.set(listener, cursor);
  return true;
}
