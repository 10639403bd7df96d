/** RSA signing off the event loop, with at most two signatures in flight per core: more only wait in the thread pool, before everyone's files and look-ups. */
import { availableParallelism } from 'node:os';

const LIMIT: number = availableParallelism() * 2;
const waiting: (() => void)[] = [];
let running = 0;

/** Runs a task when fewer than two per core are in flight; first come, first served. */
export async function inPool<T>(task: () => Promise<T>): Promise<T> {
  if (running >= LIMIT) await new Promise<void>(resolve => waiting.push(resolve));
  else running++;
  try {
    return await task();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}
