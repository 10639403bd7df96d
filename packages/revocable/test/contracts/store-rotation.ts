/** Store contract: the rotation of refresh tokens, row by row, and the end of a family. */
import { describe, expect, it } from 'vitest';
import { INFINITE, keyScope, sessionScope } from '#revocation/index';
import type { Refreshed, Refused, Store } from '#store';
import type { Opened } from './store.ts';
import {
  begun,
  cutUser,
  endSession,
  GRACE_MS,
  IDLE_MS,
  LIVES,
  login,
  NOW,
  refresh,
  revoke,
  type SetClock,
} from './store-world.ts';

const alice = { tenant: 'acme', subject: 'alice', client: 'web' };

interface Family {
  readonly store: Store;
  readonly clock: SetClock;
  readonly id: string;
  present(generation: number): Promise<Refreshed | Refused>;
}

/** A family whose generations are p = 0, c = 1, made just now. */
async function rotatedOnce(
  opened: Opened,
  policy: 'recover' | 'grace' | 'strict' | 'none' = 'recover',
): Promise<Family> {
  const { store, clock } = await opened();
  const { session } = await login(store, clock, alice, { policy });
  const id = session?.id ?? '';
  clock.now += 1000;
  await refresh(store, clock, id, 0);
  return { store, clock, id, present: generation => refresh(store, clock, id, generation) };
}

const answered = (reply: Refreshed | Refused): [string, number] | string =>
  'refused' in reply ? reply.refused : [reply.verdict, reply.session.c];

