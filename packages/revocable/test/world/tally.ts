/** What many runs came to: a sum that grows run by run, and block by block where several processes play. */
import { type Length, planOf } from './plan.ts';
import { type Result, run } from './stage.ts';

export interface Failure {
  readonly seed: number;
  readonly invariant: number;
  readonly text: string;
}

/** Counts and failures of some runs; plain data, so that a process can send it. */
export interface Tally {
  schedules: number;
  events: number;
  readonly coverage: Record<string, number>;
  readonly failures: Failure[];
}

export const emptyTally = (): Tally => ({ schedules: 0, events: 0, coverage: {}, failures: [] });

export function add(to: Tally, { schedules, events, coverage, failures }: Tally): void {
  to.schedules += schedules;
  to.events += events;
  for (const [name, times] of Object.entries(coverage)) to.coverage[name] = (to.coverage[name] ?? 0) + times;
  to.failures.push(...failures);
}

/** Seeds one after the other, and which of their invariants count: all without a list. */
export interface Block {
  readonly from: number;
  readonly count: number;
  readonly length: Length;
  readonly wanted?: readonly number[] | undefined;
  readonly keepsGoing: boolean;
}

/** How many runs are made twice: the second must be the same. */
const TWICE_EVERY = 100;

/** Plays a block, up to its first failure where it is not told to keep going, and for as long as it may. */
export async function playBlock(block: Block, mayGoOn: () => boolean = () => true): Promise<Tally> {
  const tally = emptyTally();
  for (let seed = block.from; seed < block.from + block.count && mayGoOn(); seed++) {
    const result = await run(seed, planOf(seed, block.length));
    const failure = failureOf(seed, result, block) ?? (await differs(seed, result, block));
    count(tally, result);
    if (failure === undefined) continue;
    tally.failures.push(failure);
    if (!block.keepsGoing) break;
  }
  return tally;
}

function failureOf(seed: number, { violations }: Result, { wanted }: Block): Failure | undefined {
  const found = violations.find(each => wanted?.includes(each.invariant) ?? true);
  return found && { seed, ...found };
}

async function differs(seed: number, { traceHash }: Result, block: Block): Promise<Failure | undefined> {
  if (seed % TWICE_EVERY !== 0) return undefined;
  const again = await run(seed, planOf(seed, block.length));
  return again.traceHash === traceHash
    ? undefined
    : { seed, invariant: 0, text: 'it is another world the second time' };
}

function count(tally: Tally, { events, coverage, pairs }: Result): void {
  tally.schedules += 1;
  tally.events += events;
  for (const [name, times] of coverage) tally.coverage[name] = (tally.coverage[name] ?? 0) + times;
  for (const pair of pairs) tally.coverage[pair] = (tally.coverage[pair] ?? 0) + 1;
}
