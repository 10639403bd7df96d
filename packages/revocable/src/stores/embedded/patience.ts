/** How long a transaction waits for those of other connections. */
import type { Database } from './engine.ts';
import { isBusy } from './failure.ts';

const PATIENCE_MS = 5000;

/** SQLite's own waiting starves whoever is slower; short random waits do not. */
export function patiently<T>(work: () => T): T {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw error;
      Atomics.wait(CELL, 0, 0, 0.2 + Math.random() * 1.3);
    }
  }
}
const CELL = new Int32Array(new SharedArrayBuffer(4));

export function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // A full disk or a failed write has rolled back already.
  }
}
