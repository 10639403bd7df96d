/** A process that takes orders: a line of JSON in, a line of JSON out. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Answer {
  readonly failed?: string;
  readonly message?: string;
  readonly ok?: boolean;
  readonly code?: string;
  readonly cutoff?: number;
  readonly accessToken?: string;
  readonly refreshToken?: string;
}

export interface Ordered {
  readonly process: ChildProcess;
  ask(name: string, order: unknown): Promise<Answer>;
  kill(): Promise<void>;
}

const fileOf = (script: string): string => fileURLToPath(new URL(`./children/${script}`, import.meta.url));

export function spawnScript(script: string, words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [fileOf(script), ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Resolves when it is ready for orders. They are answered one at a time, in order. */
export async function startOrdered(script: string, ...words: string[]): Promise<Ordered> {
  const child = spawnScript(script, words);
  if (child.stdin === null || child.stdout === null) throw new Error('A child without pipes.');
  const { stdin } = child;
  stdin.on('error', () => {}); // Whoever was killed hears no more.
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Answer> => JSON.parse((await lines.next()).value ?? '{"failed":"ended"}');
  await next();
  return {
    process: child,
    ask(name, order) {
      stdin.write(`${JSON.stringify([name, order])}\n`);
      return next();
    },
    async kill() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
