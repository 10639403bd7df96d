/** The feed of the Redis store: the log is a stream, in which each entry names the random tag of the one before it. */
import { StoreError } from '../../errors.ts';
import {
  type Cursor,
  type CutEntry,
  decodeEntries,
  encodeEntries,
  type Feed,
  type Hold,
  type ProbeAnswer,
  type ReplicaReport,
} from '../../revocation/index.ts';
import type { ReplicaRow, Store } from '../../store.ts';
import { profileAt } from '../declared.ts';
import { inSlices } from '../slices.ts';
import { headOf } from '../steps.ts';
import { HEAD, LAPSES_AFTER_MS, LIST_REPLICAS, OFFER, PROBE } from './feed-scripts.ts';
import { createFollowers, type Followers, placeIn } from './followers.ts';
import { declaredIn, heldBy } from './hold.ts';
import { ENTRIES, GIVE_BACK } from './keys.ts';
import type { Answer, Primary } from './primary.ts';
import { entriesFrom, pairsOf } from './rows.ts';

/** Entries that a piece of a snapshot holds, about. */
const PIECE = '1000';

export interface RedisFeed extends Feed, Pick<Store, 'offers' | 'dropOffers' | 'continues'> {
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
    load: (hold, take) => load(primary, hold, take),
    follow: (cursor, hold, sink) => followers.add(cursor, hold, sink),
    probe: report => probe(primary, report),
    async giveBack(entries) {
      await primary.follow(OFFER, { entries: encodeEntries(entries) });
    },
    async offers() {
      const [found] = (await primary.line.send([['XRANGE', GIVE_BACK, '-', '+']])) as [[string, string[]][]];
      const entries = found.flatMap(([, [, text = '[]']]) => decodeEntries(text));
      return { entries, place: found.at(-1)?.[0] ?? '' };
    },
    async dropOffers(place) {
      const [time = '', count = ''] = place.split('-');
      if (place !== '')
        await primary.line.send([['XTRIM', GIVE_BACK, 'MINID', `${time}-${Number(count) + 1}`]]);
    },
    continues: async cursor => (await placeIn(primary, cursor)) !== undefined,
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

const closed = (): StoreError =>
  new StoreError(
    'ERR_STORE_UNAVAILABLE',
    'Redis was restarted or failed over: the store is closed until an authority has taken over, which one that runs does by itself.',
  );

/** The cursor first: what is written meanwhile lies behind it, and `follow` brings it. */
async function load(
  primary: Primary,
  hold: Hold,
  take: (entries: readonly CutEntry[]) => void,
): Promise<Cursor> {
  const answer: Answer = await primary.follow(HEAD);
  if (answer.status === 'absent') throw unused();
  const isHeld = heldBy(hold, declaredIn(answer.rest[0]), answer);
  for await (const entries of allEntries(primary)) await inSlices(entries.filter(isHeld), take);
  return headOf(answer);
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
  const { name, maxStalenessMs, whenStale } = report;
  const kept = JSON.stringify({ ...report, name: undefined });
  const lapses = whenStale === 'allow' ? {} : { lapses: maxStalenessMs + LAPSES_AFTER_MS };
  const args = name === undefined ? {} : { name, report: kept, ...lapses };
  const answer = await primary.follow(PROBE, args);
  if (answer.status === 'absent') throw unused();
  if (answer.status === 'closed') throw closed();
  return { now: answer.now, head: headOf(answer) };
}

/** @param text "seenAt lapsesAt report" */
function replicaFrom(name: string, text: string): ReplicaRow {
  const [seenAt = ''] = text.split(' ', 1);
  const { applied, ...said } = JSON.parse(text.slice(text.indexOf('{')));
  return { ...said, name, applied, seenAt: Number(seenAt) };
}
