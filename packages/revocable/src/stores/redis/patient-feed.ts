/** The feed of a Redis that need not be there yet: who follows it waits, but not where waiting does not help. */
import { ConfigError, type RevocableError, StoreError } from '../../errors.ts';
import type { Feed } from '../../revocation/index.ts';
import type { WallClock } from '../../time.ts';
import { isRefusal } from './failure.ts';
import type { Reach } from './reach.ts';
import { createRedisStore } from './store.ts';

export interface PatientFeed {
  readonly feed: Feed;
  /** Rejects with a ConfigError when the server is there and refuses: a user, a password, a database, a version. */
  readonly refused: Promise<never>;
  close(): void;
}

export interface PatientFeedOptions {
  readonly clock?: WallClock | undefined;
  /** Why it is not there; the same is not said twice in a row. */
  readonly onProblem: (error: StoreError) => void;
}

/** Nothing is read before the server has been looked at, which is tried as often as its reader asks. */
export function createPatientFeed(
  reach: Reach,
  location: string,
  { clock, onProblem }: PatientFeedOptions,
): PatientFeed {
  const { store, inspect } = createRedisStore(reach, location, { clock });
  const { feed } = store;
  const problems = createProblems(location, onProblem);
  let inspected: Promise<void> | undefined;
  const look = (): Promise<void> => {
    inspected ??= inspect().catch(error => {
      inspected = undefined;
      throw error;
    });
    return inspected;
  };
  return {
    feed: {
      ...feed,
      profile: after => problems.of(look().then(() => feed.profile(after))),
      load: (hold, take) => problems.of(feed.load(hold, take)),
      probe: report => problems.of(look().then(() => feed.probe(report))),
    },
    refused: problems.refused,
    close() {
      problems.stop();
      void store.close();
    },
  };
}

interface Problems {
  readonly refused: Promise<never>;
  /** The same, and what becomes of it is noted. */
  of<T>(work: Promise<T>): Promise<T>;
  stop(): void;
}

function createProblems(location: string, onProblem: (error: StoreError) => void): Problems {
  let refuse = (_error: ConfigError): void => {};
  const refused = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  refused.catch(() => {}); // Of interest only to whoever still waits for it.
  let said = '';
  let isOver = false;
  const tell = (error: RevocableError): void => {
    if (isOver || error.message === said) return;
    said = error.message;
    if (error instanceof ConfigError) refuse(error);
    else if (isRefusal(error)) refuse(new ConfigError(`${location} cannot be followed. ${said}`));
    onProblem(error instanceof StoreError ? error : new StoreError('ERR_STORE_UNAVAILABLE', said));
  };
  return {
    refused,
    of: work =>
      work.then(
        result => {
          said = '';
          return result;
        },
        error => {
          tell(error);
          throw error;
        },
      ),
    stop() {
      isOver = true;
    },
  };
}
