/** What an authority tells: each event once, with ids, never a token. */
import { type Authority, type AuthorityEvent, createAuthority, decode, type Store } from 'revocable';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRandom } from '#random';
import { createHeld, storeOn } from '#stores/memory';

const START = 1_764_000_000_000;
let now = START;
let held: ReturnType<typeof createHeld>;
let store: Store;
let authority: Authority;
let events: AuthorityEvent[] = [];
let tokens: string[] = [];

const told = (...types: AuthorityEvent['type'][]): AuthorityEvent[] =>
  events.filter(event => types.includes(event.type));

beforeEach(async () => {
  [now, events, tokens] = [START, [], []];
  const clock = () => now;
  held = createHeld(clock, systemRandom);
  store = storeOn(held);
  const onEvent = (event: AuthorityEvent): void => void events.push(event);
  const signing = { alg: 'ES256' } as const;
  authority = await createAuthority({
    store,
    issuer: 'https://a.example',
    audience: 'api',
    signing,
    clock,
    onEvent,
  });
});
afterEach(async () => {
  for (const token of tokens) expect(JSON.stringify(events)).not.toContain(token.slice(0, 40));
  await authority.close();
  await store.close();
});

const login = async (more: object = {}) => {
  const pair = await authority.issue({ subject: 'ada', tenant: 'acme', client: 'shop', ...more });
  tokens.push(pair.accessToken, pair.refreshToken);
  return pair;
};
const refresh = async (token: string) => {
  const pair = await authority.refresh(token, { client: 'shop' });
  tokens.push(pair.accessToken, pair.refreshToken);
  return pair;
};
const whose = (session: string) => ({ subject: 'ada', tenant: 'acme', client: 'shop', session });

test('an access token, by its jti, at a login and at each refresh', async () => {
  const pair = await login();
  const renewed = await refresh(pair.refreshToken);
  const jti = (token: string) => decode(token).claims.jti;
  expect(told('token.issued')).toEqual([
    { type: 'token.issued', ...whose(pair.sessionId), token: jti(pair.accessToken) },
    { type: 'token.issued', ...whose(pair.sessionId), token: jti(renewed.accessToken) },
  ]);
  await authority.issue({ subject: 'job', refresh: false });
  expect(events.at(-1)).toEqual({ type: 'token.issued', subject: 'job', token: expect.any(String) });
});

test('a rotation, a late recovery, and nothing for a twin', async () => {
  const pair = await login();
  await refresh(pair.refreshToken);
  await refresh(pair.refreshToken);
  now += 31_000;
  await refresh(pair.refreshToken);
  expect(told('refresh.rotated', 'refresh.late_recovery')).toEqual([
    { type: 'refresh.rotated', ...whose(pair.sessionId) },
    { type: 'refresh.late_recovery', ...whose(pair.sessionId) },
  ]);
});

test('reuse: the family and its children end', async () => {
  const pair = await login();
  const child = await login({ parent: pair.sessionId });
  const second = await refresh((await refresh(pair.refreshToken)).refreshToken);
  now += 61_000;
  await refresh(second.refreshToken);
  await expect(authority.refresh(pair.refreshToken, { client: 'shop' })).rejects.toMatchObject({
    code: 'ERR_REFRESH_REUSED',
  });
  expect(told('refresh.reuse')).toEqual([{ type: 'refresh.reuse', ...whose(pair.sessionId) }]);
  expect(told('session.ended')).toEqual(
    [pair, child].map(({ sessionId }) => ({
      type: 'session.ended',
      session: sessionId,
      cause: 'reuse',
      subject: 'ada',
    })),
  );
});

test('a revocation, with its scopes and reason; of sessions each one', async () => {
  const [one, two] = [await login(), await login()];
  await authority.revoke({ subject: 'ada', tenant: 'acme' }, { plane: 'access', reason: 'roles changed' });
  expect(events.at(-1)).toEqual({
    type: 'revoked',
    scopes: ['u:acme:ada'],
    cutoff: START + 1,
    reason: 'roles changed',
  });
  expect(told('session.ended')).toEqual([]);
  await authority.revoke({ session: one.sessionId }, { plane: 'access' });
  expect(told('session.ended')).toEqual([]);
  await authority.sessions.endOthers(two.sessionId);
  expect(told('session.ended')).toEqual([
    { type: 'session.ended', session: one.sessionId, cause: 'revoked' },
  ]);
});

test('the longest idle of a hundred sessions ends for one more', async () => {
  const first = await login();
  for (let i = 0; i < 100; i++) {
    now += 1;
    await login();
  }
  expect(told('session.ended')).toEqual([
    { type: 'session.ended', session: first.sessionId, cause: 'limit', subject: 'ada' },
  ]);
});

test('a store that lost a rotation', async () => {
  const pair = await login();
  const before = held.tables.sessions.get(pair.sessionId);
  const renewed = await refresh(pair.refreshToken);
  if (before !== undefined) held.tables.sessions.set(pair.sessionId, before); // as after a failover
  expect((await refresh(renewed.refreshToken)).refreshToken).toBe(renewed.refreshToken);
  expect(told('store.amnesia')).toEqual([{ type: 'store.amnesia', ...whose(pair.sessionId) }]);
});

test('what a listener throws costs nobody a token', async () => {
  const thrown: unknown[] = [];
  const hear = (error: unknown): void => void thrown.push(error);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', hear);
  const careless = await createAuthority({
    store,
    issuer: 'https://a.example',
    audience: 'api',
    signing: { alg: 'ES256' },
    clock: () => now,
    onEvent: () => {
      throw new Error('the log is full');
    },
  });
  expect((await careless.issue({ subject: 'ada' })).refreshToken).toEqual(expect.any(String));
  await new Promise(resolve => setImmediate(resolve));
  process.removeAllListeners('uncaughtException');
  for (const other of others) process.on('uncaughtException', other);
  expect(thrown).toMatchObject([{ message: 'the log is full' }]);
  await careless.close();
});
