/** A thread that does one thing and ends, so that what takes long holds up no commit. */
import { parentPort, Worker } from 'node:worker_threads';
import { storeFailure } from './failure.ts';
import { errorFrom, type WireOutcome, wireError } from './messages.ts';

/** Resolves with what the script, named by its place beside this file, answers; rejects with our errors as they are. */
export async function runErrand(script: string, workerData: object): Promise<unknown> {
  const worker = new Worker(new URL(script, import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    workerData,
    name: `revocable ${script}`,
  });
  const outcome = await new Promise<WireOutcome>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if ('error' in outcome) throw errorFrom(outcome.error);
  return outcome.value;
}

/** @param file that errors of SQLite are about */
export async function answerErrand(file: string, work: () => Promise<unknown>): Promise<void> {
  parentPort?.postMessage(await outcomeOf(file, work));
}

async function outcomeOf(file: string, work: () => Promise<unknown>): Promise<WireOutcome> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: wireError(storeFailure(error, file)) };
  }
}
