/** The feed of the Redis store: the log is a stream, in which each entry names the random tag of the one before it. */
import { StoreError } from '../../errors.ts';
import {
  type Cursor,
  type CutEntry,
  cursorOf,
  type Feed,
  type Hold,
  type ProbeAnswer,
  type ReplicaReport,
} from '../../revocation/index.ts';
import type { ReplicaRow } from '../../store.ts';
import { profileAt } from '../declared.ts';
import { HEAD, LAPSES_AFTER_MS, LIST_REPLICAS, PROBE } from './feed-scripts.ts';
import { createFollowers, type Followers } from './followers.ts';
import { declaredIn, heldBy } from './hold.ts';
import { ENTRIES } from './keys.ts';
import type { Answer, Primary } from './primary.ts';
import { entriesFrom, pairsOf } from './rows.ts';

/** Entries that a piece of a snapshot holds, about. */
const PIECE = '1000';

export interface RedisFeed extends Feed {
  readonly followers: Followers;
  replicas(): Promise<ReplicaRow[]>;
  /** Removes replicas that lapsed. Returns how many. */
  purgeReplicas(caller: number, limit: number): Promise<number>;
}

export function createRedisFeed(primary: Primary, pause: () => Promise<void>): RedisFeed {
  const followers = createFollowers(primary, pause);
  return {
    followers,
    async profile() {
      const { rest, now } = await primary.follow(HEAD);
      const declared = declaredIn(rest[0]);
      if (declared === undefined) throw unused();
      return profileAt(declared, now);
    },
    load: (hold, take) => load(primary, followers, hold, take),
    follow: (cursor, hold, sink) => followers.add(cursor, hold, sink),
    probe: report => probe(primary, report),
    async replicas() {
      const { rest } = await primary.follow(LIST_REPLICAS);
      return [...pairsOf(rest[0] as string[])].map(([name, text]) => replicaFrom(name, text));
    },
    async purgeReplicas(caller, limit) {
      const { rest } = await primary.follow(LIST_REPLICAS, { caller, limit });
      return Number(rest[1]);
    },
  };
}

const unused = (): StoreError =>
  new StoreError(
    'ERR_STORE_UNAVAILABLE',
    'No authority has used this store yet: nothing is known of its tokens.',
  );

/** The cursor first: what is written meanwhile lies behind it, and `follow` brings it. */
async function load(
  primary: Primary,
  followers: Followers,
  hold: Hold,
  take: (entries: readonly CutEntry[]) => void,
): Promise<Cursor> {
  const answer: Answer = await primary.follow(HEAD);
  if (answer.status === 'absent') throw unused();
  const isHeld = heldBy(hold, declaredIn(answer.rest[0]), answer.now);
  for await (const entries of allEntries(primary)) take(entries.filter(isHeld));
  const cursor = cursorOf(answer.owner, answer.head);
  followers.remember(cursor, answer.tag);
  return cursor;
}

/** Redis gathers the next piece while this one is taken. */
async function* allEntries({ line }: Primary): AsyncGenerator<CutEntry[]> {
  const scan = (place: string): Promise<readonly unknown[]> =>
    line.send([['HSCAN', ENTRIES, place, 'COUNT', PIECE]]);
  for (let next: ReturnType<typeof scan> | undefined = scan('0'); next !== undefined; ) {
    const [place, flat] = (await next)[0] as [string, string[]];
    next = place === '0' ? undefined : scan(place);
    next?.catch(() => {}); // It is awaited when this piece has been taken.
    yield entriesFrom(flat);
  }
}

async function probe(primary: Primary, report: ReplicaReport): Promise<ProbeAnswer> {
  const { name, applied, maxStalenessMs, whenStale } = report;
  const kept = JSON.stringify({ applied, maxStalenessMs, whenStale });
  const lapses = whenStale === 'allow' ? {} : { lapses: maxStalenessMs + LAPSES_AFTER_MS };
  const args = name === undefined ? {} : { name, report: kept, ...lapses };
  const { status, now, owner, head } = await primary.follow(PROBE, args);
  if (status === 'absent') throw unused();
  return { now, head: cursorOf(owner, head) };
}

/** @param text "seenAt lapsesAt report" */
function replicaFrom(name: string, text: string): ReplicaRow {
  const [seenAt = ''] = text.split(' ', 1);
  const { applied, maxStalenessMs, whenStale } = JSON.parse(text.slice(text.indexOf('{')));
  return { name, applied, seenAt: Number(seenAt), maxStalenessMs, whenStale };
}
