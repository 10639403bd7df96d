/** Entries that came in larger pieces, taken in those of a snapshot. */
import { type CutEntry, SNAPSHOT_PIECE } from '../revocation/index.ts';

/** Hands entries on a slice at a time; whatever else the process has to do comes in between. */
export async function inSlices(
  entries: readonly CutEntry[],
  take: (entries: readonly CutEntry[]) => void,
): Promise<void> {
  for (let from = 0; from < entries.length; from += SNAPSHOT_PIECE) {
    if (from > 0) await new Promise(resolve => setImmediate(resolve));
    take(entries.slice(from, from + SNAPSHOT_PIECE));
  }
}
