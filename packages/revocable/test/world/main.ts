/** `npm run world -- [--seed N] [--schedules N] [--seconds S]`: seeds until the time is over. Exit 1 at the first violation. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { planOf } from './plan.ts';
import { run } from './stage.ts';

Error.stackTraceLimit = process.env['SEED'] === undefined ? 0 : 20;
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string' },
    schedules: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const one = values.seed ?? process.env['SEED'];
if (one !== undefined) {
  const seed = Number(one);
  const result = await run(seed, planOf(seed), { keepsLines: true });
  for (const line of result.lines) console.log(line);
  console.log(result.violation ?? 'all invariants hold', result.traceHash);
  process.exitCode = result.violation === undefined ? 0 : 1;
} else {
  const from = Number(values.from ?? randomInt(2 ** 31));
  const schedules = Number(values.schedules ?? Number.POSITIVE_INFINITY);
  const until = Date.now() + Number(values.seconds ?? 60) * 1000;
  const began = Date.now();
  const coverage = new Map<string, number>();
  let count = 0;
  let events = 0;
  for (; count < schedules && Date.now() < until; count++) {
    const seed = from + count;
    const result = await run(seed, planOf(seed));
    events += result.events;
    for (const [name, times] of result.coverage) coverage.set(name, (coverage.get(name) ?? 0) + times);
    if (result.violation !== undefined) {
      console.log(`SEED=${seed}`, result.violation);
      process.exitCode = 1;
      if (process.env['GO_ON'] === undefined) break;
    }
  }
  console.log(`${count} schedules, ${events} events, ${(Date.now() - began) / 1000} s`);
  for (const [name, times] of [...coverage].sort()) console.log(String(times).padStart(9), name);
}
