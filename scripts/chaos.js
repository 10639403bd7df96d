#!/usr/bin/env node
/**
 * `npm run chaos`: what happens to a store on a bad day, in the long form, and what came of it. Words choose faults by a part of
 * their names. Exit 1 when anything acknowledged was lost, anything revoked passed too long, or a fresh login was refused.
 */
import { MACHINE_FAULTS } from '../packages/revocable/test/chaos/machine-faults.ts';
import { REDIS_FAULTS } from '../packages/revocable/test/chaos/redis-faults.ts';

const FAULTS = [...REDIS_FAULTS, ...MACHINE_FAULTS];

const words = process.argv.slice(2);
const chosen = FAULTS.filter(({ name }) => words.length === 0 || words.some(word => name.includes(word)));
const columns = ['acknowledged', 'lost', 'too late', 'other errors', 'recovery'];
const row = (name, cells) => `${name.padEnd(44)}${cells.map(cell => String(cell).padStart(14)).join('')}`;

console.log(row('fault', columns));
let failed = 0;
for (const fault of chosen) {
  try {
    const outcome = await fault.run(true);
    if (outcome === undefined) {
      console.log(`${fault.name}: this machine cannot have it`);
      continue;
    }
    const { acknowledged, lost, late, wrong, recoveryMs } = outcome;
    console.log(
      row(fault.name, [acknowledged, lost, late, wrong.length, `${(recoveryMs / 1000).toFixed(1)} s`]),
    );
    if (wrong.length > 0) console.log(`  ${wrong[0]}`);
    if (lost + late + wrong.length > 0) failed += 1;
  } catch (error) {
    console.log(`${fault.name}: ${error instanceof Error ? error.message : error}`);
    failed += 1;
  }
}
console.log(failed === 0 ? `all ${chosen.length} held` : `${failed} of ${chosen.length} did not hold`);
process.exit(failed === 0 && chosen.length > 0 ? 0 : 1);
