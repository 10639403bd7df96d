/** Store contract: sessions, their children, and who is listed and counted. */
import { describe, expect, it } from 'vitest';
import { sessionScope, userScope } from '#revocation/index';
import type { Refreshed, Store } from '#store';
import type { Opened } from './store.ts';
import { cutUser, endSession, IDLE_MS, LIVES, login, NOW, refresh, revoke, tryLogin } from './store-world.ts';

const alice = { tenant: 'acme', subject: 'alice', client: 'web' };
const bob = { tenant: 'acme', subject: 'bob', client: 'app' };
const foreign = { tenant: '', subject: 'alice', client: 'web' };

const ofUser = ({ tenant, subject }: { tenant: string; subject: string }) =>
  ({ kind: 'user', tenant, subject }) as const;

const idsOf = async (
  store: Store,
  filter: Parameters<Store['sessions']>[0],
  limit?: number,
): Promise<string[]> => (await store.sessions(filter, limit)).map(row => row.id);

export function describeSessions(opened: Opened): void {
  describe('the key that a session is bound to', () => {
    it('is kept through every refresh; a session that is bound to none has none', async () => {
      const { store, clock } = await opened();
      const bound = (await login(store, clock, alice, { jkt: 'thumbprint' })).session?.id ?? '';
      const free = (await login(store, clock, alice)).session?.id ?? '';
      for (const generation of [0, 1, 2]) {
        clock.now += 120_000;
        const { session } = (await refresh(store, clock, bound, generation, { generation })) as Refreshed;
        expect(session).toMatchObject({ jkt: 'thumbprint', c: generation + 1 });
        expect(await store.session(bound)).toEqual(session);
      }
      expect(await store.session(free)).not.toHaveProperty('jkt');
      expect((await store.sessions(ofUser(alice))).map(row => row.jkt).sort()).toEqual([
        'thumbprint',
        undefined,
      ]);
    });
  });

  describe('children', () => {
    it('inherit the stamp of the login and end no later than the parent', async () => {
      const { store, clock } = await opened();
      const parent = await login(store, clock, alice);
      clock.now += 60_000;
      const child = await login(
        store,
        clock,
        { ...alice, client: 'app' },
        { parent: parent.session?.id ?? '' },
      );
      expect(child).toMatchObject({ stamp: NOW + 60_000, login: NOW });
      expect(child.session).toMatchObject({ login: NOW, expires: NOW + LIVES.refreshMs });
    });

    it('end with the parent, and count as its use', async () => {
      const { store, clock } = await opened();
      const parent = (await login(store, clock, alice)).session?.id ?? '';
      const child = (await login(store, clock, alice, { parent })).session?.id ?? '';
      clock.now += IDLE_MS - 1;
      expect(await refresh(store, clock, child, 0)).toMatchObject({ verdict: 'rotated' });
      expect(await store.session(parent)).toMatchObject({ used: clock.now });
      expect(await endSession(store, clock, parent)).toMatchObject({ ended: 2 });
      expect(await refresh(store, clock, child, 1)).toMatchObject({ refused: 'revoked' });
    });

    it('11: are a use of the parent when they are opened, so that none outlives it by its idleness', async () => {
      const { store, clock } = await opened();
      const parent = (await login(store, clock, alice)).session?.id ?? '';
      clock.now += IDLE_MS - 1;
      const { session } = await login(store, clock, alice, { parent });
      expect(await store.session(parent)).toMatchObject({ used: clock.now, p: 0, c: 0 });
      clock.now += IDLE_MS - 1;
      expect(await refresh(store, clock, parent, 0)).toMatchObject({ verdict: 'rotated' });
      expect(await refresh(store, clock, session?.id ?? '', 0)).toMatchObject({ verdict: 'rotated' });
    });

    it('do not bring back a parent that is over', async () => {
      const { store, clock } = await opened();
      const parent = (await login(store, clock, alice, { idleMs: 1000 })).session?.id ?? '';
      clock.now += 999;
      const child = (await login(store, clock, alice, { parent })).session?.id ?? '';
      const before = await store.session(parent);
      clock.now += 1000;
      expect(await refresh(store, clock, parent, 0)).toEqual({ refused: 'expired' });
      expect(await refresh(store, clock, child, 0)).toMatchObject({ verdict: 'rotated' });
      expect(await store.session(parent)).toEqual(before);
      expect(await refresh(store, clock, parent, 0)).toEqual({ refused: 'expired' });
    });

    it('are not opened under a parent that is gone, over or cut off', async () => {
      const { store, clock } = await opened();
      expect(await tryLogin(store, clock, alice, { parent: 'nobody' })).toEqual({ refused: 'gone' });
      const parent = (await login(store, clock, alice)).session?.id ?? '';
      clock.now += IDLE_MS;
      expect(await tryLogin(store, clock, alice, { parent })).toEqual({ refused: 'expired' });
      const cut = (await login(store, clock, alice)).session?.id ?? '';
      await endSession(store, clock, cut);
      expect(await tryLogin(store, clock, alice, { parent: cut })).toMatchObject({ refused: 'revoked' });
    });

    it('are not opened for a client that was cut off since the login: their stamp would be refused everywhere', async () => {
      const { store, clock } = await opened();
      const parent = (await login(store, clock, alice)).session?.id ?? '';
      await revoke(store, clock, [{ kind: 'finite', scope: 'c:app', plane: 's' }]);
      const app = { ...alice, client: 'app' };
      expect(await tryLogin(store, clock, app, { parent })).toMatchObject({
        refused: 'revoked',
        refusal: { scope: 'c:app', plane: 's', action: 'login' },
      });
      clock.now += 10;
      const again = (await login(store, clock, alice)).session?.id ?? '';
      expect(await tryLogin(store, clock, app, { parent: again })).toMatchObject({
        session: { client: 'app' },
      });
    });
  });

  describe('the others', () => {
    it('end in one step, children too; this session and its kin go on; access tokens of the user are cut', async () => {
      const { store, clock } = await opened();
      const mine = (await login(store, clock, alice)).session?.id ?? '';
      const child = (await login(store, clock, alice, { parent: mine })).session?.id ?? '';
      const other = (await login(store, clock, alice)).session?.id ?? '';
      const otherChild = (await login(store, clock, alice, { parent: other })).session?.id ?? '';
      await login(store, clock, bob);
      const { wrote, ended } = await revoke(store, clock, [{ kind: 'others', session: mine }]);
      const scopes = wrote.map(entry => entry.scope);
      expect(new Set(scopes)).toEqual(
        new Set([sessionScope(other), sessionScope(otherChild), userScope('acme', 'alice')]),
      );
      expect(wrote.find(entry => entry.scope.startsWith('u:'))).toMatchObject({ r: 0, s: 0 });
      expect(ended).toBeGreaterThanOrEqual(2);
      expect(new Set(await idsOf(store, ofUser(alice)))).toEqual(new Set([mine, child]));
      expect(await idsOf(store, ofUser(bob))).toHaveLength(1);
      expect(await refresh(store, clock, mine, 0)).toMatchObject({ verdict: 'rotated' });
    });
  });

  describe('listing and counting', () => {
    it('gives those that are neither over nor cut off, newest use first', async () => {
      const { store, clock } = await opened();
      const first = (await login(store, clock, alice)).session?.id ?? '';
      clock.now += 1;
      const second = (await login(store, clock, alice)).session?.id ?? '';
      clock.now += 1;
      const third = (await login(store, clock, alice, { idleMs: 1000 })).session?.id ?? '';
      await login(store, clock, foreign);
      clock.now += 1;
      await refresh(store, clock, first, 0);
      expect(await idsOf(store, ofUser(alice))).toEqual([first, third, second]);
      expect(await idsOf(store, ofUser(alice), 2)).toEqual([first, third]);
      clock.now += 1000;
      await endSession(store, clock, second);
      expect(await idsOf(store, ofUser(alice))).toEqual([first]);
    });

    it('filters by tenant, client, session and not at all', async () => {
      const { store, clock } = await opened();
      const one = (await login(store, clock, alice)).session?.id ?? '';
      await login(store, clock, alice, { parent: one });
      await login(store, clock, bob);
      await login(store, clock, foreign);
      const sizes = async (filter: Parameters<Store['count']>[0]): Promise<number[]> =>
        Object.values(await store.count(filter)) as number[];
      expect(await store.count({ kind: 'everyone' })).toEqual({ sessions: 4, devices: 3, subjects: 3 });
      expect(await sizes({ kind: 'tenant', tenant: 'acme' })).toEqual([3, 2, 2]);
      expect(await sizes({ kind: 'client', client: 'web' })).toEqual([3, 2, 2]);
      expect(await sizes({ kind: 'session', session: one })).toEqual([2, 1, 1]);
      expect(await sizes(ofUser(foreign))).toEqual([1, 1, 1]);
      expect(await idsOf(store, { kind: 'everyone' })).toHaveLength(4);
      await cutUser(store, clock, alice);
      expect(await store.count({ kind: 'everyone' })).toEqual({ sessions: 2, devices: 2, subjects: 2 });
    });

    it('tells users apart whose tenant and name run together', async () => {
      const { store, clock } = await opened();
      await login(store, clock, { tenant: 'a', subject: 'b:c' });
      await login(store, clock, { tenant: 'a:b', subject: 'c' });
      expect(await store.count({ kind: 'everyone' })).toEqual({ sessions: 2, devices: 2, subjects: 2 });
      await cutUser(store, clock, { tenant: 'a', subject: 'b:c' });
      expect(await store.count({ kind: 'everyone' })).toMatchObject({ subjects: 1 });
    });

    it('ends the longest idle session when a user opens one more than 100', async () => {
      const { store, clock } = await opened();
      const ids: string[] = [];
      for (let i = 0; i < 100; i += 1) {
        clock.now += 1;
        ids.push((await login(store, clock, alice)).session?.id ?? '');
      }
      clock.now += 1;
      await refresh(store, clock, ids[0] ?? '', 0);
      const { wrote } = await login(store, clock, alice);
      expect(wrote).toMatchObject([{ scope: sessionScope(ids[1] ?? '') }]);
      expect(await store.count(ofUser(alice))).toMatchObject({ sessions: 100 });
    });

    it('gives strings back as they were', async () => {
      const { store, clock } = await opened();
      const odd = { tenant: 'ü%:\u0000', subject: ' é\u0000"\\\u{1f600}:%25', client: '\u2028c' };
      const words = {
        device: 'lone \ud800',
        address: '::1',
        scope: 'a b',
        salt: '\n',
        audience: ['x', 'y"'],
      };
      const { session } = await login(store, clock, odd, words);
      expect(await store.session(session?.id ?? '')).toMatchObject({ ...odd, ...words });
      const { wrote } = await cutUser(store, clock, odd);
      expect(wrote[0]?.scope).toBe(userScope(odd.tenant, odd.subject));
      const seen: string[] = [];
      await store.feed.load('all', entries => seen.push(...entries.map(entry => entry.scope)));
      expect(seen).toEqual([userScope(odd.tenant, odd.subject)]);
    });
  });
}
