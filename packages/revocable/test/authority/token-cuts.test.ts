/** 17: whoever takes back one token of a session after the other makes few entries of it. */
import { type Authority, createAuthority, openStore, type Store } from 'revocable';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenCuts } from '#authority/token-cuts';

let store: Store;
let authority: Authority;
let now = 1_795_000_000_000;
beforeEach(async () => {
  const clock = (): number => now;
  store = await openStore('memory:', { clock });
  const issuer = 'https://auth.example';
  authority = await createAuthority({ store, issuer, audience: 'api', signing: { alg: 'ES256' }, clock });
});
afterEach(async () => {
  await authority.close();
  await store.close();
});

const scopes = async (): Promise<string[]> => {
  const found: string[] = [];
  await store.feed.load('all', entries => found.push(...entries.map(({ scope }) => scope[0] ?? '')));
  return found.sort();
};

describe('tokens of one session, taken back one by one', () => {
  it('become one cut of its access tokens beyond sixteen, and the session goes on', async () => {
    let { accessToken, refreshToken } = await authority.issue({ subject: 'ada' });
    const taken: string[] = [];
    for (let i = 0; i < 40; i += 1) {
      await authority.revoke({ token: accessToken });
      taken.push(accessToken);
      now += 2;
      const spare = accessToken;
      ({ accessToken, refreshToken } = await authority.refresh(refreshToken));
      expect(spare).not.toBe(accessToken);
      expect(authority.verifier.check(accessToken).ok, `after ${i + 1}`).toBe(true);
    }
    for (const token of taken)
      expect(authority.verifier.check(token)).toMatchObject({ code: 'ERR_TOKEN_REVOKED', action: 'refresh' });
    expect(await scopes()).toEqual([...Array(16).fill('j'), 's']);
  });

  it('cut off the other access tokens of that session then, and of no other one', async () => {
    const other = await authority.issue({ subject: 'ada' });
    let pair = await authority.issue({ subject: 'ada' });
    const first = pair.accessToken;
    for (let i = 0; i < 17; i += 1) {
      pair = { ...pair, ...(await authority.refresh(pair.refreshToken)) };
      await authority.revoke({ token: pair.accessToken });
    }
    expect(authority.verifier.check(first)).toMatchObject({ code: 'ERR_TOKEN_REVOKED', action: 'refresh' });
    expect(authority.verifier.check(other.accessToken).ok).toBe(true);
  });

  it('count while they live, each once, and of many sessions only the latest', () => {
    let time = 0;
    const cuts = createTokenCuts(() => time);
    for (let i = 0; i < 16; i += 1) expect(cuts.areMany('s', `j${i}`, 1000)).toBe(false);
    expect(cuts.areMany('s', 'j3', 1000)).toBe(false);
    expect(cuts.areMany('s', 'new', 1000)).toBe(true);
    expect(cuts.areMany('other', 'new', 1000)).toBe(false);
    time = 1000;
    expect(cuts.areMany('s', 'new', 2000)).toBe(false);
    for (let i = 0; i < 16; i += 1) cuts.areMany('s', `k${i}`, 2000);
    expect(cuts.areMany('s', 'last', 2000)).toBe(true);
    for (let i = 0; i < 10_000; i += 1) cuts.areMany(`session ${i}`, 'j', 2000);
    expect(cuts.areMany('s', 'last', 2000)).toBe(false);
  });
});

it('a cut-off counts at once: there is no spread', async () => {
  const options = { plane: 'access', spread: '60s' } as { plane: 'access' };
  await expect(authority.revoke({ everyone: true }, options)).rejects.toThrow(/"spread" is not supported/);
});
