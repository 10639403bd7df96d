/** Store contract: keys, records, audit, purge, the root secret, and the end. */
import { describe, expect, it } from 'vitest';
import { EVERYONE, keyScope } from '#revocation/index';
import type { Opened } from './store.ts';
import { key, PROFILE } from './store-feed.ts';
import { cutUser, IDLE_MS, LIVES, login, NOW, refresh, revoke } from './store-world.ts';

export function describeKeeping(opened: Opened): void {
  describe('keys', () => {
    it('are put only over the shelf that was seen', async () => {
      const { store } = await opened();
      expect(await store.keys()).toEqual({ revision: 0, rows: [] });
      const rows = [key('k1', 'active'), key('k2', 'next')];
      const both = await Promise.all([store.putKeys(0, rows), store.putKeys(0, [key('k3', 'active')])]);
      expect(both).toEqual([true, false]);
      expect(await store.keys()).toEqual({ revision: 1, rows });
      expect(await store.putKeys(1, [])).toBe(true);
      expect(await store.keys()).toEqual({ revision: 2, rows: [] });
    });
  });

  describe('records', () => {
    it('get what was put, by collection', async () => {
      const { store } = await opened();
      const accounts = store.records('accounts');
      expect(await accounts.put('ann', { name: 'Änn', n: [1, null] })).toBe(true);
      expect(await accounts.get('ann')).toEqual({ name: 'Änn', n: [1, null] });
      expect(await store.records('clients').get('ann')).toBeUndefined();
      expect(await store.records('accounts').put('ann', null)).toBe(true);
      expect(await accounts.get('ann')).toBeNull();
    });

    it('are put once with ifAbsent, whoever asks at the same time', async () => {
      const { store } = await opened();
      const codes = store.records('codes');
      const put = (value: number) => codes.put('x', value, { ifAbsent: true });
      const puts = await Promise.all(Array.from({ length: 20 }, (_, i) => put(i)));
      expect(puts.filter(Boolean)).toHaveLength(1);
      expect(await codes.get('x')).toBe(puts.indexOf(true));
    });

    it('are taken once, whoever asks at the same time', async () => {
      const { store } = await opened();
      const codes = store.records('codes');
      await codes.put('x', 'code');
      const taken = await Promise.all(Array.from({ length: 20 }, () => codes.take('x')));
      expect(taken.filter(value => value === 'code')).toHaveLength(1);
      expect(taken.filter(value => value === undefined)).toHaveLength(19);
    });

    it('are gone at their end: for get, take, list and ifAbsent', async () => {
      const { store, clock } = await opened();
      const codes = store.records('codes');
      await codes.put('x', 1, { until: NOW + 10 });
      clock.now += 9;
      expect(await codes.get('x')).toBe(1);
      expect(await codes.put('x', 2, { ifAbsent: true })).toBe(false);
      clock.now += 1;
      expect([await codes.get('x'), await codes.take('x'), await codes.list()]).toEqual([
        undefined,
        undefined,
        [],
      ]);
      await codes.put('x', 1, { until: clock.now });
      expect(await codes.put('x', 2, { ifAbsent: true })).toBe(true);
      expect(await codes.get('x')).toBe(2);
    });

    it('are listed by key, in pages, by prefix', async () => {
      const { store } = await opened();
      const users = store.records('users');
      for (const name of ['b2', 'a', 'b1', '%', 'b_', 'ß', '\u{1f600}', '\uffee'])
        await users.put(name, name);
      const all = (await users.list()).map(item => item.key);
      expect(all).toEqual(['%', 'a', 'b1', 'b2', 'b_', 'ß', '\uffee', '\u{1f600}']);
      expect((await users.list({ prefix: 'b' })).map(item => item.key)).toEqual(['b1', 'b2', 'b_']);
      expect((await users.list({ prefix: '%' })).map(item => item.key)).toEqual(['%']);
      expect(await users.list({ after: 'b1', limit: 2 })).toEqual([
        { key: 'b2', value: 'b2' },
        { key: 'b_', value: 'b_' },
      ]);
    });

    it.each([
      ['an empty key', '', 1],
      ['a lone surrogate', '\ud800', 1],
      ['no value', 'x', undefined],
    ])('refuse %s', async (_, name, value) => {
      const { store } = await opened();
      const put = async (): Promise<boolean> => store.records('r').put(name, value);
      await expect(put()).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    });

    it('refuse a page that is none', async () => {
      const { store } = await opened();
      await expect(store.records('r').list({ limit: 0 })).rejects.toMatchObject({
        code: 'ERR_CONFIG_INVALID',
      });
      const misspelt = { lmit: 1 } as { limit?: number };
      await expect(store.records('r').list(misspelt)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    });
  });

  describe('audit', () => {
    it('appends with number and time, and pages newest first', async () => {
      const { store, clock } = await opened();
      for (let i = 1; i <= 5; i += 1) {
        clock.now += 1;
        const event = i % 2 === 0 ? 'revoked' : 'login';
        expect(await store.audit.append({ event, actor: 'admin', subject: `s${i}`, detail: { i } })).toBe(i);
      }
      const first = await store.audit.list({ limit: 2 });
      expect(first).toEqual([
        { seq: 5, at: NOW + 5, event: 'login', actor: 'admin', subject: 's5', detail: { i: 5 } },
        { seq: 4, at: NOW + 4, event: 'revoked', actor: 'admin', subject: 's4', detail: { i: 4 } },
      ]);
      expect((await store.audit.list({ before: 4, limit: 2 })).map(row => row.seq)).toEqual([3, 2]);
      expect((await store.audit.list({ before: 2 })).map(row => row.seq)).toEqual([1]);
      expect((await store.audit.list({ event: 'revoked' })).map(row => row.seq)).toEqual([4, 2]);
      expect((await store.audit.list({ subject: 's3' })).map(row => row.seq)).toEqual([3]);
      expect(await store.audit.list({ actor: 'nobody' })).toEqual([]);
    });

    it('keeps what was said, whatever becomes of the object', async () => {
      const { store } = await opened();
      const detail: Record<string, unknown> = { target: 'everyone' };
      await store.audit.append({ event: 'revoked', detail });
      detail.target = 'nobody';
      const [row] = await store.audit.list();
      expect(row).toMatchObject({ seq: 1, event: 'revoked', detail: { target: 'everyone' } });
      expect([row?.actor, row?.subject]).toEqual([undefined, undefined]);
    });

    it('is append-only: there is no way to change or remove a row, and no end of one', async () => {
      const { store, clock } = await opened();
      await store.audit.append({ event: 'revoked', actor: 'admin', detail: { target: 'everyone' } });
      const before = await store.audit.list();
      expect(Object.keys(store.audit).sort()).toEqual(['append', 'list']);
      const [row] = (await store.audit.list()) as { event: string; detail: Record<string, unknown> }[];
      for (const change of [
        () => Object.assign(row ?? {}, { event: 'nothing' }),
        () => Object.assign(row?.detail ?? {}, { target: 'nobody' }),
      ]) {
        try {
          change();
        } catch {
          // It is frozen.
        }
      }
      clock.now += 100 * LIVES.refreshMs;
      await store.purge(clock());
      for (const name of ['audit', 'revocable:audit']) {
        await store.records(name).put('1', {});
        await store.records(name).take('1');
      }
      expect(await store.audit.list()).toEqual(before);
      expect(await store.audit.append({ event: 'login' })).toBe(2);
      expect((await store.audit.list()).map(({ event }) => event)).toEqual(['login', 'revoked']);
    });
  });

  describe('purge', () => {
    it('removes cuts, sessions and records past their end, when both clocks say so; keys never', async () => {
      const { store, clock } = await opened();
      const { session } = await login(store, clock, { subject: 'a' });
      await cutUser(store, clock, { subject: 'a' });
      await revoke(store, clock, [{ kind: 'forever', scope: keyScope('k'), plane: 's' }]);
      await store.records('codes').put('x', 1, { until: NOW + 1 });
      expect(await store.purge(clock())).toBe(0);
      clock.now += LIVES.refreshMs + LIVES.leewayMs;
      expect(await store.purge(NOW)).toBe(0);
      expect(await store.purge(clock())).toBeGreaterThanOrEqual(3);
      expect(await store.cuts()).toBe(1);
      expect(await store.session(session?.id ?? '')).toBeUndefined();
      expect(await store.purge(clock())).toBe(0);
    });

    it('keeps a session for a day beyond its end, so that its holder hears that it is over', async () => {
      const { store, clock } = await opened();
      const { session } = await login(store, clock, { subject: 'a' });
      clock.now += IDLE_MS;
      await store.purge(clock());
      expect(await refresh(store, clock, session?.id ?? '', 0)).toEqual({ refused: 'expired' });
      clock.now += 86_400_000;
      await store.purge(clock());
      expect(await refresh(store, clock, session?.id ?? '', 0)).toEqual({ refused: 'gone' });
    });

    it('removes a bounded number at a time, and the stamps given stay covered', async () => {
      const { store, clock } = await opened();
      const orders = Array.from(
        { length: 1200 },
        (_, i) => ({ kind: 'finite', scope: `t:${i}`, plane: 'a' }) as const,
      );
      await revoke(store, clock, orders);
      const issued = await login(store, clock, { subject: 'a' });
      clock.now += 2 * LIVES.refreshMs;
      const removed: number[] = [];
      for (let n = await store.purge(clock()); n > 0; n = await store.purge(clock())) removed.push(n);
      expect(Math.max(...removed)).toBeLessThanOrEqual(500);
      expect(await store.cuts()).toBe(0);
      clock.now = NOW;
      expect((await cutUser(store, clock, { subject: 'a' })).cutoff).toBeGreaterThan(issued.stamp);
    });
  });

  describe('the whole', () => {
    it('keeps one root secret', async () => {
      const { store } = await opened();
      const secret = await store.rootSecret();
      expect(secret?.length).toBeGreaterThanOrEqual(32);
      expect(await store.rootSecret()).toEqual(secret);
    });

    it('answers nothing once closed, and closes twice', async () => {
      const { store, clock } = await opened();
      await store.declare(PROFILE);
      await store.close();
      await store.close();
      const closed = { code: 'ERR_STORE_UNAVAILABLE' };
      await expect(store.begin()).rejects.toMatchObject(closed);
      await expect(store.session('x')).rejects.toMatchObject(closed);
      await expect(store.keys()).rejects.toMatchObject(closed);
      await expect(store.records('x').get('y')).rejects.toMatchObject(closed);
      await expect(store.audit.list()).rejects.toMatchObject(closed);
      await expect(store.feed.load('all', () => {})).rejects.toMatchObject(closed);
      const step = {
        orders: [{ kind: 'finite', scope: EVERYONE, plane: 's' } as const],
        caller: clock(),
        lives: LIVES,
      };
      await expect(store.revoke(step)).rejects.toMatchObject(closed);
    });
  });
}
