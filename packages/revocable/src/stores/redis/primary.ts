/** The cut state of the issuer: runs scripts over it, and remembers which owner this process has seen. */
import { type Random, randomId } from '../../random.ts';
import { systemClock } from '../../time.ts';
import { BEGIN, CUT_STEP, STAMP, TAKEOVER } from './cut-scripts.ts';
import { CUT_STATE, FOLLOWED } from './keys.ts';
import type { Command, Line } from './line.ts';
import { isOneServer, REFRESH } from './one-server.ts';
import { run, type Script } from './scripts.ts';

/** What every script over the cut state answers. */
export interface Answer {
  readonly status: string;
  /** The store's clock, milliseconds. */
  readonly now: number;
  /** This process's own clock, when the answer came. */
  readonly ownNow: number;
  readonly owner: string;
  readonly head: number;
  /** Of the newest entry of the log. */
  readonly tag: string;
  readonly rest: readonly unknown[];
  /** Replies of the commands that went behind the script. */
  readonly behind: readonly unknown[];
}

export interface Beside {
  /** Commands that go over a connection of their own right behind the script. */
  readonly behind?: readonly Command[] | undefined;
  /** Keys in other slots: on a single server only. */
  readonly keys?: readonly string[];
}

export interface Primary {
  readonly line: Line;
  /** For what waits for replicas: it holds up whatever else its connection carries. */
  readonly waiting: Line;
  /** Whether one script may touch all keys; asked once. */
  isOneServer(): Promise<boolean>;
  /** In words, what the newest WAIT lacked; undefined where it had enough. */
  shortage: string | undefined;
  /** Over all of the cut state, and what is beside it. */
  step(script: Script, args?: object, more?: Beside): Promise<Answer>;
  /** Over what followers may see. It opens no store. */
  follow(script: Script, args?: object): Promise<Answer>;
  /** Whoever remembers this owner knows that a store which begins anew has lost its past. */
  remember(owner: string): void;
}

export interface PrimaryOptions {
  readonly line: Line;
  /** For commands behind a script. */
  readonly waiting: Line;
  readonly random: Random;
  /** Instead of the clock of Redis. */
  readonly clock: (() => number) | undefined;
}

/** Scripts that answer "ok" of an open store alone. */
const OPENED: ReadonlySet<Script> = new Set([BEGIN, STAMP, REFRESH, CUT_STEP, TAKEOVER]);

export function createPrimary({ line, waiting, random, clock }: PrimaryOptions): Primary {
  // What a follower hears opens nothing: an authority that has seen another owner must take over first.
  let seen: string | undefined;
  let heard: string | undefined;
  let isOne: Promise<boolean> | undefined;
  const nextNonce = createNonces(random);
  const ask = async (
    script: Script,
    keys: readonly string[],
    args: object,
    behind?: readonly Command[],
  ): Promise<Answer> => {
    const now = clock === undefined ? {} : { now: clock() };
    const known = seen ?? heard;
    const common = { ...now, ...(known === undefined ? {} : { seen: known }) };
    const over = behind === undefined ? line : waiting;
    const [reply, ...replies] = await run(over, script, keys, { ...args, ...common }, behind);
    const answer = answerOf(reply, replies, (clock ?? systemClock.wall)());
    if (answer.owner !== '') heard ??= answer.owner;
    if (answer.owner !== '' && answer.status === 'ok' && OPENED.has(script)) seen = answer.owner;
    return answer;
  };
  return {
    line,
    waiting,
    shortage: undefined,
    isOneServer() {
      isOne ??= isOneServer(line).catch(error => {
        isOne = undefined;
        throw error;
      });
      return isOne;
    },
    step: (script, args = {}, { behind, keys = [] } = {}) =>
      ask(script, [...CUT_STATE, ...keys], { ...args, nonce: nextNonce() }, behind),
    follow: (script, args = {}) => ask(script, FOLLOWED, args),
    remember(owner) {
      seen = owner;
    },
  };
}

/** For tags and owners, which must never be those of others; nothing hangs on whether they can be guessed. */
function createNonces(random: Random): () => string {
  const own = randomId(random);
  let given = 0;
  return () => own + (given++).toString(36);
}

function answerOf(reply: unknown, behind: readonly unknown[], ownNow: number): Answer {
  const [status, now, owner, head, tag, ...rest] = reply as readonly string[];
  return {
    status: String(status),
    now: Number(now),
    ownNow,
    owner: String(owner),
    head: Number(head),
    tag: String(tag),
    rest,
    behind,
  };
}
