/** What this library sets out to reach, as ratios within one run. */
import { median } from './statistics.js';

const faster = (operation, alg, than, least) => ({
  text: `${titleOf(operation)}${operation === 'decode' ? '' : ` ${alg}`}: times as fast as ${than}`,
  one: { operation, alg, payload: 'small' },
  above: than,
  below: 'revocable',
  least,
});

const overFloor = (operation, alg, most) => ({
  text: `${titleOf(operation)} ${alg}: time over the floor`,
  one: { operation, alg, payload: 'small' },
  above: 'revocable',
  below: 'floor',
  most,
});

const titleOf = operation => ({ verifyRepeated: 'verify again' })[operation] ?? operation;

const LEAST_OF_POOL = 1.75;
const targets = [
  faster('verify', 'HS256', 'fast-jwt', 2.0),
  faster('sign', 'HS256', 'fast-jwt', 2.1),
  overFloor('verify', 'RS256', 1.2),
  overFloor('sign', 'RS256', 1.05),
  overFloor('verify', 'ES256', 1.12),
  overFloor('sign', 'ES256', 1.18),
  overFloor('verify', 'EdDSA', 1.08),
  overFloor('sign', 'EdDSA', 1.12),
  faster('decode', 'HS256', 'fast-jwt', 2.3),
  faster('verifyRepeated', 'RS256', 'fast-jwt', 10),
  faster('verifyRepeated', 'RS256', 'fast-jwt, tuned', 2.5),
];

/** @returns {{ text: string, wanted: string, measured: string, reached: boolean | undefined }[]} undefined: not measured */
export function targetsIn(results) {
  return [...targets.map(target => judged(target, results)), poolTarget(results)];
}

function judged({ text, one, above, below, least, most }, results) {
  const measured = results.ratio(one, above, below);
  const wanted = least === undefined ? `≤ ${most.toFixed(2)}` : `≥ ${least.toFixed(2)}`;
  if (measured === undefined) return { text, wanted, measured: 'not measured', reached: undefined };
  const { middle, lowest, highest } = measured;
  return {
    text,
    wanted,
    measured: `${middle.toFixed(2)} (${lowest.toFixed(2)} to ${highest.toFixed(2)})`,
    reached: least === undefined ? middle <= most : middle >= least,
  };
}

/** With as many callers as the pool takes at once. */
function poolTarget({ pools }) {
  const text = 'sign RS256 in the thread pool: times the throughput in line';
  const wanted = `≥ ${LEAST_OF_POOL.toFixed(2)}`;
  if (pools.length === 0) return { text, wanted, measured: 'not measured', reached: undefined };
  const reached = median(pools.map(pool => pool.loads[0].ratio));
  return {
    text,
    wanted,
    measured: `${reached.toFixed(2)} on ${pools[0].cores} cores`,
    reached: reached >= LEAST_OF_POOL,
  };
}
