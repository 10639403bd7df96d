/** A store whose atomic steps are timed. */
import type { Store } from 'revocable';

const STEPS = ['begin', 'issue', 'refresh', 'revoke'] as const;

export function timed(store: Store, observe: (operation: string, seconds: number) => void): Store {
  const steps = STEPS.map(operation => {
    const step = store[operation] as (argument?: unknown) => Promise<unknown>;
    const run = async (argument?: unknown): Promise<unknown> => {
      const started = performance.now();
      try {
        return await step(argument);
      } finally {
        observe(operation, (performance.now() - started) / 1000);
      }
    };
    return [operation, run] as const;
  });
  return { ...store, ...(Object.fromEntries(steps) as Pick<Store, (typeof STEPS)[number]>) };
}
