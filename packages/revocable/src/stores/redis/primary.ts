/** The cut state of the issuer: runs scripts over it, and remembers which owner this process has seen. */
import { type Random, randomId } from '../../random.ts';
import { BEGIN, CUT_STEP, STAMP, TAKEOVER } from './cut-scripts.ts';
import { CUT_STATE, FOLLOWED } from './keys.ts';
import type { Command, Line } from './line.ts';
import { run, type Script } from './scripts.ts';

/** What every script over the cut state answers. */
export interface Answer {
  readonly status: string;
  /** The store's clock, milliseconds. */
  readonly now: number;
  readonly owner: string;
  readonly head: number;
  /** Of the newest entry of the log. */
  readonly tag: string;
  readonly rest: readonly unknown[];
  /** Replies of the commands that went behind the script. */
  readonly behind: readonly unknown[];
}

export interface Primary {
  readonly line: Line;
  /** Over all of the cut state. */
  step(script: Script, args?: object, behind?: readonly Command[]): Promise<Answer>;
  /** Over what followers may see. It opens no store. */
  follow(script: Script, args?: object): Promise<Answer>;
  /** Whoever remembers this owner knows that a store which begins anew has lost its past. */
  remember(owner: string): void;
}

export interface PrimaryOptions {
  readonly line: Line;
  /** For commands behind a script: WAIT holds up whatever else its connection carries. */
  readonly waiting: Line;
  readonly random: Random;
  /** Instead of the clock of Redis. */
  readonly clock: (() => number) | undefined;
}

/** Scripts that answer "ok" of an open store alone. */
const OPENED: ReadonlySet<Script> = new Set([BEGIN, STAMP, CUT_STEP, TAKEOVER]);

export function createPrimary({ line, waiting, random, clock }: PrimaryOptions): Primary {
  // What a follower hears opens nothing: an authority that has seen another owner must take over first.
  let seen: string | undefined;
  let heard: string | undefined;
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
    const answer = answerOf(reply, replies);
    if (answer.owner !== '') heard ??= answer.owner;
    if (answer.owner !== '' && answer.status === 'ok' && OPENED.has(script)) seen = answer.owner;
    return answer;
  };
  return {
    line,
    step: (script, args = {}, behind) => ask(script, CUT_STATE, { ...args, nonce: randomId(random) }, behind),
    follow: (script, args = {}) => ask(script, FOLLOWED, args),
    remember(owner) {
      seen = owner;
    },
  };
}

function answerOf(reply: unknown, behind: readonly unknown[]): Answer {
  const [status, now, owner, head, tag, ...rest] = reply as readonly string[];
  return {
    status: String(status),
    now: Number(now),
    owner: String(owner),
    head: Number(head),
    tag: String(tag),
    rest,
    behind,
  };
}
