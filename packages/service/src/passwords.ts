/** Passwords: argon2id, as many at once as there are cores but one, so that sign-ins never starve everything else. */

import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { busy } from './refusal.ts';

export interface Passwords {
  /** @throws {Refusal} 503 when too many wait */
  hash(password: string): Promise<string>;
  /**
   * Takes the same time whether there is a hash or not.
   * @throws {Refusal} 503 when too many wait
   */
  isRight(password: string, stored: string | undefined): Promise<boolean>;
}

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A short line evens out a burst; a long one would only let people wait for a 503. */
const WAITING_EACH = 8;

export function createPasswords(cores: number = availableParallelism()): Passwords {
  const slots = Math.max(1, cores - 1);
  const run = createLine(slots, slots * WAITING_EACH);
  const decoy = hash(randomBytes(16), COST);
  return {
    hash: password => run(() => hash(prepared(password), COST)),
    isRight: (password, stored) =>
      run(async () => {
        const isRight = await verify(stored ?? (await decoy), prepared(password));
        return isRight && stored !== undefined;
      }),
  };
}

/** One spelling for one password, whatever keyboard typed it: RFC 8265 section 4.2, OpaqueString. */
const prepared = (password: string): string => password.normalize('NFC');

type Run = <T>(task: () => Promise<T>) => Promise<T>;

function createLine(slots: number, longest: number): Run {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async task => {
    if (running >= slots) {
      if (waiting.length >= longest) throw busy();
      // Whoever leaves hands over the place, so `running` does not change.
      await new Promise<void>(resolve => waiting.push(resolve));
    } else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
