/** `npm run fuzz -- [--minutes N] [--executions N] [--seed N]`: without words, one minute. Exit 1 at the first fault. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { fuzz, report } from './fuzzer.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, executions: { type: 'string' }, seed: { type: 'string' } },
});

function numberOf(name: 'minutes' | 'executions' | 'seed'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text.replaceAll('_', ''));
  if (!(number >= 0)) throw new Error(`--${name} is a number.`);
  return number;
}

const seed = numberOf('seed') ?? Number(process.env['SEED'] ?? randomInt(2 ** 31));
const executions = numberOf('executions');
const minutes = numberOf('minutes') ?? (executions === undefined ? 1 : undefined);
console.log(`seed ${seed} (again with: npm run fuzz -- --seed ${seed})`);
try {
  const tally = await fuzz({
    seed,
    ...(executions === undefined ? {} : { executions }),
    ...(minutes === undefined ? {} : { milliseconds: minutes * 60_000 }),
    onProgress: ({ executions, milliseconds }) =>
      console.error(`${executions.toLocaleString('en')} executions in ${Math.round(milliseconds / 1000)} s`),
  });
  console.log(report(tally));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
