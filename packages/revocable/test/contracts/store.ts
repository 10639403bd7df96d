/** THE contract of a store. Every store runs it; none has a test of these sentences of its own. */
import { afterEach, describe } from 'vitest';
import type { Store } from '#store';
import { describeEvents } from './store-events.ts';
import { describeFeed } from './store-feed.ts';
import { describeHealing } from './store-healing.ts';
import { describeKeeping } from './store-keeping.ts';
import { describeRotation } from './store-rotation.ts';
import { describeSessions } from './store-sessions.ts';
import { describeStamps } from './store-stamps.ts';
import { createSetClock, type SetClock } from './store-world.ts';

/** Opens an empty store. A `clock` is the store's own, and holds exactly. */
export type OpenFresh = (options: { readonly clock?: () => number }) => Promise<Store>;

/** A fresh store with a clock that the test sets; closed after the test. */
export type Opened = (now?: number) => Promise<{ readonly store: Store; readonly clock: SetClock }>;

export function describeStore(name: string, openFresh: OpenFresh): void {
  const stores: Store[] = [];
  const opened: Opened = async now => {
    const clock = createSetClock(now);
    const store = await openFresh({ clock });
    stores.push(store);
    return { store, clock };
  };
  const running = async (): Promise<Store> => {
    const store = await openFresh({});
    stores.push(store);
    return store;
  };
  describe(`store contract: ${name}`, () => {
    afterEach(async () => {
      for (const store of stores.splice(0)) await store.close();
    });
    describeStamps(opened, running);
    describeRotation(opened);
    describeSessions(opened);
    describeFeed(opened, running);
    describeHealing(opened);
    describeKeeping(opened);
    describeEvents(opened);
  });
}
