/** Store contract: what an authority on it tells. Each event once, with ids, never a token. */
import { type Authority, type AuthorityEvent, createAuthority, decode } from 'revocable';
import { describe, expect, it } from 'vitest';
import type { Settings } from '#authority/options';
import { makeRefreshToken } from '#authority/refresh-token';
import { rootsFrom } from '#authority/root';
import type { Store } from '#store';
import type { Opened } from './store.ts';
import type { SetClock } from './store-world.ts';

const ISSUER = 'https://a.example';
const SECRET = 'the root secret of this contract, 32 bytes';
type Type = AuthorityEvent['type'];

interface Listening {
  readonly store: Store;
  readonly clock: SetClock;
  readonly authority: Authority;
  told(...types: Type[]): AuthorityEvent[];
  login(more?: object): Promise<{ readonly session: string; readonly token: string; readonly jti: unknown }>;
  refresh(token: string): Promise<{ readonly token: string; readonly jti: unknown }>;
}

const whose = (session: string) => ({ subject: 'ada', tenant: 'acme', client: 'shop', session });

export function describeEvents(opened: Opened): void {
  /** Runs a test, and looks for each token and each part of one in all that was told. */
  const listening = async (test: (heard: Listening) => Promise<void>): Promise<void> => {
    const { store, clock } = await opened();
    const events: AuthorityEvent[] = [];
    const secrets: string[] = [];
    const authority = await createAuthority({
      ...{ store, clock, issuer: ISSUER, audience: 'api', secret: SECRET, signing: { alg: 'ES256' } },
      onEvent: event => void events.push(event),
    });
    const given = (pair: { readonly accessToken: string; readonly refreshToken: string }) => {
      secrets.push(...pair.accessToken.split('.'), pair.refreshToken.split('.')[2] ?? '', pair.refreshToken);
      return { token: pair.refreshToken, jti: decode(pair.accessToken).claims.jti };
    };
    const who = { subject: 'ada', tenant: 'acme', client: 'shop' };
    const login = async (more: object = {}) => {
      const pair = await authority.issue({ ...who, ...more });
      return { ...given(pair), session: pair.sessionId };
    };
    const refresh = async (token: string) => given(await authority.refresh(token, { client: 'shop' }));
    const told = (...types: Type[]) => events.filter(({ type }) => types.includes(type));
    try {
      await test({ store, clock, authority, told, login, refresh });
      expect(events.length).toBeGreaterThan(0);
      for (const secret of secrets) expect(JSON.stringify(events)).not.toContain(secret);
    } finally {
      await authority.close();
    }
  };

  describe('what an authority tells', () => {
    it('tokens by their jti, a rotation, a late recovery, and nothing of a twin', () =>
      listening(async ({ clock, told, login, refresh }) => {
        const { session, token, jti } = await login();
        const first = await refresh(token);
        const twin = await refresh(token);
        clock.now += 31_000;
        const late = await refresh(token);
        expect(told('token.issued')).toEqual(
          [jti, first.jti, twin.jti, late.jti].map(each => ({
            type: 'token.issued',
            ...whose(session),
            token: each,
          })),
        );
        expect(told('refresh.rotated', 'refresh.late_recovery', 'refresh.reuse', 'session.ended')).toEqual([
          { type: 'refresh.rotated', ...whose(session) },
          { type: 'refresh.late_recovery', ...whose(session) },
        ]);
      }));

    it('reuse, and that the family and its children have ended', () =>
      listening(async ({ clock, authority, told, login, refresh }) => {
        const { session, token } = await login();
        const child = await login({ parent: session });
        const second = await refresh(token);
        clock.now += 61_000;
        await refresh(second.token);
        await expect(authority.refresh(token, { client: 'shop' })).rejects.toMatchObject({
          code: 'ERR_REFRESH_REUSED',
        });
        await expect(authority.refresh(token, { client: 'shop' })).rejects.toMatchObject({ action: 'login' });
        expect(told('refresh.reuse')).toEqual([{ type: 'refresh.reuse', ...whose(session) }]);
        const ended = { type: 'session.ended', cause: 'reuse', subject: 'ada' };
        expect(new Set(told('session.ended'))).toEqual(
          new Set([session, child.session].map(each => ({ ...ended, session: each }))),
        );
      }));

    it('what was taken back, with scopes and reason; of sessions each one', () =>
      listening(async ({ authority, told, login }) => {
        const [one, two] = [await login(), await login()];
        const reason = 'roles changed';
        const { cutoff } = await authority.revoke(
          { subject: 'ada', tenant: 'acme' },
          { plane: 'access', reason },
        );
        await authority.sessions.endOthers(two.session);
        await expect(authority.revoke({ token: `${one.token}x` })).rejects.toMatchObject({ action: 'login' });
        expect(told('revoked')[0]).toEqual({ type: 'revoked', scopes: ['u:acme:ada'], cutoff, reason });
        expect(told('session.ended')).toEqual([
          { type: 'session.ended', session: one.session, cause: 'revoked' },
        ]);
      }));

    it(
      'the longest idle of a hundred sessions, which ends for one more',
      () =>
        listening(async ({ clock, told, login }) => {
          const first = await login();
          for (let i = 0; i < 100; i++) {
            clock.now += 1;
            await login();
          }
          const ended = { type: 'session.ended', session: first.session, cause: 'limit', subject: 'ada' };
          expect(told('session.ended')).toEqual([ended]);
        }),
      30_000,
    );

    it('that the store has lost a rotation, which a token proved', () =>
      listening(async ({ store, told, login, refresh }) => {
        const { session } = await login();
        const row = await store.session(session);
        if (row === undefined) throw new Error('no session');
        const maker = { settings: { refreshFormat: 'opaque' } as Settings, roots: rootsFrom(SECRET) };
        const newer = makeRefreshToken({ ...row, p: 6, c: 7 }, maker); // as it was before a failover
        expect((await refresh(newer)).token).toBe(newer);
        expect(told('store.amnesia')).toEqual([{ type: 'store.amnesia', ...whose(session) }]);
      }));

    it('that another key signs, by the names of both', () =>
      listening(async ({ authority, told, login }) => {
        await login();
        const before = authority.jwks().keys.map(({ kid }) => kid);
        const { kid } = await authority.rotateKeys();
        await expect
          .poll(() => told('key.rotated'))
          .toEqual([{ type: 'key.rotated', kid, before: before[0] }]);
        for (const { d } of authority.jwks().keys) expect(d).toBeUndefined();
      }));
  });
}
