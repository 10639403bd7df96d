/** A store whose atomic steps are timed. */
import type { Store } from 'revocable';
import type { Metrics } from './metrics.ts';

const STEPS = ['begin', 'issue', 'refresh', 'revoke'] as const;

export function timed(store: Store, { storeOperations }: Metrics): Store {
  const steps = STEPS.map(operation => {
    const step = store[operation] as (argument?: unknown) => Promise<unknown>;
    const run = async (argument?: unknown): Promise<unknown> => {
      const end = storeOperations.startTimer({ operation });
      try {
        return await step(argument);
      } finally {
        end();
      }
    };
    return [operation, run] as const;
  });
  return { ...store, ...(Object.fromEntries(steps) as Pick<Store, (typeof STEPS)[number]>) };
}
