/** Clocks that disagree, told from a store that keeps its steps waiting. */
import { createAuthority, openStore, type Store } from 'revocable';
import { expect, test } from 'vitest';
import { createAuthorityOn } from '#authority/authority';
import { systemRandom } from '#random';
import { systemTimers } from '#time';

const base = { issuer: 'https://auth.example', audience: 'api', signing: { alg: 'ES256' } } as const;

test.each([
  ['ahead', 120_000],
  ['behind', -120_000],
])('a clock two minutes %s: 503, nothing has changed, revocation goes on', async (_, off) => {
  const store = await openStore('memory:');
  const right = await createAuthority({ ...base, store });
  const pair = await right.issue({ subject: 'ada' });
  const before = await store.session(pair.sessionId);
  const wrong = await createAuthority({ ...base, store, clock: () => Date.now() + off });
  const apart = {
    code: 'ERR_STORE_UNAVAILABLE',
    message: expect.stringMatching(/clocks .* more than 2 s apart/),
  };
  await expect(wrong.issue({ subject: 'ada' })).rejects.toMatchObject(apart);
  await expect(wrong.refresh(pair.refreshToken)).rejects.toMatchObject(apart);
  expect(await store.session(pair.sessionId)).toEqual(before);
  await right.refresh(pair.refreshToken);
  await wrong.revoke({ session: pair.sessionId });
  await expect(right.refresh(pair.refreshToken)).rejects.toMatchObject({ code: 'ERR_TOKEN_REVOKED' });
  await wrong.close();
  await right.close();
});

test('a step that waited for three seconds: the store is said to be slow; fails closed all the same', async () => {
  let now = 1_764_000_000_000;
  const clock = { wall: () => now, monotonic: () => now };
  const memory = await openStore('memory:', { clock: clock.wall });
  let waits = 0;
  const late = <A, R>(step: (argument: A) => Promise<R>) => {
    return (argument: A): Promise<R> => {
      now += waits;
      return step(argument);
    };
  };
  const store: Store = { ...memory, issue: late(memory.issue), refresh: late(memory.refresh) };
  const authority = await createAuthorityOn(
    { ...base, store },
    { clock, timers: systemTimers, random: systemRandom },
  );
  const pair = await authority.issue({ subject: 'ada' });
  const before = await store.session(pair.sessionId);
  waits = 3000;
  const slow = {
    code: 'ERR_STORE_UNAVAILABLE',
    action: 'retry',
    message: expect.stringMatching(/too slowly: it took 3\.0 s/),
  };
  await expect(authority.issue({ subject: 'ada' })).rejects.toMatchObject(slow);
  await expect(authority.refresh(pair.refreshToken)).rejects.toMatchObject(slow);
  expect(await store.session(pair.sessionId)).toEqual(before);
  waits = 1900;
  await authority.refresh(pair.refreshToken);
  await authority.close();
});
