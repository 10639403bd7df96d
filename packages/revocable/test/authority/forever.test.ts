/** Two tests that keep us honest for ever. */
import { createAuthority, openStore, StoreError } from 'revocable';
import { expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 180_000 });

test('a revoke and a login in one millisecond, 10,000 times: no old token passes, no new one is refused', async () => {
  let now = 1_764_000_000_000;
  const clock = () => now;
  const store = await openStore('memory:', { clock });
  const authority = await createAuthority({
    store,
    issuer: 'https://auth.example',
    audience: 'api',
    signing: { alg: 'HS256' },
    clock,
  });
  let before = (await authority.issue({ subject: 'ada', refresh: false })).accessToken;
  const failures: string[] = [];
  for (let round = 0; round < 10_000; round++) {
    // The clock stands still in most rounds, so that revoke and login share one millisecond with the rounds before.
    if (round % 7 === 0) now += 1;
    await authority.revoke(round % 5 === 0 ? { everyone: true } : { subject: 'ada' });
    const after = (await authority.issue({ subject: 'ada', refresh: false })).accessToken;
    if (authority.verifier.check(before).ok) failures.push(`round ${round}: the old token passes`);
    if (!authority.verifier.check(after).ok) failures.push(`round ${round}: the new token is refused`);
    before = after;
  }
  expect(failures).toEqual([]);
  await authority.close();
  await store.close();
});

test('a password or claim changed between begin and step is never stamped after the cut', async () => {
  const store = await openStore('memory:');
  const authority = await createAuthority({
    store,
    issuer: 'https://auth.example',
    audience: 'api',
    signing: { alg: 'HS256' },
  });
  const account = { password: 1 };
  const tokens: { readonly token: string; readonly password: number }[] = [];
  const turn = () => new Promise<void>(resolve => setImmediate(resolve));

  const login = async (): Promise<void> => {
    const begun = await authority.begin();
    const password = account.password;
    await turn();
    try {
      const { accessToken } = await authority.issue({ subject: 'ada', begun, refresh: false });
      tokens.push({ token: accessToken, password });
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'ERR_BEGIN_OUTDATED')) throw error;
    }
  };
  const changePassword = async (): Promise<void> => {
    account.password += 1;
    const changed = account.password;
    await authority.revoke({ subject: 'ada' });
    for (const { token, password } of tokens.slice(-50))
      if (password < changed) expect(authority.verifier.check(token).ok).toBe(false);
  };
  for (let round = 0; round < 500; round++)
    await Promise.all([login(), login(), round % 2 ? changePassword() : turn(), login(), turn().then(login)]);

  for (const { token, password } of tokens) {
    const passes = authority.verifier.check(token).ok;
    if (password < account.password) expect(passes).toBe(false);
  }
  expect(tokens.length).toBeGreaterThan(500);
  await authority.close();
  await store.close();
});
