/** Calls over HTTP: from a browser, a thief or an admin to an authority, with a time-out. */
import type { Authority } from '#authority/authority';
import { RevocableError } from '#errors';
import type { Machine } from './machine.ts';
import type { AuthorityNode, World } from './world.ts';

export type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: string; readonly action: string }
  | { readonly kind: 'timeout' };

const TIMEOUT_MS = 10_000;

/** The caller hears the answer, a refusal, or nothing in time. */
export function call<T>(
  world: World,
  caller: Machine,
  node: AuthorityNode,
  label: string,
  work: (authority: Authority) => Promise<T>,
  timeoutMs: number = TIMEOUT_MS,
): Promise<Outcome<T>> {
  return new Promise(resolve => {
    const stop = caller.timers.set(() => resolve({ kind: 'timeout' }), timeoutMs);
    const answer = (outcome: Outcome<T>): void =>
      world.network.send(node.machine, caller, `${label} answer`, () => {
        stop();
        resolve(outcome);
      });
    world.network.send(caller, node.machine, label, () => {
      const { authority } = node;
      if (authority === undefined)
        return answer({ kind: 'refused', code: 'ERR_STORE_UNAVAILABLE', action: 'retry' });
      const bound = node.machine.bind;
      void attempt(() => work(authority)).then(outcome => bound(() => answer(outcome))());
    });
  });
}

/** What our library throws is an answer; anything else is a fault of the world or of the library, and ends the run. */
export async function attempt<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'ok', value: await work() };
  } catch (error) {
    if (!(error instanceof RevocableError) || error.code === 'ERR_CONFIG_INVALID') throw error;
    return { kind: 'refused', code: error.code, action: error.action };
  }
}
