/** Signing keys over time: next, active, retired, gone; by schedule and by hand; two authorities on one store; keys of your own. */
import { createSign, generateKeyPairSync } from 'node:crypto';
import {
  type Authority,
  type AuthorityEvent,
  createAuthority,
  createKeySet,
  createVerifier,
  externalKey,
  generateKey,
  openStore,
  RevocableError,
  type Store,
  secretKey,
} from 'revocable';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAuthorityOn } from '#authority/authority';
import { systemRandom } from '#random';

const ISSUER = 'https://auth.example';
const START = 1_764_000_000_000;
const DAY = 86_400_000;
const MINUTE = 60_000;
const base = { issuer: ISSUER, audience: 'api' };

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof RevocableError ? error.code : String(error)),
  );

/** An authority whose upkeep runs when the test says so. */
async function tended(store: Store, clock: () => number, events: AuthorityEvent[] = []) {
  let due: (() => void) | undefined;
  const timers = {
    set(callback: () => void, delayMs: number) {
      if (delayMs >= 2000) due = callback;
      else setTimeout(callback, delayMs);
      return () => {};
    },
  };
  const ports = { clock: { wall: clock, monotonic: clock }, timers, random: systemRandom };
  const onEvent = (event: AuthorityEvent): void => void events.push(event);
  const authority = await createAuthorityOn({ ...base, store, signing: { alg: 'ES256' }, onEvent }, ports);
  const tend = async (): Promise<void> => {
    const scheduled = due;
    due = undefined;
    scheduled?.();
    await vi.waitFor(() => expect(due).toBeDefined());
  };
  return { authority, tend };
}

const states = async (authority: Authority): Promise<string[]> =>
  (await authority.status()).keys.map(key => key.state);
const kidIn = async (authority: Authority): Promise<string> => {
  const { accessToken } = await authority.issue({ subject: 'ada', refresh: false });
  return (await authority.verifier.verify(accessToken)).key.kid ?? '';
};
const published = (authority: Authority): unknown[] => authority.jwks().keys.map(jwk => jwk.kid);

