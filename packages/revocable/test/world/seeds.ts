/** Many seeds, by this process or by several: totals so far, the first that fails, and at the end what all of them met. */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { blindSpots, coverageLines } from './coverage.ts';
import { playOnMany } from './fleet.ts';
import { type Length, planOf } from './plan.ts';
import { close, deal, load, newProgress, type Progress, save } from './progress.ts';
import { run } from './stage.ts';
import { type Block, type Failure, playBlock, type Tally } from './tally.ts';

export interface Wish {
  /** @default somewhere */
  readonly from: number | undefined;
  /** @default no end */
  readonly schedules: number | undefined;
  readonly seconds: number | undefined;
  /** Only these invariants count, the first that one of them breaks ends it, and coverage is nobody's affair. */
  readonly wanted: readonly number[] | undefined;
  readonly length: Length;
  /** @default one for each core where 10,000 schedules or more are asked for, else this process alone */
  readonly workers: number | undefined;
  readonly keepsGoing: boolean;
  /** Where totals are kept. */
  readonly report: string | undefined;
  readonly resumes: boolean;
}

/** From here on all cores play. */
const LONG = 10_000;
/** Seeds that a worker is given at once, at most. */
const BLOCK = 100;
const TELL_EVERY_S = 60;
const SAVE_EVERY_S = 5;

const MAIN = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'main.ts' : 'main.js', import.meta.url));

/** Returns the exit code: 0 when nothing failed and everything was met. */
export async function playMany(wish: Wish): Promise<number> {
  const progress = await begin(wish);
  const before = progress.seconds;
  const began = performance.now();
  const spent = (): number => (performance.now() - began) / 1000;
  const {
    schedules = Number.POSITIVE_INFINITY,
    seconds = Number.POSITIVE_INFINITY,
    wanted,
    keepsGoing,
  } = wish;
  const mayGoOn = (): boolean => spent() < seconds;
  const keep = (everyS: number): boolean => {
    const isDue = before + spent() - progress.seconds >= everyS;
    if (isDue) progress.seconds = before + spent();
    if (isDue && wish.report !== undefined) save(wish.report, progress);
    return isDue;
  };
  let told = 0;
  const workers = wish.workers ?? (schedules >= LONG && wanted === undefined ? availableParallelism() : 1);
  const size = Math.min(BLOCK, Math.ceil(schedules / workers));
  const next = (): Block | undefined => {
    const stretch = mayGoOn() ? deal(progress, size, schedules) : undefined;
    return stretch && { ...stretch, length: progress.length, wanted, keepsGoing };
  };
  const done = (block: Block, tally: Tally): boolean => {
    close(progress, block, tally);
    for (const failure of tally.failures) if (wanted === undefined) tell(failure, progress.length);
    keep(SAVE_EVERY_S);
    if (spent() - told >= TELL_EVERY_S) {
      told = spent();
      console.log(totals(progress, told, before));
    }
    return tally.failures.length === 0 || keepsGoing;
  };
  const stop = (): never => {
    keep(0);
    console.log(totals(progress, spent(), before));
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  if (workers > 1) await playOnMany(workers, MAIN, next, done);
  else await playHere(next, done, mayGoOn);
  keep(0);
  return conclude(wish, progress, totals(progress, spent(), before));
}

/** Where it is to go on: what failed before is played first, for it may have been mended. */
async function begin({ from, length, report, resumes }: Wish): Promise<Progress> {
  if (!resumes) return newProgress(from ?? randomInt(2 ** 31), length);
  if (report === undefined) throw new Error('--resume needs --report FILE, the file to go on from.');
  const progress = load(report);
  const { failures } = progress.total;
  for (const failure of failures.splice(0)) {
    const { violation } = await run(failure.seed, planOf(failure.seed, progress.length));
    (violation === undefined ? progress.mended : failures).push(failure);
  }
  return progress;
}

async function playHere(
  next: () => Block | undefined,
  done: (block: Block, tally: Tally) => boolean,
  mayGoOn: () => boolean,
): Promise<void> {
  for (let block = next(); block !== undefined; block = next())
    if (!done(block, await playBlock(block, mayGoOn))) return;
}

const again = ({ seed }: Failure, length: Length): string =>
  `SEED=${seed} npm run world${length === 'long' ? ' -- --long' : ''}`;

function tell(failure: Failure, length: Length): void {
  console.log(`${again(failure, length)}\nINVARIANT ${failure.invariant}: ${failure.text}`);
}

function totals({ total, from, next }: Progress, seconds: number, before: number): string {
  const time = before === 0 ? `${seconds.toFixed(1)} s` : `${(before + seconds).toFixed(1)} s in parts`;
  const failed = total.failures.length === 0 ? '' : `, ${total.failures.length} failed`;
  return `${total.schedules} schedules, ${total.events} events${failed}, ${time}, seeds ${from} to ${next - 1}`;
}

function conclude({ wanted }: Wish, { total, mended, length }: Progress, line: string): number {
  const { schedules, failures } = total;
  if (wanted !== undefined) {
    for (const { invariant } of failures) console.log(`caught by ${invariant} after ${schedules} seeds`);
    console.log(line);
    return failures.length;
  }
  const coverage = new Map(Object.entries(total.coverage));
  for (const each of coverageLines(coverage)) console.log(each);
  for (const each of mended) console.log(`mended: ${again(each, length)} (invariant ${each.invariant})`);
  for (const each of failures) console.log(`failed: ${again(each, length)} (invariant ${each.invariant})`);
  const blind = blindSpots(coverage, schedules);
  for (const what of blind) console.log(`too seldom: ${what}`);
  console.log(line);
  return failures.length + blind.length > 0 ? 1 : 0;
}
