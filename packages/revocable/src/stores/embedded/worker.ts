/** The one thread of a process that holds SQLite. A slow disk holds up this thread and no request. */
import { parentPort } from 'node:worker_threads';
import { StoreError } from '../../errors.ts';
import { type Connection, type Outcome, openConnection } from './connection.ts';
import { type Engine, loadEngine } from './engine.ts';
import { type FromWorker, type Opening, type ToWorker, type WireOutcome, wireError } from './messages.ts';
import type { Watched } from './operations.ts';

/** How often it looks whether another process has written, in case the bell did not ring. */
const POLL_MS = 100;

const connections = new Map<number, Connection>();
let engine: Promise<Engine> | undefined;
let poll: NodeJS.Timeout | undefined;

const say = (message: FromWorker): void => parentPort?.postMessage(message);

parentPort?.on('message', (message: ToWorker) => {
  if (message.type === 'end') return end();
  void answer(message).then(outcomes => say({ type: 'answer', store: message.store, outcomes }));
});

async function answer(message: Exclude<ToWorker, { type: 'end' }>): Promise<WireOutcome[]> {
  try {
    switch (message.type) {
      case 'open':
        return [{ value: await open(message) }];
      case 'batch':
        return runBatch(message);
      case 'secret':
        return [{ value: connectionOf(message.store).rootSecret() }];
      case 'close':
        return [{ value: close(message.store) }];
    }
  } catch (error) {
    return [{ error: wireError(error) }];
  }
}

async function open({ store, folder, exclusive }: Extract<ToWorker, { type: 'open' }>): Promise<Opening> {
  engine ??= loadEngine();
  const loaded = await engine;
  const connection = openConnection(loaded, folder, exclusive, () => look(store));
  connections.set(store, connection);
  poll ??= setInterval(lookAtAll, POLL_MS);
  return { watched: connection.watched(), warning: connection.warning };
}

function runBatch({ store, requests }: Extract<ToWorker, { type: 'batch' }>): WireOutcome[] {
  const connection = connections.get(store);
  if (connection === undefined) return requests.map(() => ({ error: wireError(closed()) }));
  const { outcomes, told } = connection.run(requests);
  if (told) tell(store, connection);
  return outcomes.map(wireOutcome);
}

/** Other openers of the folder in this process see the commit as another process does: by looking. */
function tell(store: number, connection: Connection): void {
  try {
    say({ type: 'changed', store, watched: connection.watched() });
  } catch {
    return; // the database has failed since: the answers say so
  }
  for (const other of connections.keys()) if (other !== store) look(other);
}

function look(store: number): void {
  const watched: Watched | undefined = connections.get(store)?.look();
  if (watched !== undefined) say({ type: 'changed', store, watched });
}

function lookAtAll(): void {
  for (const store of connections.keys()) look(store);
}

const wireOutcome = (outcome: Outcome): WireOutcome =>
  'error' in outcome ? { error: wireError(outcome.error) } : outcome;

function connectionOf(store: number): Connection {
  const found = connections.get(store);
  if (found === undefined) throw closed();
  return found;
}

const closed = (): StoreError => new StoreError('ERR_STORE_UNAVAILABLE', 'The store is closed.');

function close(store: number): void {
  connections.get(store)?.close();
  connections.delete(store);
}

function end(): void {
  clearInterval(poll);
  for (const store of connections.keys()) close(store);
  parentPort?.close();
}