describe('keys kept in the store', () => {
  let store: Store;
  let now = START;
  const clock = () => now;
  beforeEach(async () => {
    now = START;
    store = await openStore('memory:', { clock });
  });
  afterEach(() => store.close());

  test('next, active, retired, gone: each at its very millisecond', async () => {
    const events: AuthorityEvent[] = [];
    const { authority, tend } = await tended(store, clock, events);
    const first = await kidIn(authority);
    await tend();
    expect(await states(authority)).toEqual(['active', 'next']);
    const second = published(authority).find(kid => kid !== first);
    const old = await authority.issue({ subject: 'ada', refresh: false });

    now = START + 30 * DAY - 1;
    await tend();
    expect(await kidIn(authority)).toBe(first);
    now += 1;
    const last = await authority.issue({ subject: 'ada', refresh: false });
    await tend();
    expect(await kidIn(authority)).toBe(second);
    expect(await states(authority)).toEqual(['retired', 'active', 'next']);
    expect(authority.verifier.check(last.accessToken).ok).toBe(true);
    expect(authority.verifier.check(old.accessToken)).toMatchObject({ code: 'ERR_TOKEN_EXPIRED' });

    const rotation = { type: 'key.rotated', kid: second, before: first };
    expect(events.filter(event => event.type === 'key.rotated')).toEqual([rotation]);

    // One access lifetime, what clocks may differ by, and the leeway of verifiers.
    now = START + 30 * DAY + 5 * MINUTE + 2000 + 65_000 - 1;
    await tend();
    expect(published(authority)).toContain(first);
    now += 1;
    await tend();
    expect(published(authority)).not.toContain(first);
    expect(await states(authority)).toEqual(['active', 'next']);
    await authority.close();
  });

  test('a key that was made late waits one max-age before it signs', async () => {
    const { authority, tend } = await tended(store, clock);
    const first = await kidIn(authority);
    now = START + 40 * DAY; // nobody tended it: there is no next key yet
    await tend();
    expect(await states(authority)).toEqual(['active', 'next']);
    now += 5 * MINUTE - 1;
    await tend();
    expect(await kidIn(authority)).toBe(first);
    now += 1;
    await tend();
    expect(await kidIn(authority)).not.toBe(first);
    await authority.close();
  });

  test('two authorities rotate at once: one rotation, told once, and the other signs with the new key too', async () => {
    const events: AuthorityEvent[] = [];
    const [one, two] = [await tended(store, clock, events), await tended(store, clock, events)];
    await Promise.all([one.tend(), two.tend()]);
    const first = await kidIn(one.authority);
    const [a, b] = await Promise.all([one.authority.rotateKeys(), two.authority.rotateKeys()]);
    expect(a.kid).toBe(b.kid);
    expect(await kidIn(two.authority)).toBe(a.kid);
    expect(events.filter(event => event.type === 'key.rotated')).toEqual([
      { type: 'key.rotated', kid: a.kid, before: first },
    ]);
    now += 30 * DAY;
    await Promise.all([one.tend(), two.tend()]);
    expect(events.filter(event => event.type === 'key.rotated')).toHaveLength(2);
    expect(await kidIn(one.authority)).toBe(await kidIn(two.authority));
    expect((await states(one.authority)).filter(state => state === 'active')).toHaveLength(1);
    await one.authority.close();
    await two.authority.close();
  });

  test('by hand, a key that has been published for one max-age signs at once', async () => {
    const { authority, tend } = await tended(store, clock);
    await tend();
    const [first, second] = published(authority);
    now += 5 * MINUTE;
    expect(await authority.rotateKeys()).toEqual({ kid: second, signsFrom: new Date(now) });
    expect(await kidIn(authority)).toBe(second);
    expect(published(authority)).toContain(first);
    await authority.close();
  });

  test('by hand, one that was published later signs when the max-age is over, and not before', async () => {
    const events: AuthorityEvent[] = [];
    const [one, other] = [await tended(store, clock, events), await tended(store, clock)];
    await one.tend();
    now += 5 * MINUTE;
    const { kid: second } = await one.authority.rotateKeys();
    const made = now;
    now += MINUTE;
    const third = published(one.authority).at(-1);
    const rotation = { kid: third, signsFrom: new Date(made + 5 * MINUTE) };
    expect(await one.authority.rotateKeys()).toEqual(rotation);
    expect(await other.authority.rotateKeys()).toEqual(rotation); // asked for twice, it is one
    now = made + 5 * MINUTE - 1;
    await other.tend();
    expect(await kidIn(other.authority)).toBe(second);
    now += 1;
    await other.tend();
    expect(await kidIn(other.authority)).toBe(third);
    await vi.waitFor(async () => expect(await kidIn(one.authority)).toBe(third));
    expect(await states(other.authority)).toEqual(['retired', 'retired', 'active', 'next']);
    now += 20 * DAY; // the wish is fulfilled: the one after it has its whole time
    await other.tend();
    expect(await kidIn(other.authority)).toBe(third);
    await one.authority.close();
    await other.authority.close();
  });

  test('by hand, where the next one is missing it is made, published, and waited for', async () => {
    const { authority, tend } = await tended(store, clock);
    const first = await kidIn(authority);
    now += DAY;
    const { kid, signsFrom } = await authority.rotateKeys();
    expect(signsFrom).toEqual(new Date(now + 5 * MINUTE));
    expect(published(authority)).toEqual([first, kid]);
    expect(await kidIn(authority)).toBe(first);
    now += 5 * MINUTE;
    await tend();
    expect(await kidIn(authority)).toBe(kid);
    await authority.close();
  });

  test('in the first max-age of a store nobody relies on its set: by hand, the next one signs at once', async () => {
    const { authority } = await tended(store, clock);
    const first = await kidIn(authority);
    now += 5 * MINUTE - 1;
    const { kid, signsFrom } = await authority.rotateKeys();
    expect(kid).not.toBe(first);
    expect(signsFrom).toEqual(new Date(now));
    expect(await kidIn(authority)).toBe(kid);
    const again = await authority.rotateKeys();
    expect(again).toEqual({ kid: published(authority).at(-1), signsFrom: new Date(now + 5 * MINUTE) });
    expect(await kidIn(authority)).toBe(kid);
    await authority.close();
  });

  test('of a key that is known to others nobody waits', async () => {
    const { authority } = await tended(store, clock);
    now += DAY;
    const first = await kidIn(authority);
    const { kid, signsFrom } = await authority.rotateKeys({ compromised: true });
    expect([kid, signsFrom]).toEqual([await kidIn(authority), new Date(now)]);
    expect(kid).not.toBe(first);
    expect(await code(authority.rotateKeys({ stolen: true } as never))).toBe('ERR_CONFIG_INVALID');
    await authority.close();
  });

  test('a key that one authority cuts off is one that no other goes on signing with', async () => {
    const [one, two] = [await tended(store, clock), await tended(store, clock)];
    const stolen = await kidIn(two.authority);
    await one.authority.revoke({ key: stolen });
    await vi.waitFor(async () => expect(await kidIn(two.authority)).not.toBe(stolen));
    await vi.waitFor(() => expect(published(two.authority)).not.toContain(stolen));
    await one.authority.close();
    await two.authority.close();
  });
});