export function describeRotation(opened: Opened): void {
  describe('rotation', () => {
    it('rotates the first token at once: at login the current one is long past', async () => {
      const { store, clock } = await opened();
      const { session } = await login(store, clock, alice);
      const reply = await refresh(store, clock, session?.id ?? '', 0);
      expect(reply).toMatchObject({
        verdict: 'rotated',
        session: { p: 0, c: 1, at: NOW, used: NOW, login: NOW },
      });
    });

    it('g = c, age <= 2 grace: the same again', async () => {
      const family = await rotatedOnce(opened);
      family.clock.now += 2 * GRACE_MS;
      expect(answered(await family.present(1))).toEqual(['same', 1]);
    });

    it('g = c, older: a successor', async () => {
      const family = await rotatedOnce(opened);
      family.clock.now += 2 * GRACE_MS + 1;
      expect(await family.present(1)).toMatchObject({
        verdict: 'rotated',
        session: { p: 1, c: 2, at: family.clock.now },
      });
    });

    it('p <= g < c, age <= grace: the current one, and the window is not extended', async () => {
      const family = await rotatedOnce(opened);
      family.clock.now += GRACE_MS;
      expect(await family.present(0)).toMatchObject({
        verdict: 'successor',
        session: { p: 0, c: 1, at: NOW + 1000 },
      });
      family.clock.now += 1;
      expect(answered(await family.present(0))).toEqual(['recovered', 2]);
    });

    it('g = p, later: a lost reply is recovered, and what was never seen is an orphan that kills', async () => {
      const family = await rotatedOnce(opened);
      family.clock.now += GRACE_MS + 1;
      expect(await family.present(0)).toMatchObject({ verdict: 'recovered', session: { p: 0, c: 2 } });
      family.clock.now += GRACE_MS + 1;
      expect(answered(await family.present(1))).toBe('reused');
    });

    it('g > c: the store lost a rotation', async () => {
      const family = await rotatedOnce(opened);
      expect(await family.present(5)).toMatchObject({ verdict: 'amnesia', session: { p: 4, c: 5 } });
    });

    it('older than p: two holders; this family dies and no other', async () => {
      const family = await rotatedOnce(opened);
      const { store, clock, id } = family;
      const other = await login(store, clock, alice);
      clock.now += 2 * GRACE_MS + 1;
      await family.present(1);
      const reply = await family.present(0);
      clock.now += GRACE_MS + 1;
      expect(answered(reply)).toBe('reused');
      expect(reply).toMatchObject({ wrote: [{ scope: sessionScope(id), s: INFINITE }] });
      expect(await family.present(2)).toMatchObject({
        refused: 'revoked',
        refusal: { scope: sessionScope(id), plane: 's', action: 'login' },
      });
      expect(answered(await refresh(store, clock, other.session?.id ?? '', 0))).toEqual(['rotated', 1]);
    });

    it('grace: no late recovery', async () => {
      const family = await rotatedOnce(opened, 'grace');
      family.clock.now += GRACE_MS;
      expect(answered(await family.present(0))).toEqual(['successor', 1]);
      family.clock.now += 1;
      expect(answered(await family.present(0))).toBe('reused');
    });

    it('strict: no grace either', async () => {
      const family = await rotatedOnce(opened, 'strict');
      expect(answered(await family.present(1))).toEqual(['rotated', 2]);
      expect(answered(await family.present(1))).toBe('reused');
    });

    it('none: does not rotate', async () => {
      const { store, clock } = await opened();
      const { session } = await login(store, clock, alice, { policy: 'none' });
      clock.now += 10 * GRACE_MS;
      expect(answered(await refresh(store, clock, session?.id ?? '', 0))).toEqual(['same', 0]);
    });

    it('answers 1,000 concurrent refreshes of one token with one generation and one successor', async () => {
      const { store, clock } = await opened();
      const { session } = await login(store, clock, alice);
      const id = session?.id ?? '';
      const replies = await Promise.all(Array.from({ length: 1000 }, () => refresh(store, clock, id, 0)));
      const generations = replies.map(reply => ('refused' in reply ? reply.refused : reply.session.c));
      expect(new Set(generations)).toEqual(new Set([1]));
      expect(replies.filter(reply => answered(reply)[0] === 'rotated')).toHaveLength(1);
      expect(await store.session(id)).toMatchObject({ p: 0, c: 1 });
    });

    it('stamps each answer anew and never touches the stamp of the login', async () => {
      const family = await rotatedOnce(opened);
      family.clock.now += 10;
      expect(await family.present(1)).toMatchObject({
        stamp: NOW + 1010,
        session: { login: NOW, used: NOW + 1010 },
      });
    });

    it('keeps the claims of the session, or those given', async () => {
      const { store, clock } = await opened();
      const { session } = await login(store, clock, alice, {
        claims: { roles: ['a', { deep: [1, null, 'ü'] }] },
      });
      const id = session?.id ?? '';
      const kept = await refresh(store, clock, id, 0);
      expect(kept).toMatchObject({ session: { claims: { roles: ['a', { deep: [1, null, 'ü'] }] } } });
      expect(await refresh(store, clock, id, 1, { roles: [] })).toMatchObject({
        session: { claims: { roles: [] } },
      });
      expect((await store.session(id))?.claims).toEqual({ roles: [] });
    });
  });

  describe('refusals of a refresh, each consuming nothing', () => {
    it('gone', async () => {
      const { store, clock } = await opened();
      expect(await refresh(store, clock, 'nobody', 0)).toEqual({ refused: 'gone' });
    });

    it.each([
      ['idle', IDLE_MS],
      ['absolute', LIVES.refreshMs],
    ])('over: %s', async (name, lifeMs) => {
      const { store, clock } = await opened();
      const idleMs = name === 'idle' ? IDLE_MS : 2 * LIVES.refreshMs;
      const { session } = await login(store, clock, alice, { idleMs });
      clock.now += lifeMs;
      expect(await refresh(store, clock, session?.id ?? '', 0)).toEqual({ refused: 'expired' });
      expect(await store.session(session?.id ?? '')).toEqual(session);
      clock.now -= 1;
      expect(answered(await refresh(store, clock, session?.id ?? '', 0))).toEqual(['rotated', 1]);
    });

    it('cut off: the user on r and s, not on a', async () => {
      const { store, clock } = await opened();
      const { session } = await login(store, clock, alice);
      const id = session?.id ?? '';
      clock.now += 5;
      await cutUser(store, clock, alice, 'a');
      expect(answered(await refresh(store, clock, id, 0))).toEqual(['rotated', 1]);
      await cutUser(store, clock, alice, 'r');
      expect(await refresh(store, clock, id, 1)).toMatchObject({
        refused: 'revoked',
        refusal: { plane: 'r' },
      });
      expect(await store.session(id)).toMatchObject({ c: 1 });
    });

    it('cut off: the key that proved the token, and no other', async () => {
      const { store, clock } = await opened();
      const { session } = await login(store, clock, alice);
      await revoke(store, clock, [{ kind: 'forever', scope: keyScope('stolen'), plane: 's' }]);
      const by = async (kid: string): Promise<Refreshed | Refused> =>
        store.refresh({
          ...{ session: session?.id ?? '', generation: 0, provedBy: keyScope(kid) },
          ...{ begun: await begun(store), caller: clock(), lives: LIVES },
        });
      expect(await by('stolen')).toMatchObject({ refused: 'revoked', refusal: { scope: 'k:stolen' } });
      expect(await store.session(session?.id ?? '')).toEqual(session);
      expect(answered(await by('good'))).toEqual(['rotated', 1]);
    });

    it('ended', async () => {
      const { store, clock } = await opened();
      const { session } = await login(store, clock, alice);
      expect(await endSession(store, clock, session?.id ?? '')).toMatchObject({ ended: 1, cutoff: INFINITE });
      expect(answered(await refresh(store, clock, session?.id ?? '', 0))).toBe('revoked');
    });
  });
}
