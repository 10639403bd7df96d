/** Group commit: what is asked for in one turn goes to the worker as one batch, and one batch is under way at a time. */
import { StoreError } from '../../errors.ts';
import type { WallClock } from '../../time.ts';
import type { Request } from './connection.ts';
import { errorFrom, type WireOutcome } from './messages.ts';
import type { OperationName, Operations } from './operations.ts';

const LARGEST_BATCH = 256;

/** Asks the worker for one operation. */
export type Ask = <K extends OperationName>(
  op: K,
  ...args: Parameters<Operations[K]>[0] extends undefined ? [] : [args: Parameters<Operations[K]>[0]]
) => Promise<ReturnType<Operations[K]>>;

export interface Queue {
  readonly ask: Ask;
  /** Refuses what comes from now on, and resolves when all that came before is answered. */
  close(): Promise<void>;
}

interface Entry extends Request {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** @param clock the store's own, where it is not the system's */
export function createQueue(
  send: (requests: readonly Request[]) => Promise<readonly WireOutcome[]>,
  clock: WallClock | undefined,
): Queue {
  let entries: Entry[] = [];
  let isBusy = false;
  let closed = false;
  let drained: (() => void) | undefined;
  const flush = async (): Promise<void> => {
    const batch = entries.slice(0, LARGEST_BATCH);
    entries = entries.slice(LARGEST_BATCH);
    settle(batch, await outcomesOf(send, batch));
    isBusy = entries.length > 0;
    if (isBusy) setImmediate(() => void flush());
    else drained?.();
  };
  const ask = (op: OperationName, args: unknown): Promise<unknown> => {
    if (closed) return Promise.reject(new StoreError('ERR_STORE_UNAVAILABLE', 'The store is closed.'));
    return new Promise((resolve, reject) => {
      entries.push({ op, args, now: clock?.(), resolve, reject });
      if (isBusy) return;
      isBusy = true;
      setImmediate(() => void flush());
    });
  };
  return {
    ask: ask as Ask,
    async close() {
      closed = true;
      if (isBusy)
        await new Promise<void>(resolve => {
          drained = resolve;
        });
    },
  };
}

async function outcomesOf(
  send: (requests: readonly Request[]) => Promise<readonly WireOutcome[]>,
  batch: readonly Entry[],
): Promise<readonly WireOutcome[] | Error> {
  try {
    return await send(batch.map(({ op, args, now }) => ({ op, args, now })));
  } catch (error) {
    return error as Error; // an argument that cannot be cloned, or a worker that died
  }
}

function settle(batch: readonly Entry[], outcomes: readonly WireOutcome[] | Error): void {
  batch.forEach((entry, i) => {
    const outcome = outcomes instanceof Error ? undefined : outcomes[i];
    if (outcome === undefined) entry.reject(outcomes);
    else if ('error' in outcome) entry.reject(errorFrom(outcome.error));
    else entry.resolve(outcome.value);
  });
}
