/** Middles and spreads. Means would let one disturbed sample speak for all. */

/** The value below which the share `at` of the values lies. */
export function quantile(values, at) {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * at;
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

export const median = values => quantile(values, 0.5);

/** Middle of the processes' values, with the lowest and the highest. */
export function spreadOf(values) {
  return { middle: median(values), lowest: Math.min(...values), highest: Math.max(...values) };
}

/** Half the distance of the quartiles, as a share of the median. */
export function variation(values) {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values);
}

/** Round by round, for neighbours in time met the same machine. */
export function ratio(above, below) {
  return median(above.map((value, round) => value / below[round]));
}
