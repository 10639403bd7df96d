/**
 * `SEED=… npm run world [-- --long]`: one seed, its trace, and the smallest run that breaks the same invariant.
 * `npm run world -- [--from SEED] [--schedules N] [--seconds S] [--long] [--workers N] [--keep-going] [--report FILE [--resume]]`:
 * seeds until one fails; without words, one minute.
 */
import { parseArgs } from 'node:util';
import { serveAsWorker, WORKER } from './fleet.ts';
import { type Length, planOf } from './plan.ts';
import { playMany } from './seeds.ts';
import { shrink } from './shrink.ts';
import { type Result, run } from './stage.ts';

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    schedules: { type: 'string' },
    seconds: { type: 'string' },
    until: { type: 'string' },
    long: { type: 'boolean', default: false },
    workers: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
    report: { type: 'string' },
    resume: { type: 'boolean', default: false },
    [WORKER.slice(2)]: { type: 'boolean' },
  },
});
const SEED = process.env['SEED'];
const LENGTH: Length = values.long ? 'long' : 'mixed';
// Refusals are made by the thousand: their stacks are never read.
Error.stackTraceLimit = SEED === undefined ? 0 : 20;
if (process.argv.includes(WORKER)) serveAsWorker();
else process.exitCode = SEED === undefined ? await playMany(wishOf(values)) : await playOne(Number(SEED));

function wishOf({ schedules, seconds, workers, ...words }: typeof values): Parameters<typeof playMany>[0] {
  const numberOf = (word: string | undefined): number | undefined => {
    if (word !== undefined && !(Number(word) >= 0)) throw new Error(`"${word}" is not a number from 0 on.`);
    return word === undefined ? undefined : Number(word);
  };
  return {
    from: numberOf(words.from),
    schedules: numberOf(schedules),
    seconds: numberOf(seconds) ?? (schedules === undefined && !words.resume ? 60 : undefined),
    wanted: words.until?.split(',').map(Number),
    length: LENGTH,
    workers: numberOf(workers),
    keepsGoing: words['keep-going'],
    report: words.report,
    resumes: words.resume,
  };
}

async function playOne(seed: number): Promise<number> {
  const plan = planOf(seed, LENGTH);
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
