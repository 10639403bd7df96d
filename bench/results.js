/** What the processes of one Node found, asked by case and library. */
import { caseName } from './operations.js';
import { median, ratio, spreadOf, variation } from './statistics.js';

/** @param runs what each process sent */
export function createResults(runs) {
  const [{ versions }] = runs;
  return {
    versions,
    pools: runs.map(run => run.pool).filter(pool => pool !== undefined),
    /** Names of the libraries of a case, the fastest first. */
    librariesOf: one => librariesOf(runs, one),
    /** Microseconds of one call: middle, lowest and highest of the processes; undefined where it was not measured. */
    microseconds: (one, library) => spreadOrNothing(timesOf(runs, one, library).map(median)),
    /** Spread of the rounds within a process, as a share. */
    variation: (one, library) => median(timesOf(runs, one, library).map(variation)),
    ratio: (one, above, below) => ratioOf(runs, one, above, below),
    /** How many checks the library passed. */
    checks: (one, library) => resultsOf(runs, one, library)[0]?.checks,
    dropped: droppedOf(runs),
  };
}

function resultsOf(runs, one, library) {
  const found = runs.flatMap(run => run.found.filter(other => caseName(other) === caseName(one)));
  return found.flatMap(({ results }) => results.filter(result => result.name === library));
}

/** A list of rounds for each process. */
const timesOf = (runs, one, library) => resultsOf(runs, one, library).map(result => result.times);

function librariesOf(runs, one) {
  const found = runs.flatMap(run => run.found.filter(other => caseName(other) === caseName(one)));
  const names = [...new Set(found.flatMap(({ results }) => results.map(result => result.name)))];
  const speed = name => median(timesOf(runs, one, name).map(median));
  return names.sort((a, b) => speed(a) - speed(b));
}

function ratioOf(runs, one, above, below) {
  const tops = timesOf(runs, one, above);
  const bottoms = timesOf(runs, one, below);
  if (tops.length === 0 || tops.length !== bottoms.length) return undefined;
  return spreadOf(tops.map((times, process) => ratio(times, bottoms[process])));
}

const spreadOrNothing = values => (values.length === 0 ? undefined : spreadOf(values));

/** Each once: `library: case, case: why`. */
function droppedOf(runs) {
  const reasons = new Map();
  for (const one of runs.flatMap(run => run.found))
    for (const { name, why } of one.dropped) {
      const reason = `${name}: ${why}`;
      reasons.set(reason, (reasons.get(reason) ?? new Set()).add(caseName(one)));
    }
  return [...reasons].map(([reason, cases]) => `${reason} (${[...cases].join(', ')})`);
}
