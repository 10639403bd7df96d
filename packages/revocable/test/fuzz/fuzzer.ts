/** The loop: executions until a limit, counted by what came out. */
import { execute, Fault, keyMaterial, type Trace } from './executions.ts';
import { createRng } from './random.ts';

export interface Limits {
  readonly seed: number;
  readonly executions?: number;
  readonly milliseconds?: number;
  /** Told from time to time. */
  readonly onProgress?: (tally: Tally) => void;
}

export interface Tally {
  readonly seed: number;
  executions: number;
  milliseconds: number;
  /** By outcome: `genuine`, `twin`, `read`, and each refusal by its code. */
  readonly outcomes: Map<string, number>;
  readonly mutations: Map<string, number>;
  readonly algorithms: Map<string, number>;
}

const BATCH = 1024;
const PROGRESS_MS = 10_000;

const count = (map: Map<string, number>, name: string): Map<string, number> =>
  map.set(name, (map.get(name) ?? 0) + 1);

/** Throws at the first thing that must not be, with all that is needed to see it again. */
export async function fuzz(limits: Limits): Promise<Tally> {
  const { seed, executions = Number.POSITIVE_INFINITY, milliseconds = Number.POSITIVE_INFINITY } = limits;
  const rng = createRng(seed);
  const tally: Tally = {
    ...{ seed, executions: 0, milliseconds: 0 },
    ...{ outcomes: new Map(), mutations: new Map(), algorithms: new Map() },
  };
  const start = performance.now();
  let told = start;
  while (tally.executions < executions && tally.milliseconds < milliseconds) {
    const batch = Math.min(BATCH, executions - tally.executions);
    for (let i = 0; i < batch; i++) await one(rng, tally);
    const now = performance.now();
    tally.milliseconds = now - start;
    if (now - told < PROGRESS_MS) continue;
    told = now;
    limits.onProgress?.(tally);
  }
  return tally;
}

async function one(rng: ReturnType<typeof createRng>, tally: Tally): Promise<void> {
  const trace: Trace = { mutation: '', door: '', alg: '', input: undefined };
  tally.executions++;
  try {
    const pending = execute(rng, trace);
    const outcome = pending instanceof Promise ? await pending : pending;
    count(tally.outcomes, outcome.kind === 'refused' ? outcome.code : outcome.kind);
    count(tally.mutations, trace.mutation);
    count(tally.algorithms, trace.alg);
  } catch (cause) {
    throw new Error(described(cause, tally, trace), { cause });
  }
}

function described(cause: unknown, { seed, executions }: Tally, trace: Trace): string {
  const what = cause instanceof Fault ? cause.message : `the fuzzer itself failed: ${String(cause)}`;
  return [
    `seed ${seed}, execution ${executions}: ${what}`,
    `  mutation  ${trace.mutation}`,
    `  door      ${trace.door}`,
    `  input     ${JSON.stringify(trace.input)}`,
    `  key       ${JSON.stringify(keyMaterial(trace.alg))}`,
  ].join('\n');
}

/** The tally as a table. */
export function report(tally: Tally): string {
  const { executions, milliseconds, outcomes } = tally;
  const of = (name: string): number => outcomes.get(name) ?? 0;
  const refusals = [...outcomes].filter(([name]) => name.startsWith('ERR_')).sort(([, a], [, b]) => b - a);
  const refused = refusals.reduce((sum, [, number]) => sum + number, 0);
  const line = (name: string, number: number): string => `${name.padEnd(28)}${grouped(number).padStart(14)}`;
  return [
    line('executions', executions),
    line('accepted: an original', of('genuine')),
    line('accepted: (r, n - s)', of('twin')),
    line('decoded or imported', of('read')),
    line('refused', refused),
    ...refusals.map(([code, number]) => line(`  ${code}`, number)),
    line('mutations tried', tally.mutations.size),
    line('algorithms', tally.algorithms.size),
    line('executions a second', Math.round((executions / milliseconds) * 1000)),
  ].join('\n');
}

const grouped = (number: number): string => number.toLocaleString('en');
