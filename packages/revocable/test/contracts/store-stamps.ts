/** Store contract: stamps and cuts, in whatever order and within one millisecond. */
import { describe, expect, it } from 'vitest';
import {
  clientScope,
  EVERYONE,
  INFINITE,
  keyScope,
  tenantScope,
  tokenScope,
  userScope,
} from '#revocation/index';
import type { Store } from '#store';
import type { Opened } from './store.ts';
import {
  accessOnly,
  begun,
  cutUser,
  LIVES,
  login,
  NOW,
  newSession,
  refresh,
  revoke,
  tryLogin,
} from './store-world.ts';

const alice = { tenant: 'acme', subject: 'alice', client: 'web' };
const bob = { tenant: 'acme', subject: 'bob', client: 'web' };

export function describeStamps(opened: Opened, running: () => Promise<Store>): void {
  describe('stamps', () => {
    it('opens by itself when it is new: no takeover', async () => {
      const { store, clock } = await opened();
      expect(await store.begin()).toMatchObject({ head: 0, now: NOW });
      expect(await store.takeover(clock())).toEqual({ tookOver: false });
    });

    it('stamps a login with the time of the step', async () => {
      const { store, clock } = await opened();
      const issued = await login(store, clock, alice);
      expect(issued).toMatchObject({ now: NOW, stamp: NOW, login: NOW });
      expect(issued.session).toMatchObject({ login: NOW, created: NOW, used: NOW, p: 0, c: 0, at: 0 });
      expect(await store.session(issued.session?.id ?? '')).toEqual(issued.session);
    });

    it('gives an access token alone where no session is asked for', async () => {
      const { store, clock } = await opened();
      const issued = await accessOnly(store, clock, alice);
      expect(issued.session).toBeUndefined();
      expect(issued.login).toBe(issued.stamp);
    });

    it('cuts above every stamp given before and at or below every later one, in one millisecond', async () => {
      const { store, clock } = await opened();
      let cutoff = 0;
      for (let i = 0; i < 50; i += 1) {
        const { stamp } = await login(store, clock, alice);
        expect(stamp).toBeGreaterThanOrEqual(cutoff);
        cutoff = (await cutUser(store, clock, alice)).cutoff;
        expect(cutoff).toBeGreaterThan(stamp);
      }
      expect(cutoff - NOW).toBeLessThanOrEqual(50);
    });

    it('does so with the clock that runs', async () => {
      const store = await running();
      let cutoff = 0;
      for (let i = 0; i < 50; i += 1) {
        const { stamp } = await login(store, Date.now, alice);
        expect(stamp).toBeGreaterThanOrEqual(cutoff);
        cutoff = (await cutUser(store, Date.now, alice)).cutoff;
        expect(cutoff).toBeGreaterThan(stamp);
      }
    });

    it('moves nothing when a revocation is repeated with nothing issued between', async () => {
      const { store, clock } = await opened();
      await login(store, clock, alice);
      const first = await cutUser(store, clock, alice);
      expect((await cutUser(store, clock, alice)).cutoff).toBe(first.cutoff);
    });

    it.each([
      ['everyone', EVERYONE],
      ['a tenant', tenantScope('acme')],
      ['a client', clientScope('web')],
    ])('cuts %s above the highest stamp given to anyone', async (_, scope) => {
      const { store, clock } = await opened();
      clock.now += 5000;
      const newest = await login(store, clock, bob);
      clock.now -= 1500;
      const { cutoff } = await revoke(store, clock, [{ kind: 'finite', scope, plane: 's' }]);
      expect(cutoff).toBe(newest.stamp + 1);
      expect((await login(store, clock, alice)).stamp).toBe(cutoff);
    });

    it('never gives a stamp below a cut that applies, on whichever plane', async () => {
      const { store, clock } = await opened();
      await login(store, clock, alice);
      const { cutoff } = await cutUser(store, clock, alice, 'a');
      clock.now -= 1000;
      expect((await login(store, clock, alice)).stamp).toBe(cutoff);
    });

    it('keeps the planes apart and merges what is added', async () => {
      const { store, clock } = await opened();
      const a = await cutUser(store, clock, alice, 'a');
      clock.now += 10;
      const r = await cutUser(store, clock, alice, 'r');
      expect(r.wrote).toMatchObject([{ scope: userScope('acme', 'alice'), a: a.cutoff, r: r.cutoff, s: 0 }]);
      expect(await store.cuts()).toBe(1);
    });

    it('cuts a session, a token and a key for ever, and keeps each for as long as it concerns', async () => {
      const { store, clock } = await opened();
      const { wrote, cutoff } = await revoke(store, clock, [
        { kind: 'forever', scope: tokenScope('t1'), plane: 'a', tokenExpires: NOW + 1000 },
        { kind: 'forever', scope: keyScope('k1'), plane: 's' },
        { kind: 'session', session: 'unknown', plane: 's' },
      ]);
      expect(cutoff).toBe(INFINITE);
      expect(wrote.map(entry => entry.expires)).toEqual([
        NOW + 1000 + LIVES.leewayMs,
        INFINITE,
        NOW + LIVES.refreshMs + LIVES.leewayMs,
      ]);
    });

    it('numbers the entries of one step densely', async () => {
      const { store, clock } = await opened();
      const scopes = ['t:a', 't:b', 't:c'].map(scope => ({ kind: 'finite', scope, plane: 's' }) as const);
      const { wrote, cursor } = await revoke(store, clock, scopes);
      expect(wrote.map(entry => entry.number)).toEqual([1, 2, 3]);
      expect(cursor).toMatch(new RegExp(`^${(await begun(store)).owner}\\.3\\.`));
    });
  });

  describe('begin before you look', () => {
    it('refuses a login and a refresh that began before a cut that applies', async () => {
      const { store, clock } = await opened();
      const { session } = await login(store, clock, alice);
      const before = await begun(store);
      await cutUser(store, clock, alice, 'a');
      const { tenant, subject, client } = alice;
      const common = { begun: before, caller: clock(), lives: LIVES };
      const step = { tenant, subject, client, session: newSession(alice), ...common };
      expect(await store.issue(step)).toEqual({ refused: 'outdated' });
      const again = { session: session?.id ?? '', generation: 0, ...common };
      expect(await store.refresh(again)).toEqual({ refused: 'outdated' });
      expect(await store.session(session?.id ?? '')).toEqual(session);
    });

    it('lets pass what a cut of somebody else follows', async () => {
      const { store, clock } = await opened();
      const before = await begun(store);
      await cutUser(store, clock, bob);
      const step = {
        tenant: 'acme',
        subject: 'alice',
        client: 'web',
        begun: before,
        caller: clock(),
        lives: LIVES,
      };
      expect(await store.issue(step)).toMatchObject({ stamp: NOW });
    });

    it('refuses a repeated revocation too: it moves no cut, yet whoever began before it begins again', async () => {
      const { store, clock } = await opened();
      await cutUser(store, clock, alice);
      const before = await begun(store);
      await cutUser(store, clock, alice);
      const step = {
        tenant: 'acme',
        subject: 'alice',
        client: 'web',
        begun: before,
        caller: clock(),
        lives: LIVES,
      };
      expect(await store.issue(step)).toEqual({ refused: 'outdated' });
    });

    it('refuses what began under another owner', async () => {
      const { store, clock } = await opened();
      const step = { tenant: '', subject: 'alice', client: '', caller: clock(), lives: LIVES };
      expect(await store.issue({ ...step, begun: { owner: 'another', head: 0 } })).toEqual({
        refused: 'outdated',
      });
    });

    it('stops login and refresh while the clocks disagree; revocation goes on', async () => {
      const { store, clock } = await opened();
      const { session } = await login(store, clock, alice);
      const late = (): number => clock() + 2001;
      expect(await tryLogin(store, late, alice)).toEqual({ refused: 'clocks' });
      expect(await refresh(store, late, session?.id ?? '', 0)).toEqual({ refused: 'clocks' });
      expect((await cutUser(store, late, alice)).cutoff).toBeGreaterThan(NOW);
    });
  });
}
