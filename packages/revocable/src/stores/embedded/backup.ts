/** A whole copy of the database beside running writers. A thread of its own makes it, so that no commit waits for it. */
import { Worker } from 'node:worker_threads';
import { errorFrom, type WireOutcome } from './messages.ts';

/**
 * @throws {ConfigError} ERR_CONFIG_INVALID when there is such a file already, or it cannot be written
 * @throws {StoreError} ERR_STORE_UNAVAILABLE when the disk is full or fails; there is no half a copy
 */
export async function backUp(folder: string, file: string): Promise<void> {
  const worker = new Worker(new URL('./backup-worker.js', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    workerData: { folder, file },
    name: 'revocable backup',
  });
  const outcome = await new Promise<WireOutcome>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if ('error' in outcome) throw errorFrom(outcome.error);
}
