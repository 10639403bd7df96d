/** What an authority does once a minute: it is told when it fails, and goes on. */
import { type AuthorityEvent, createAuthority, openStore, type Store, StoreError } from 'revocable';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Authority, createAuthorityOn } from '#authority/authority';
import { systemRandom } from '#random';

const MINUTE = 60_000;
const base = { issuer: 'https://auth.example', audience: 'api', signing: { alg: 'ES256' } } as const;

let store: Store;
let now = 1_764_000_000_000;
const clock = (): number => now;
beforeEach(async () => {
  store = await openStore('memory:', { clock });
});
afterEach(() => store.close());

/** An authority on a store of which some steps fail, and whose upkeep runs when the test says so. */
async function open(faults: Partial<Store>, onEvent?: (event: AuthorityEvent) => void) {
  let due: (() => void) | undefined;
  const set = (callback: () => void, delayMs: number): (() => void) => {
    if (delayMs >= 2000) due = callback;
    else setTimeout(callback, delayMs);
    return () => {};
  };
  const faulty = { ...store, ...faults };
  const ports = { clock: { wall: clock, monotonic: clock }, timers: { set }, random: systemRandom };
  const options = { ...base, store: faulty, ...(onEvent && { onEvent }) };
  const authority: Authority = await createAuthorityOn(options, ports);
  const tend = async (): Promise<void> => {
    const scheduled = due;
    due = undefined;
    scheduled?.();
    await vi.waitFor(() => expect(due).toBeDefined());
  };
  return { authority, tend };
}

const outage = (): Promise<never> =>
  Promise.reject(new StoreError('ERR_STORE_UNAVAILABLE', 'The store is on holiday.'));

describe.each([
  ['purge', 'purge'],
  ['keys', 'putKeys'],
] as const)('%s', (task, step) => {
  test('what fails is told once, again an hour later, and when it succeeds again', async () => {
    const events: AuthorityEvent[] = [];
    let isDown = false;
    const fault = (...args: never[]) =>
      isDown ? outage() : (store[step] as (...args: never[]) => Promise<never>)(...args);
    const { authority, tend } = await open({ [step]: fault }, event => events.push(event));
    const told = () => events.filter(({ type }) => type.startsWith('upkeep.'));
    isDown = true;
    for (let minute = 0; minute < 61; minute++) {
      now += MINUTE;
      await tend();
    }
    const failed = { type: 'upkeep.failed', task, code: 'ERR_STORE_UNAVAILABLE' };
    expect(told()).toEqual([
      { ...failed, failures: 1 },
      { ...failed, failures: 61 },
    ]);
    isDown = false;
    await tend();
    expect(told().slice(2)).toEqual([{ type: 'upkeep.recovered', task, failures: 61 }]);
    expect((await authority.status()).keys.map(({ state }) => state)).toEqual(['active', 'next']);
    await authority.close();
  });
});

test('one that fails keeps the other from nothing', async () => {
  const { authority, tend } = await open({ purge: outage }, () => {});
  await tend();
  expect((await authority.status()).keys).toHaveLength(2);
  await authority.close();
});

test('of an error that is none of ours nothing is told but that it was', async () => {
  const events: AuthorityEvent[] = [];
  const { authority, tend } = await open({ purge: () => Promise.reject(new Error('a password')) }, event =>
    events.push(event),
  );
  await tend();
  expect(events.at(0)).toEqual({ type: 'upkeep.failed', task: 'purge', failures: 1 });
  await authority.close();
});

test('where nobody listens, the process warns', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const { authority, tend } = await open({ purge: outage });
  await tend();
  const [[sentence, name] = []] = warned.mock.calls as unknown as [string, string][];
  expect(sentence).toMatch(/could not be removed from the store \(ERR_STORE_UNAVAILABLE\)/);
  expect(name).toBe('RevocableWarning');
  warned.mockRestore();
  await authority.close();
});

test('what is past its end goes in one upkeep, however much it is', async () => {
  const quiet = await createAuthority({ ...base, store, clock });
  for (let i = 0; i < 40; i++)
    await Promise.all(
      Array.from({ length: 50 }, (_, j) => quiet.issue({ subject: `user-${i}-${j}`, refresh: false })),
    );
  await quiet.revoke(Array.from({ length: 1200 }, (_, i) => ({ tenant: `t${i}` })));
  await quiet.close();
  const { authority, tend } = await open({});
  now += 40 * 86_400_000;
  await tend();
  expect(await store.cuts()).toBe(0);
  expect(await store.purge(now)).toBe(0);
  await authority.close();
});
