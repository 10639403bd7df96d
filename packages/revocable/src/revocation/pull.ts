/** What follows a cursor, asked for once: for whom no stream can be held open. */
import { StoreError } from '../errors.ts';
import type { Timers } from '../time.ts';
import { type Cursor, type Feed, type FeedSink, hasReached, placeOf, type Question } from './feed.ts';

/** A feed that has not brought by then what it says it has is given up. */
const BROUGHT_WITHIN_MS = 5000;

/**
 * Gives the sink all that lay in the log when it was asked. Resolves with the cursor behind it; undefined where the log cannot
 * be continued from the one in question: ask again without.
 * @throws {StoreError} ERR_STORE_UNAVAILABLE
 */
export async function pullFrom(
  feed: Feed,
  question: Question,
  sink: FeedSink,
  timers: Timers,
): Promise<Cursor | undefined> {
  if (feed.pull !== undefined) return feed.pull(question, sink);
  const { after, hold, report } = question;
  // A replica is registered before it loads: `settled` waits for it from then on.
  const { head } = await feed.probe(report);
  if (after === undefined) {
    sink.profile(await feed.profile());
    return feed.load(hold, entries => sink.entries(entries, head));
  }
  if (placeOf(after)?.owner !== placeOf(head)?.owner) return undefined;
  sink.profile(await feed.profile());
  return after === head ? after : followTo(head, feed, { after, hold }, sink, timers);
}

function followTo(
  head: Cursor,
  feed: Feed,
  { after, hold }: { readonly after: Cursor; readonly hold: Question['hold'] },
  sink: FeedSink,
  timers: Timers,
): Promise<Cursor | undefined> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      stopFollowing();
      stopWaiting();
      settle();
    };
    const stopWaiting = timers.set(() => end(() => reject(late())), BROUGHT_WITHIN_MS);
    const stopFollowing = feed.follow(after, hold, {
      ...sink,
      entries(entries, cursor) {
        sink.entries(entries, cursor);
        if (hasReached(cursor, head)) end(() => resolve(cursor));
      },
      lost: () => end(() => resolve(undefined)),
    });
  });
}

const late = (): StoreError =>
  new StoreError('ERR_STORE_UNAVAILABLE', 'The feed names a head that it does not bring.');
