/** Keeps a replica's knowledge up to date from a feed that streams. */
import { type Random, systemRandom } from '../random.ts';
import type { Timers } from '../time.ts';
import { type Cursor, type Feed, hasReached, type StalePolicy } from './feed.ts';
import { createGivingBack, type GivingBack } from './giving-back.ts';
import { accept, ageOf, forgetOld, isOfOwnerBefore, type Knowledge, noteOwner, take } from './knowledge.ts';
import type { TokenProfile } from './profile.ts';
import { restore, type Snapshot } from './snapshot.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';

export interface FollowerOptions {
  readonly feed: Feed;
  readonly name: string | undefined;
  readonly maxStalenessMs: number;
  readonly whenStale: StalePolicy;
  readonly timers: Timers;
  /** Of an earlier run: it shortens the first load. */
  readonly keeper?: SnapshotKeeper | undefined;
  readonly random?: Random;
  readonly onKey: () => void;
  readonly onReady: () => void;
}

const PROBE_EVERY_MS = 1000;
const RETRY_MS = 250;
/** A longest life that is raised counts at once; a store does not say so by itself, a stream does. */
const PROFILE_EVERY_MS = 10_000;

interface Following {
  readonly options: FollowerOptions;
  readonly knowledge: Knowledge;
  readonly givingBack: GivingBack | undefined;
  isOver: boolean;
  isSeeding: boolean;
  /** Something was applied since the last probe was sent. */
  hasUnsaid: boolean;
  /** When it was last asked for, monotonic. */
  profileAt: number;
  stop: () => void;
  wake: () => void;
}

/** Follows until the returned function is called. */
export function startFollowing(knowledge: Knowledge, options: FollowerOptions): () => void {
  const { healer } = knowledge;
  const { feed, timers, random = systemRandom } = options;
  const following: Following = {
    options,
    knowledge,
    givingBack: healer && createGivingBack(healer, { feed, timers, random }),
    isOver: false,
    isSeeding: false,
    hasUnsaid: false,
    profileAt: knowledge.clock.monotonic(),
    stop: () => {},
    wake: () => {},
  };
  void seed(following);
  void probeForEver(following);
  return () => {
    following.isOver = true;
    following.stop();
    following.givingBack?.stop();
    following.wake();
  };
}

function advance({ knowledge }: Following, cursor: Cursor): void {
  knowledge.cursor = cursor;
  knowledge.freshness.applied(cursor);
}

/** The next probe is sent at once. */
function probeSoon(following: Following): void {
  following.hasUnsaid = true;
  following.wake();
}

/** A snapshot, cursor first; then what follows. On a log that cannot be continued, again from the start; nothing is dropped. */
async function seed(following: Following): Promise<void> {
  if (following.isSeeding) return;
  following.isSeeding = true;
  following.stop();
  await load(following);
  following.isSeeding = false;
}

async function load(following: Following): Promise<void> {
  const { knowledge, options } = following;
  while (!following.isOver) {
    try {
      // What the store does not show in this snapshot, it has lost.
      knowledge.healer?.doubt();
      const found = knowledge.isLoaded ? undefined : await options.keeper?.found;
      const profile = await options.feed.profile(found?.cursor);
      const restored = resume(following, found, profile);
      accept(knowledge, profile);
      const cursor =
        restored ?? (await options.feed.load(knowledge.hold, entries => take(knowledge, entries)));
      if (following.isOver) return;
      knowledge.isLoaded = true;
      noteOwner(knowledge, knowledge.cursor, cursor);
      advance(following, cursor);
      probeSoon(following);
      follow(following, cursor);
      following.givingBack?.due();
      return;
    } catch {
      await new Promise<void>(resolve => options.timers.set(resolve, RETRY_MS));
    }
  }
}

/**
 * Where an earlier run stood, if it followed the same issuer. Nothing of it counts as fresh: only a probe says that. What was cut
 * counts again for a healer too, but it needs the entries themselves, and loads them.
 */
function resume(
  { knowledge, options }: Following,
  found: Snapshot | undefined,
  profile: TokenProfile,
): Cursor | undefined {
  if (found?.profile.issuer === profile.issuer) {
    const cursor = restore(knowledge, found);
    return knowledge.healer === undefined ? cursor : undefined;
  }
  if (found !== undefined) options.keeper?.refuse(found);
  return undefined;
}

function follow(following: Following, cursor: Cursor): void {
  const { knowledge, options } = following;
  following.stop = options.feed.follow(cursor, knowledge.hold, {
    entries(entries, next) {
      take(knowledge, entries);
      advance(following, next);
      // `settled` waits for those who have a name. A hundred who have none need not ask a hundred times at each cut.
      if (options.name !== undefined) probeSoon(following);
    },
    lost: () => void seed(following),
    key: options.onKey,
    profile: profile => accept(knowledge, profile),
  });
}

/** Once a second; and at once after a snapshot, to be ready, or where `settled` waits for what was applied. */
async function probeForEver(following: Following): Promise<void> {
  while (!following.isOver) {
    await probe(following);
    await quiet(following);
    forgetOld(following.knowledge);
    await lookAtProfile(following);
  }
}

async function lookAtProfile(following: Following): Promise<void> {
  const { knowledge, options } = following;
  const saysItself = options.feed.pull !== undefined;
  const now = knowledge.clock.monotonic();
  const everyMs = isOfOwnerBefore(knowledge) ? PROBE_EVERY_MS : PROFILE_EVERY_MS;
  if (saysItself || now - following.profileAt < everyMs) return;
  following.profileAt = now;
  try {
    accept(knowledge, await options.feed.profile());
  } catch {
    // The old one goes on counting; the probes say how old all of it is.
  }
}

async function probe(following: Following): Promise<void> {
  const { knowledge, options } = following;
  const { name, maxStalenessMs, whenStale } = options;
  const { freshness, cursor: applied, before } = knowledge;
  const sent = freshness.sending();
  following.hasUnsaid = false;
  try {
    const { head, now } = await options.feed.probe({ name, applied, maxStalenessMs, whenStale, before });
    knowledge.storeNow = now;
    // A head before the place where this stood already is that of another log.
    if (applied !== undefined && !hasReached(head, applied)) return void seed(following);
    freshness.answered(sent, head);
    if (ageOf(knowledge) < Number.POSITIVE_INFINITY) options.onReady();
  } catch {
    // Unanswered: the age goes on growing, which is the whole consequence.
  }
}

function quiet(following: Following): Promise<void> {
  if (following.hasUnsaid) return Promise.resolve();
  return new Promise(resolve => {
    const stop = following.options.timers.set(resolve, PROBE_EVERY_MS);
    following.wake = () => {
      stop();
      resolve();
    };
  });
}