describe('keys of your own', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const inHsm = (dsaEncoding: 'der' | 'ieee-p1363') => async (data: Uint8Array) =>
    createSign('sha256').update(data).sign({ key: pair.privateKey, dsaEncoding });

  const withKeys = async (keys: Parameters<typeof createAuthority>[0]['keys']): Promise<Authority> =>
    createAuthority({ ...base, store: await openStore('memory:'), ...(keys && { keys }) });

  test.each(['der', 'ieee-p1363'] as const)('an external key signs, its signatures in %s', async encoding => {
    const key = externalKey('ES256', pem, inHsm(encoding), { kid: 'hsm-1' });
    const authority = await withKeys([key]);
    const tokens = await authority.issue({ subject: 'ada' });
    const renewed = await authority.refresh(tokens.refreshToken);
    const elsewhere = createVerifier({ keys: createKeySet(authority.jwks()), ...base });
    for (const { accessToken } of [tokens, renewed])
      expect((await elsewhere.verify(accessToken)).key.kid).toBe('hsm-1');
    expect((await authority.status()).keys).toMatchObject([{ kid: 'hsm-1', state: 'active' }]);
    await authority.close();
  });

  test('what it throws is thrown, and the refresh token works afterwards', async () => {
    let isDown = false;
    const sign = inHsm('der');
    const key = externalKey('ES256', pem, async data => {
      if (isDown) throw new Error('the HSM does not answer');
      return sign(data);
    });
    const authority = await withKeys([key]);
    const { refreshToken } = await authority.issue({ subject: 'ada' });
    isDown = true;
    await expect(authority.refresh(refreshToken)).rejects.toThrow('the HSM does not answer');
    isDown = false;
    expect(await code(authority.refresh(refreshToken))).toBe('resolved');
    await authority.close();
  });

  test('cut off, it gives way to the next one; the only one that signs is not cut off', async () => {
    const first = externalKey('ES256', pem, inHsm('der'), { kid: 'hsm-1' });
    const set = createKeySet([first]);
    const authority = await withKeys(set);
    const { accessToken } = await authority.issue({ subject: 'ada' });
    expect(await code(authority.revoke({ key: 'hsm-1' }))).toBe('ERR_CONFIG_INVALID');
    expect(authority.verifier.check(accessToken).ok).toBe(true);
    set.add(generateKey('ES256', { kid: 'hsm-2' }));
    set.add(first); // stays where it is: the newer one signs
    await authority.revoke({ key: 'hsm-1' });
    expect(authority.verifier.check(accessToken).ok).toBe(false);
    expect(await kidIn(authority)).toBe('hsm-2');
    expect(published(authority)).toEqual(['hsm-2']);
    await authority.close();
  });

  test('the one that signs gives way to an older one', async () => {
    const older = generateKey('ES256', { kid: 'older' });
    const authority = await withKeys([older, externalKey('ES256', pem, inHsm('der'), { kid: 'hsm' })]);
    expect(await kidIn(authority)).toBe('hsm');
    await authority.revoke({ key: 'hsm' });
    expect(await kidIn(authority)).toBe('older');
    await authority.close();
  });

  test('shared secrets rotate with an overlap: tokens under both verify, here and at a verifier with both', async () => {
    const secret = (kid: string) => secretKey('HS256', Buffer.alloc(32, kid), { kid });
    const [one, two] = [secret('2026-10'), secret('2026-11')];
    const [signs, verifies] = [createKeySet([one]), createKeySet([one])];
    const authority = await withKeys(signs);
    const remote = createVerifier({ keys: verifies, ...base });
    const before = await authority.issue({ subject: 'ada' });
    verifies.add(two); // everywhere, before it signs
    signs.add(two);
    const after = await authority.issue({ subject: 'ada' });
    for (const [pairOfTokens, kid] of [
      [before, '2026-10'],
      [after, '2026-11'],
    ] as const) {
      expect((await remote.verify(pairOfTokens.accessToken)).key.kid).toBe(kid);
      expect((await authority.verifier.verify(pairOfTokens.accessToken)).key.kid).toBe(kid);
    }
    expect(await code(authority.refresh(before.refreshToken))).toBe('resolved');
    for (const set of [signs, verifies]) set.remove('2026-10'); // one access lifetime later
    expect(remote.check(before.accessToken)).toMatchObject({ code: 'ERR_KEY_NOT_FOUND' });
    expect(authority.verifier.check(before.accessToken).ok).toBe(false);
    expect(remote.check(after.accessToken).ok).toBe(true);
    expect(authority.jwks()).toEqual({ keys: [] });
    await authority.close();
  });

  test('kept in the store, shared secrets rotate with an overlap too', async () => {
    const authority = await createAuthority({
      ...base,
      store: await openStore('memory:'),
      signing: { alg: 'HS256' },
    });
    const before = await authority.issue({ subject: 'ada' });
    const { kid } = await authority.rotateKeys();
    expect(await kidIn(authority)).toBe(kid);
    expect(authority.verifier.check(before.accessToken).ok).toBe(true);
    await authority.revoke({ key: kid });
    expect(await kidIn(authority)).not.toBe(kid);
    await authority.close();
  });

  test.each([
    ['no key that signs', []],
    ['a secret without a name', [secretKey('HS256', Buffer.alloc(32, 1))]],
  ])('refuses %s', async (_, keys) => {
    expect(await code(withKeys(keys))).toBe('ERR_CONFIG_INVALID');
  });
});
