/** The main thread's side of the worker: one a process, however many stores are open and however often this package is loaded. */
import { Worker } from 'node:worker_threads';
import { ConfigError, StoreError } from '../../errors.ts';
import type { Request } from './connection.ts';
import { errorFrom, type FromWorker, type Opening, type ToWorker, type WireOutcome } from './messages.ts';
import type { Watched } from './operations.ts';

/** A store's line to the worker. Each call answers in the order in which it was sent. */
export interface Line {
  readonly opening: Opening;
  send(requests: readonly Request[]): Promise<readonly WireOutcome[]>;
  secret(): Promise<string>;
  close(): Promise<void>;
}

interface Hub {
  readonly protocol: number;
  open(folder: string, exclusive: boolean, onChange: (watched: Watched) => void): Promise<Line>;
}

/** Raised when messages change: two versions of this package in one process then refuse each other. */
const PROTOCOL = 3;
const PLACE = Symbol.for('revocable.sqlite');

type Waiting = {
  readonly resolve: (outcomes: readonly WireOutcome[]) => void;
  readonly reject: (error: Error) => void;
};

interface Desk {
  readonly waiting: Waiting[];
  readonly onChange: (watched: Watched) => void;
}

/**
 * The hub of this process.
 * @throws {ConfigError} ERR_CONFIG_INVALID when another version of this package holds SQLite: two libraries on one file destroy it
 */
export function processHub(): Hub {
  const place = globalThis as { [PLACE]?: Hub };
  place[PLACE] ??= createHub();
  if (place[PLACE].protocol === PROTOCOL) return place[PLACE];
  throw new ConfigError(
    'Two versions of revocable in one process want to open an embedded store. Install one of them.',
  );
}

function createHub(): Hub {
  const desks = new Map<number, Desk>();
  let worker: Worker | undefined;
  let stores = 0;
  const started = (): Worker => {
    worker ??= startWorker(desks, failure => {
      worker = undefined;
      failAll(desks, failure);
    });
    return worker;
  };
  /** A worker without anything under way does not keep the process alive. */
  const ask = (store: number, message: ToWorker): Promise<readonly WireOutcome[]> => {
    const desk = desks.get(store);
    if (desk === undefined)
      return Promise.reject(new StoreError('ERR_STORE_UNAVAILABLE', 'The store is closed.'));
    const running = started();
    return new Promise((resolve, reject) => {
      desk.waiting.push({ resolve, reject });
      running.ref();
      running.postMessage(message);
    });
  };
  /** One engine closes a database for good only when its thread ends, so the last one out waits for that. */
  const leave = async (store: number): Promise<void> => {
    desks.delete(store);
    if (desks.size > 0 || worker === undefined) return;
    const ending = worker;
    worker = undefined;
    await new Promise(resolve => {
      ending.once('exit', resolve);
      ending.ref();
      ending.postMessage({ type: 'end' } satisfies ToWorker);
    });
  };
  return {
    protocol: PROTOCOL,
    async open(folder, exclusive, onChange) {
      stores += 1;
      const store = stores;
      desks.set(store, { waiting: [], onChange });
      try {
        const opening = (await ask(store, { type: 'open', store, folder, exclusive }).then(only)) as Opening;
        return lineOf(store, opening, ask, leave);
      } catch (error) {
        await leave(store);
        throw error;
      }
    },
  };
}

function lineOf(
  store: number,
  opening: Opening,
  ask: (store: number, message: ToWorker) => Promise<readonly WireOutcome[]>,
  leave: (store: number) => Promise<void>,
): Line {
  return {
    opening,
    send: requests => ask(store, { type: 'batch', store, requests }),
    secret: async () => String(await ask(store, { type: 'secret', store }).then(only)),
    async close() {
      try {
        await ask(store, { type: 'close', store }).then(only);
      } finally {
        await leave(store);
      }
    },
  };
}

/** The value of a message that has one answer. */
function only(outcomes: readonly WireOutcome[]): unknown {
  const [outcome] = outcomes;
  if (outcome === undefined) return undefined;
  if ('error' in outcome) throw errorFrom(outcome.error);
  return outcome.value;
}

function startWorker(desks: ReadonlyMap<number, Desk>, onEnd: (failure: Error) => void): Worker {
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    name: 'revocable embedded store',
  });
  worker.unref();
  worker.on('message', (message: FromWorker) => {
    const desk = desks.get(message.store);
    if (message.type === 'changed') desk?.onChange(message.watched);
    else desk?.waiting.shift()?.resolve(message.outcomes);
    if (![...desks.values()].some(each => each.waiting.length > 0)) worker.unref();
  });
  worker.on('error', error => onEnd(error));
  return worker;
}

/** What was under way may be kept or not: as after a crash, it is safe to repeat. */
function failAll(desks: ReadonlyMap<number, Desk>, cause: Error): void {
  const failure = new StoreError(
    'ERR_STORE_UNAVAILABLE',
    'The thread of the embedded store has failed. Open it again.',
    { cause },
  );
  for (const desk of desks.values()) for (const each of desk.waiting.splice(0)) each.reject(failure);
}
