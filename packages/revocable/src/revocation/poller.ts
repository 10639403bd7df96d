/** Keeps a replica's knowledge up to date without a stream: whoever finds it too old asks for what is new, one question at a time. */
import { type Random, systemRandom } from '../random.ts';
import type { Timers } from '../time.ts';
import type { Feed, FeedSink, StalePolicy } from './feed.ts';
import { createGivingBack, type GivingBack } from './giving-back.ts';
import { accept, ageOf, forgetOld, type Knowledge, noteOwner, take } from './knowledge.ts';
import { pullFrom } from './pull.ts';
import { forgetRestored, restore } from './snapshot.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';

export interface PollerOptions {
  readonly feed: Feed;
  readonly name: string | undefined;
  readonly maxStalenessMs: number;
  readonly whenStale: StalePolicy;
  /** Knowledge older than this is asked for anew. */
  readonly pollMs: number;
  readonly timers: Timers;
  readonly random?: Random;
  /** Of an earlier run: it shortens the first answer. */
  readonly keeper?: SnapshotKeeper | undefined;
  readonly onKey: () => void;
  readonly onReady: () => void;
}

export interface Poller {
  /** Resolves when the knowledge is as young as it can be made now; it never rejects, and its age says whether that was enough. */
  catchUp(): Promise<void>;
  stop(): void;
}

const SHORTEST_REST_MS = 250;
const LONGEST_REST_MS = 5000;

interface Polling {
  readonly knowledge: Knowledge;
  readonly options: PollerOptions;
  readonly givingBack: GivingBack | undefined;
  inFlight: Promise<void> | undefined;
  failures: number;
  /** Monotonic. After a failure nobody asks before it. */
  restsUntil: number;
  isOver: boolean;
}

/** Asks at once, and again until there is a first answer; from then on only for whoever calls `catchUp`. */
export function startPolling(knowledge: Knowledge, options: PollerOptions): Poller {
  const { healer } = knowledge;
  const { feed, timers, random = systemRandom } = options;
  const polling: Polling = {
    knowledge,
    options,
    givingBack: healer && createGivingBack(healer, { feed, timers, random }),
    inFlight: undefined,
    failures: 0,
    restsUntil: 0,
    isOver: false,
  };
  void begin(polling);
  return {
    catchUp: () => catchUp(polling),
    stop() {
      polling.isOver = true;
      polling.givingBack?.stop();
    },
  };
}

async function begin(polling: Polling): Promise<void> {
  const { knowledge, options } = polling;
  while (!polling.isOver && !knowledge.isLoaded) {
    await catchUp(polling);
    const restMs = Math.max(0, polling.restsUntil - knowledge.clock.monotonic());
    if (!knowledge.isLoaded) await new Promise<void>(resolve => options.timers.set(resolve, restMs));
  }
}

function catchUp(polling: Polling): Promise<void> {
  const { knowledge, options } = polling;
  if (polling.inFlight !== undefined) return polling.inFlight;
  const isDue = ageOf(knowledge) > options.pollMs && knowledge.clock.monotonic() >= polling.restsUntil;
  if (!isDue || polling.isOver) return Promise.resolve();
  polling.inFlight = ask(polling).finally(() => {
    polling.inFlight = undefined;
  });
  return polling.inFlight;
}

async function ask(polling: Polling): Promise<void> {
  const { knowledge, options } = polling;
  const sent = knowledge.freshness.sending();
  await resume(polling);
  try {
    const stood = knowledge.cursor;
    const cursor = (await pull(polling)) ?? (await pullAll(polling));
    if (cursor === undefined) return rest(polling);
    knowledge.isLoaded = true;
    noteOwner(knowledge, stood, cursor);
    knowledge.freshness.applied(cursor);
    knowledge.freshness.answered(sent, cursor);
    polling.failures = 0;
    polling.givingBack?.due();
    forgetOld(knowledge);
    options.onReady();
  } catch {
    // Unanswered: the age goes on growing, which is the whole consequence.
    rest(polling);
  }
}

/** From the cursor at hand, which is given up where the log does not go on from it; what is known stays. */
async function pull({ knowledge, options }: Polling): Promise<string | undefined> {
  const { name, maxStalenessMs, whenStale } = options;
  const { cursor: applied, before } = knowledge;
  const report = { name, applied, maxStalenessMs, whenStale, before };
  const question = { after: knowledge.cursor, hold: knowledge.hold, report };
  knowledge.cursor = await pullFrom(options.feed, question, sinkOf(knowledge, options), options.timers);
  return knowledge.cursor;
}

/** Where an earlier run stood: the log goes on from there, or it is not the log of the same issuer any more. */
async function resume({ knowledge, options }: Polling): Promise<void> {
  // A healer needs the entries themselves, which only the store has.
  if (knowledge.isLoaded || knowledge.cursor !== undefined || knowledge.healer !== undefined) return;
  const found = await options.keeper?.found;
  if (found !== undefined) restore(knowledge, found);
}

/** The log does not go on from where this stood: what the store does not show in a whole snapshot, it has lost. */
async function pullAll(polling: Polling): Promise<string | undefined> {
  polling.knowledge.healer?.doubt();
  if (!polling.knowledge.isLoaded) await forgetRestored(polling.knowledge);
  return pull(polling);
}

const sinkOf = (knowledge: Knowledge, { onKey }: PollerOptions): FeedSink => ({
  entries: entries => take(knowledge, entries),
  lost: () => {},
  key: onKey,
  profile: profile => accept(knowledge, profile),
});

/** A random wait that grows: a feed that is down is not asked by every token. */
function rest(polling: Polling): void {
  const { knowledge, options } = polling;
  const longest = Math.min(LONGEST_REST_MS, SHORTEST_REST_MS * 2 ** Math.min(polling.failures, 6));
  const share = ((options.random ?? systemRandom).bytes(1)[0] ?? 0) / 255;
  polling.failures += 1;
  polling.restsUntil = knowledge.clock.monotonic() + longest * (0.5 + share / 2);
}
