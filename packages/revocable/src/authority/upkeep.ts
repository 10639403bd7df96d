/** What an authority does once a minute: what is past its end goes, and keys whose time has come take over. */
import { RevocableError } from '../errors.ts';
import type { Context } from './context.ts';
import type { UpkeepTask } from './event.ts';

const EVERY_MS = 60_000;
/** Soon, for the next key must be published long before it signs; but not while a service starts. */
const FIRST_MS = 2000;
/** A store gives up what is past its end in small pieces, between which others come to their turn. */
const PIECES = 100;
/** What goes on failing is told again once an hour. */
const TOLD_EVERY = 60;

/** Goes on until the returned function is called, whatever fails; what fails is told. */
export function keepUp(context: Context): () => void {
  const failures = new Map<UpkeepTask, number>();
  let stop = (): void => {};
  let isOver = false;
  const upkeep = async (): Promise<void> => {
    await attempt(context, failures, 'purge', () => purge(context));
    await attempt(context, failures, 'keys', async () => context.keys?.keepUp());
    await context.alarms.look().catch(() => undefined); // a store that is down is told by those two
    schedule(EVERY_MS);
  };
  const schedule = (delayMs: number): void => {
    if (!isOver) stop = context.timers.set(() => void upkeep(), delayMs);
  };
  schedule(FIRST_MS);
  return () => {
    isOver = true;
    stop();
  };
}

async function purge({ store, clock }: Context): Promise<void> {
  for (let piece = 0; piece < PIECES; piece++) if ((await store.purge(clock.wall())) === 0) return;
}

async function attempt(
  { emit }: Context,
  failures: Map<UpkeepTask, number>,
  task: UpkeepTask,
  work: () => Promise<unknown>,
): Promise<void> {
  const before = failures.get(task) ?? 0;
  try {
    await work();
    failures.delete(task);
    if (before > 0) emit({ type: 'upkeep.recovered', task, failures: before });
  } catch (error) {
    failures.set(task, before + 1);
    if (before % TOLD_EVERY === 0)
      emit({ type: 'upkeep.failed', task, failures: before + 1, ...codeOf(error) });
  }
}

/** What is none of ours may hold anything. */
const codeOf = (error: unknown): { readonly code?: string } =>
  error instanceof RevocableError ? { code: error.code } : {};
