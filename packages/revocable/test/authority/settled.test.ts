/** Of whom `settled` waits for word: by the store's clock, and after a takeover of whoever the store may have forgotten. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, createAuthority, openStore, type Store } from 'revocable';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UNHEARD } from '#authority/settled';
import { createSetClock, type SetClock, until } from '../contracts/store-world.ts';
import { type RedisServer, startRedis } from '../stores/redis-server.ts';

/** How far apart clocks may be: the store's may have been set right by so much since a verifier asked. */
const APART_MS = 2000;

const everything: { close(): unknown }[] = [];
let folder: string;
let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'revocable-settled-'));
});
afterEach(async () => {
  for (const each of everything.splice(0).reverse()) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

const kept = <T extends { close(): unknown }>(value: T): T => {
  everything.push(value);
  return value;
};
const authorityOn = async (store: Store, clock: () => number): Promise<Authority> =>
  kept(
    await createAuthority({
      ...{ store, clock, issuer: 'https://a.example', audience: 'api', storeLoss: 'ignore' },
      ...{ signing: { alg: 'ES256' }, secret: 'a root secret of thirty-two bytes or more' },
    }),
  );
const says = (store: Store, name: string, maxStalenessMs: number, applied?: string) =>
  store.feed.probe({ name, applied, maxStalenessMs, whenStale: 'reject' });

const kinds: Record<string, (clock: SetClock) => Promise<Store>> = {
  memory: clock => openStore('memory:', { clock }),
  file: clock => openStore(`file:${join(folder, 'store')}`, { clock }),
  redis: async clock => {
    await server.command('FLUSHALL');
    return openStore(server.url, { clock });
  },
};

describe.each(Object.entries(kinds))('settled, on a store: %s', (_, open) => {
  const missing = async (authority: Authority, cursor: string): Promise<readonly string[]> =>
    (await authority.settled(cursor, { timeout: 0.2 })).missing;

  it.each([3_600_000, -3_600_000])(
    "20: a verifier lapses by the store's clock, with the authority's %i ms away",
    async skewMs => {
      const clock = createSetClock();
      const store = kept(await open(clock));
      const authority = await authorityOn(store, () => clock() + skewMs);
      const { cursor } = await authority.revoke({ subject: 'ada' });
      await says(store, 'api', 5000);
      expect(await missing(authority, cursor)).toEqual(['api']);
      clock.now += 5000 + APART_MS;
      expect(await missing(authority, cursor)).toEqual(['api']);
      clock.now += 1;
      expect(await authority.settled(cursor)).toEqual({ applied: [], missing: [] });
      await says(store, 'api', 5000, cursor);
      expect(await authority.settled(cursor)).toEqual({ applied: ['api'], missing: [] });
    },
  );

  it('20: after a takeover, whoever the store may have forgotten is waited for as long as any may be stale', async () => {
    const clock = createSetClock();
    const store = kept(await open(clock));
    const authority = await authorityOn(store, clock);
    await says(store, 'slow', 60_000);
    clock.now += 60_001 + APART_MS;
    await store.remember('another');
    await until(async () => !('refused' in (await store.begin())), 15_000);
    const { cursor } = await authority.revoke({ subject: 'ada' });
    // Its last question may have been in what was lost.
    expect(await missing(authority, cursor)).toEqual(['slow', UNHEARD]);
    await says(store, 'slow', 60_000, cursor);
    clock.now += 60_000 + APART_MS;
    expect(await authority.settled(cursor, { timeout: 0.2 })).toEqual({
      applied: ['slow'],
      missing: [UNHEARD],
    });
    clock.now += 1;
    expect(await missing(authority, cursor)).toEqual([]);
  });

  it('20: a takeover that left no names behind waits for the default', async () => {
    const clock = createSetClock();
    const store = kept(await open(clock));
    const authority = await authorityOn(store, clock);
    await store.remember('another');
    await until(async () => !('refused' in (await store.begin())), 15_000);
    const { cursor } = await authority.revoke({ subject: 'ada' });
    expect(await missing(authority, cursor)).toEqual([UNHEARD]);
    clock.now += 30_001 + APART_MS;
    expect(await missing(authority, cursor)).toEqual([]);
  });
});
