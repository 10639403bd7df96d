/** Lua scripts by their hash: each is one atomic step in Redis. The rules in them are those of `stores/steps.ts`, held against it by a test. */
import { createHash } from 'node:crypto';
import { redisFailure, replyCode } from './failure.ts';
import type { Command, Line } from './line.ts';

export interface Script {
  readonly text: string;
  readonly hash: string;
}

export function script(...parts: readonly string[]): Script {
  const text = parts.join('\n');
  return { text, hash: createHash('sha1').update(text).digest('hex') };
}

/**
 * Runs a script. Redis keeps it by its hash, and forgets it with a restart: then it is sent whole. With something behind it, it is
 * sent whole from the start: a WAIT behind a script that was not found would hold up the one that is sent after it.
 * @param args one JSON text
 * @param behind commands that go over the same connection right behind it
 * @returns the script's reply, then those of the commands behind it
 */
export async function run(
  line: Line,
  { text, hash }: Script,
  keys: readonly string[],
  args: object,
  behind: readonly Command[] = [],
): Promise<readonly unknown[]> {
  const rest = [String(keys.length), ...keys, JSON.stringify(args)];
  if (behind.length > 0) return line.send([['EVAL', text, ...rest], ...behind]);
  try {
    return await line.ask([['EVALSHA', hash, ...rest]]);
  } catch (error) {
    if (replyCode(error) !== 'NOSCRIPT') throw redisFailure(error);
    return line.send([['EVAL', text, ...rest]]);
  }
}
