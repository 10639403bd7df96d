/**
 * `npm run scenarios -- [--sessions N] [--thefts N] [--from SEED] [--only WORDS]`: the long form.
 * Exit 1 when an honest user is logged out or a thief is missed.
 */
import { parseArgs } from 'node:util';
import { HONEST, loggedOut, openLanes, thefts } from './rotation.ts';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000' },
    thefts: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const [sessions, wanted, from] = [values.sessions, values.thefts, values.from].map(Number) as [
  number,
  number,
  number,
];
const lanes = await openLanes(16);
let failures = 0;

for (const [name, conditions] of Object.entries(HONEST)) {
  if (sessions === 0 || !name.includes(values.only)) continue;
  const seeds = await loggedOut(lanes, conditions, sessions, from);
  failures += seeds.length;
  const which = seeds.length === 0 ? '' : ` (seeds ${seeds.slice(0, 10).join(', ')})`;
  console.log(
    `${name}, ${conditions.cycles} cycles, seeds from ${from}: ${seeds.length} of ${sessions} users logged out${which}`,
  );
}

if (wanted > 0) {
  const { all, outside, missed, inStep, longest } = await thefts(lanes, wanted, from);
  failures += missed.length;
  console.log(
    `thefts: ${all}; the thief presented outside the grace in ${outside}, caught: ${outside - missed.length}, ` +
      `after ${longest} presentations at the latest`,
  );
  console.log(`always in step, and so never caught: ${inStep} (${((inStep / all) * 100).toFixed(1)} %)`);
  if (missed.length > 0) console.log(`missed: seeds ${missed.join(', ')}`);
}
await Promise.all(lanes.map(lane => lane.close()));
process.exitCode = failures === 0 ? 0 : 1;
