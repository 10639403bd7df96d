/** What an operator has to look at is told when it begins, once an hour while it lasts, and when it is over. */
import { type AuthorityEvent, createAuthority, openStore, type Store, StoreError } from 'revocable';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAlarms } from '#authority/alarms';
import type { StoreAlarm } from '#store';
import { until } from '../contracts/store-world.ts';

const HOUR = 3_600_000;
const base = { issuer: 'https://auth.example', audience: 'api', signing: { alg: 'ES256' } } as const;
const eviction: StoreAlarm = { alarm: 'eviction', message: 'redis://a may drop revocations.' };
const replicas: StoreAlarm = { alarm: 'replicas', message: 'redis://a lacks replicas.' };

describe('alarms', () => {
  let now: number;
  let wrong: readonly StoreAlarm[];
  let events: AuthorityEvent[];
  const open = () =>
    createAlarms({
      store: { alarms: async () => wrong },
      clock: { wall: () => now, monotonic: () => now },
      emit: event => events.push(event),
    });
  beforeEach(() => {
    [now, wrong, events] = [1_764_000_000_000, [], []];
  });

  test('of the store: once, again an hour later, and when each is over', async () => {
    const alarms = open();
    await alarms.look();
    expect(events).toEqual([]);
    wrong = [eviction, replicas];
    for (let minute = 0; minute < 59; minute++) {
      await alarms.look();
      now += 60_000;
    }
    const told = [eviction, replicas].map(each => ({ type: 'store.alarm', ...each }));
    expect(events).toEqual(told);
    now += 60_000;
    await alarms.look();
    expect(events).toEqual([...told, ...told]);
    wrong = [replicas];
    await alarms.look();
    await alarms.look();
    expect(events.slice(4)).toEqual([{ type: 'store.alarm_over', alarm: 'eviction' }]);
    wrong = [];
    await alarms.look();
    expect(events.slice(5)).toEqual([{ type: 'store.alarm_over', alarm: 'replicas' }]);
    wrong = [eviction];
    await alarms.look();
    expect(events.slice(6)).toEqual([{ type: 'store.alarm', ...eviction }]);
  });

  test('of clocks: not of a store that answers slowly', () => {
    const alarms = open();
    const begun = (time: number) => ({ owner: 'o', head: 0, since: 0, now: time });
    const asked = now;
    now += 10_000; // the answer was that long on its way
    for (const time of [asked - 2000, asked, now, now + 2000]) alarms.compareClocks(begun(time), asked);
    expect(events).toEqual([]);
    alarms.compareClocks(begun(asked - 2001), asked);
    alarms.compareClocks(begun(now + HOUR), asked);
    expect(events).toMatchObject([{ type: 'store.alarm', alarm: 'clocks' }]);
    expect(events[0]).toMatchObject({ message: expect.stringContaining('are 3 s apart') });
    alarms.compareClocks(begun(now), asked);
    expect(events[1]).toEqual({ type: 'store.alarm_over', alarm: 'clocks' });
  });
});

describe('an authority', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openStore('memory:');
  });
  afterEach(() => store.close());

  test('tells of clocks apart without a login, and when they agree again', { timeout: 30_000 }, async () => {
    const events: AuthorityEvent[] = [];
    let off = 120_000;
    await using authority = await createAuthority({
      ...base,
      store,
      clock: () => Date.now() + off,
      onEvent: event => events.push(event),
    });
    const told = (type: AuthorityEvent['type']) => events.filter(event => event.type === type);
    await until(() => told('store.alarm').length > 0, 10_000);
    expect(told('store.alarm')).toEqual([
      { type: 'store.alarm', alarm: 'clocks', message: expect.stringMatching(/are 12[01] s apart/) },
    ]);
    await expect(authority.issue({ subject: 'ada' })).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
    });
    off = 0;
    await until(() => told('store.alarm_over').length > 0, 10_000);
    await authority.issue({ subject: 'ada' });
  });

  test('asks its store at once after a revocation that is not known to be kept', async () => {
    const events: AuthorityEvent[] = [];
    const short = new StoreError('ERR_STORE_UNAVAILABLE', 'The revocation counts, but 0 of 1 have it.');
    await using authority = await createAuthority({
      ...base,
      store: { ...store, alarms: async () => [replicas], revoke: () => Promise.reject(short) },
      onEvent: event => events.push(event),
    });
    await expect(authority.revoke({ subject: 'ada' })).rejects.toBe(short);
    await until(() => events.some(({ type }) => type === 'store.alarm'));
    expect(events.at(-1)).toEqual({ type: 'store.alarm', ...replicas });
  });

  test('to which nobody listens lets the process warn', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await using authority = await createAuthority({
      ...base,
      store: { ...store, alarms: async () => [eviction], revoke: () => Promise.reject(new Error('down')) },
    });
    await expect(authority.revoke({ subject: 'ada' })).rejects.toThrow('down');
    await until(() => warned.mock.calls.length > 0);
    expect(warned.mock.calls[0]).toEqual([eviction.message, 'RevocableWarning']);
    warned.mockRestore();
  });
});
