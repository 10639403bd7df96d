/** The name that someone probably meant. */

/** The nearest of the names, if it is near enough to be meant; undefined otherwise. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map(name => ({ name, distance: distanceOf(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best === undefined) return undefined;
  const begins = names.filter(name => word.length >= 3 && name.startsWith(word));
  if (begins.length === 1) return begins[0];
  return best.distance <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

/** Insertions, deletions, substitutions and swaps of neighbours between two short words. */
function distanceOf(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      (rows[i] as number[])[j] = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (same ? 0 : 1),
        swap,
      );
    }
  }
  return at(a.length, b.length);
}
