import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#stores/memory';
import { openStore } from '#stores/open';
import { describeStore } from '../contracts/store.ts';
import { begun, createSetClock, LIVES, newSession } from '../contracts/store-world.ts';

describeStore('memory', async options => openStore('memory:', options));

describe('the memory store', () => {
  it('has no file to back up', async () => {
    const store = createMemoryStore();
    await expect(store.backup('copy.db')).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  it('leaves nothing half-written when a step throws', async () => {
    const clock = createSetClock();
    const store = createMemoryStore({ clock });
    const broken = newSession({ subject: 'a' });
    Object.defineProperty(broken, 'claims', {
      enumerable: true,
      get() {
        throw new Error('planted');
      },
    });
    const step = { tenant: '', subject: 'a', client: '', caller: clock(), lives: LIVES, session: broken };
    await expect(store.issue({ ...step, begun: await begun(store) })).rejects.toThrow('planted');
    clock.now -= 1000;
    const { session: _, ...alone } = step;
    const issued = await store.issue({ ...alone, caller: clock(), begun: await begun(store) });
    expect(issued).toMatchObject({ stamp: clock.now });
    expect(await store.count({ kind: 'everyone' })).toMatchObject({ sessions: 0 });
  });

  it('refuses an option that it does not have', () => {
    const misspelt = { clok: Date.now } as { clock?: () => number };
    expect(() => createMemoryStore(misspelt)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});
