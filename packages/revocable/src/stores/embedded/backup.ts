/** A whole copy of the database beside running writers. A thread of its own makes it, so that no commit waits for it. */
import { runErrand } from './errand.ts';

/**
 * @throws {ConfigError} ERR_CONFIG_INVALID when there is such a file already, it cannot be written, or the folder holds no store
 * @throws {StoreError} ERR_STORE_UNAVAILABLE when the disk is full or fails; there is no half a copy
 */
export async function backUp(folder: string, file: string): Promise<void> {
  await runErrand('./backup-worker.js', { folder, file });
}
