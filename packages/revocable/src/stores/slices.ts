/** A thousand entries taken in one go hold up the event loop for tens of milliseconds while their code is cold. */
import type { CutEntry } from '../revocation/index.ts';

/** A few milliseconds, cold. */
const SLICE = 250;

/** Hands entries on a slice at a time; whatever else the process has to do comes in between. */
export async function inSlices(
  entries: readonly CutEntry[],
  take: (entries: readonly CutEntry[]) => void,
): Promise<void> {
  for (let from = 0; from < entries.length; from += SLICE) {
    if (from > 0) await new Promise(resolve => setImmediate(resolve));
    take(entries.slice(from, from + SLICE));
  }
}
