/**
 * `SEED=… npm run world`: one seed, its trace, and the smallest run that breaks the same invariant.
 * `npm run world -- [--from SEED] [--schedules N] [--seconds S]`: seeds until one fails; without words, one minute.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { blindSpots, printCoverage } from './coverage.ts';
import { planOf } from './plan.ts';
import { shrink } from './shrink.ts';
import { type Result, run } from './stage.ts';

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    schedules: { type: 'string' },
    seconds: { type: 'string' },
    until: { type: 'string' },
  },
});
const SEED = process.env['SEED'];
// Refusals are made by the thousand: their stacks are never read.
Error.stackTraceLimit = SEED === undefined ? 0 : 20;
process.exitCode = SEED === undefined ? await runMany() : await runOne(Number(SEED));

async function runOne(seed: number): Promise<number> {
  const plan = planOf(seed);
  const result = await run(seed, plan, { keepsLines: true });
  if (result.violation === undefined) {
    print(result);
    console.log(`all invariants hold in ${result.events} events; the trace is ${result.traceHash}`);
    return 0;
  }
  const smaller = await shrink(seed, plan, result.violation.invariant);
  console.log(JSON.stringify(smaller.settings));
  print(await run(seed, smaller, { keepsLines: true }));
  console.log(`of ${plan.acts.length} acts ${smaller.acts.length} are needed`);
  return 1;
}

function print({ lines, violation }: Result): void {
  for (const line of lines) console.log(line);
  if (violation !== undefined) console.log(`INVARIANT ${violation.invariant}: ${violation.text}`);
}

/** Seed after seed; every hundredth twice, which must be the same. */
async function runMany(): Promise<number> {
  const from = Number(values.from ?? randomInt(2 ** 31));
  const schedules = Number(values.schedules ?? Number.POSITIVE_INFINITY);
  const seconds = Number(values.seconds ?? (values.schedules === undefined ? 60 : Number.POSITIVE_INFINITY));
  const wanted = values.until?.split(',').map(Number);
  const coverage = new Map<string, number>();
  const began = performance.now();
  const spent = (): number => (performance.now() - began) / 1000;
  let [count, events, failed] = [0, 0, 0];
  while (count < schedules && spent() < seconds && failed === 0) {
    const seed = from + count++;
    const result = await run(seed, planOf(seed));
    events += result.events;
    for (const [name, times] of result.coverage) coverage.set(name, (coverage.get(name) ?? 0) + times);
    if (count % 100 === 0 && (await run(seed, planOf(seed))).traceHash !== result.traceHash)
      throw new Error(`SEED=${seed} is another world the second time`);
    const violation = result.violations.find(each => wanted?.includes(each.invariant) ?? true);
    if (violation === undefined) continue;
    failed += 1;
    console.log(
      wanted === undefined
        ? `SEED=${seed} npm run world\nINVARIANT ${violation.invariant}: ${violation.text}`
        : `caught by ${violation.invariant} after ${count} seeds`,
    );
  }
  console.log(`${count} schedules, ${events} events, ${spent().toFixed(1)} s, from ${from}`);
  if (wanted !== undefined) return failed;
  return failed + printCoverage(coverage, count >= 10_000 ? blindSpots(coverage) : []);
}
