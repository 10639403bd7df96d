/** Store contract: the feed, the probe, and who is told of changes. */
import { describe, expect, it } from 'vitest';
import { keyScope, placeOf, STORE_AHEAD_MS, tokenScope, userScope } from '#revocation/index';
import type { Store } from '#store';
import type { Opened } from './store.ts';
import {
  begun,
  createReader,
  cutUser,
  followFrom,
  LIVES,
  NOW,
  type Reader,
  read,
  revoke,
  until,
} from './store-world.ts';

export const PROFILE = {
  issuer: 'https://auth.example',
  format: 1,
  scopes: ['g', 'k', 't', 'c', 'u', 's', 'j'],
  accessMaxMs: LIVES.accessMs,
  refreshMaxMs: LIVES.refreshMs,
  leewayMs: LIVES.leewayMs,
  stamps: true,
};
const report = { maxStalenessMs: 30_000, whenStale: 'reject' as const };

const numbers = (reader: Reader): number[] => [...reader.cuts.values()].map(entry => entry.number);

export function describeFeed(opened: Opened, running: () => Promise<Store>): void {
  describe('feed', () => {
    it('has no profile before an authority declares it', async () => {
      const { store } = await opened();
      await expect(store.feed.profile()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      expect(await store.profile()).toBeUndefined();
      await store.declare(PROFILE);
      expect(await store.feed.profile()).toEqual(PROFILE);
    });

    it('raises a longest life at once; lowered, the old one counts until it has passed once', async () => {
      const { store, clock } = await opened();
      await store.declare(PROFILE);
      const lowered = { ...PROFILE, accessMaxMs: 60_000, refreshMaxMs: 600_000 };
      await store.declare(lowered);
      expect(await store.profile()).toEqual(PROFILE);
      clock.now += LIVES.refreshMs + LIVES.leewayMs;
      expect(await store.profile()).toEqual(lowered);
      await store.declare({ ...lowered, accessMaxMs: 120_000 });
      expect(await store.profile()).toEqual({ ...lowered, accessMaxMs: 120_000 });
    });

    it('loads all, cursor first, and follows from there', async () => {
      const { store, clock } = await opened();
      await cutUser(store, clock, { subject: 'a' });
      await cutUser(store, clock, { subject: 'b' });
      await cutUser(store, clock, { subject: 'a' });
      const reader = await read(store);
      expect(numbers(reader).sort()).toEqual([2, 3]);
      expect(placeOf(reader.cursor)).toMatchObject({ owner: (await begun(store)).owner, number: 3 });
      const { cursor } = await cutUser(store, clock, { subject: 'c' });
      await until(() => reader.cursor === cursor);
      expect(reader.order).toEqual([4]);
      reader.stop();
    });

    it('delivers in the order of the log, and nothing after it was stopped', async () => {
      const { store, clock } = await opened();
      const reader = await read(store);
      for (let i = 0; i < 30; i += 1) await cutUser(store, clock, { subject: `u${i}` });
      await until(() => reader.order.length === 30);
      expect(reader.order).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
      reader.stop();
      await cutUser(store, clock, { subject: 'late' });
      await new Promise(resolve => setTimeout(resolve, 20));
      expect(reader.order).toHaveLength(30);
    });

    it('continues from an earlier cursor, with superseded entries left out', async () => {
      const { store, clock } = await opened();
      const cursors: string[] = [];
      for (const subject of ['a', 'b', 'a', 'c'])
        cursors.push((await cutUser(store, clock, { subject })).cursor);
      expect(await store.continues(cursors[0] ?? '')).toBe(true);
      const reader = followFrom(createReader(), store, cursors[0] ?? '');
      await until(() => reader.cursor === cursors[3]);
      expect(reader.order).toEqual([2, 3, 4]);
    });

    it.each([
      'nonsense',
      '',
      '.',
      '.1.TAG',
      'x.',
      'x.-1.',
      'x.1.5.',
      'another.0.',
      'another.1.TAG',
      'OWNER.1',
      'OWNER.1.',
      'OWNER.1.another',
      'OWNER.0.TAG',
      'OWNER.5.TAG',
      'OWNER.1e0.TAG',
      'OWNER.0x1.TAG',
      'OWNER. 1.TAG',
    ])('says that the log cannot be continued from %j', async cursor => {
      const { store, clock } = await opened();
      const first = placeOf((await cutUser(store, clock, { subject: 'a' })).cursor);
      const from = cursor.replace('OWNER', first?.owner ?? '').replace('TAG', first?.tag ?? '');
      expect(await store.continues(from)).toBe(false);
      const reader = followFrom(createReader(), store, from);
      await until(() => reader.lost === 1);
      await cutUser(store, clock, { subject: 'b' });
      await new Promise(resolve => setTimeout(resolve, 10));
      expect(reader.order).toEqual([]);
    });

    it('load and follow are the whole log while others write', async () => {
      const store = await running();
      let writing = true;
      const write = async (writer: number): Promise<void> => {
        for (let i = 0; writing; i += 1) {
          await revoke(store, Date.now, [
            { kind: 'finite', scope: userScope('', `${writer}-${i % 97}`), plane: 's' },
          ]);
          await new Promise(resolve => setImmediate(resolve));
        }
      };
      const writers = [0, 1, 2].map(write);
      const readers: Reader[] = [];
      for (let i = 0; i < 5; i += 1) {
        await new Promise(resolve => setTimeout(resolve, 20));
        readers.push(await read(store));
      }
      writing = false;
      await Promise.all(writers);
      const whole = await read(store);
      for (const reader of readers) await until(() => reader.cursor === whole.cursor);
      for (const reader of readers)
        expect(Object.fromEntries(reader.cuts)).toEqual(Object.fromEntries(whole.cuts));
    });

    it('holds for access tokens only what concerns them', async () => {
      const { store, clock } = await opened();
      await store.declare(PROFILE);
      await cutUser(store, clock, { subject: 'old' });
      await revoke(store, clock, [{ kind: 'forever', scope: keyScope('k'), plane: 's' }]);
      clock.now += LIVES.accessMs + LIVES.leewayMs + STORE_AHEAD_MS;
      await cutUser(store, clock, { subject: 'refresh only' }, 'r');
      await revoke(store, clock, [
        { kind: 'forever', scope: tokenScope('j'), plane: 'a', tokenExpires: clock.now + 9 },
      ]);
      const reader = await read(store, 'access');
      expect([...reader.cuts.keys()].sort()).toEqual(['j:j', 'k:k']);
      const { cursor } = await cutUser(store, clock, { subject: 'again' }, 'r');
      await until(() => reader.cursor === cursor);
      expect(reader.cuts.size).toBe(2);
    });

    it('29: leaves out nothing for a clock that has jumped ahead by an hour', async () => {
      const { store, clock } = await opened();
      await store.declare(PROFILE);
      const { cursor } = await cutUser(store, clock, { subject: 'ada' });
      clock.now += 3_600_000;
      const reader = await read(store, 'access');
      expect([...reader.cuts.keys()]).toEqual([userScope('', 'ada')]);
      await cutUser(store, clock, { subject: 'bob' });
      const behind = followFrom(createReader(), store, cursor.replace(/\.1\..*/, '.0.'), 'access');
      await until(() => behind.cuts.size === 2);
    });

    it('says when a new key signs', async () => {
      const { store } = await opened();
      const reader = await read(store);
      await store.putKeys(0, [key('k1', 'active')]);
      await until(() => reader.keys === 1);
      await store.putKeys(1, [key('k1', 'active'), key('k2', 'next')]);
      await store.putKeys(2, [key('k1', 'retired'), key('k2', 'active')]);
      await until(() => reader.keys === 2);
      expect(reader.keys).toBe(2);
    });
  });

  describe('probe', () => {
    it('answers with clock and head, and keeps what a named replica said', async () => {
      const { store, clock } = await opened();
      const { cursor } = await cutUser(store, clock, { subject: 'a' });
      expect(await store.feed.probe({ name: undefined, applied: undefined, ...report })).toEqual({
        now: NOW,
        head: cursor,
      });
      expect(await store.replicas()).toEqual([]);
      await store.feed.probe({ name: 'api-1', applied: undefined, ...report });
      clock.now += 7;
      await store.feed.probe({ name: 'api-1', applied: cursor, ...report });
      await store.feed.probe({ name: 'api-2', applied: cursor, maxStalenessMs: 5, whenStale: 'allow' });
      expect((await store.replicas()).toSorted((x, y) => (x.name < y.name ? -1 : 1))).toEqual([
        { name: 'api-1', applied: cursor, seenAt: NOW + 7, ...report },
        { name: 'api-2', applied: cursor, seenAt: NOW + 7, maxStalenessMs: 5, whenStale: 'allow' },
      ]);
    });

    it('tells its listeners of entries and reports until they stop', async () => {
      const { store, clock } = await opened();
      let told = 0;
      const stop = store.onChange(() => {
        told += 1;
      });
      await cutUser(store, clock, { subject: 'a' });
      await until(() => told >= 1);
      const before = told;
      await store.feed.probe({ name: 'api', applied: undefined, ...report });
      await until(() => told > before);
      await new Promise(resolve => setTimeout(resolve, 250));
      stop();
      const last = told;
      await cutUser(store, clock, { subject: 'a' });
      await new Promise(resolve => setTimeout(resolve, 20));
      expect(told).toBe(last);
    });
  });
}

export function key(kid: string, state: 'next' | 'active' | 'retired') {
  const active = state === 'next' ? {} : { activatedAt: NOW };
  const times = { createdAt: NOW, ...active, ...(state === 'retired' ? { retiredAt: NOW } : {}) };
  return { kid, alg: 'RS256', state, sealed: 'c2VhbGVk', publicJwk: '{"kty":"RSA"}', ...times };
}
