import { expect, test } from 'vitest';
import type { Feed } from '#revocation/feed';
import { createReplica } from '#revocation/replica';
import type { Timers } from '#time';

const ISSUER = 'https://auth.example';
const profile = {
  ...{ issuer: ISSUER, format: 1, scopes: ['g', 'k', 't', 'c', 'u', 's', 'j'], stamps: true },
  ...{ accessMaxMs: 300_000, refreshMaxMs: 3600_000, leewayMs: 65_000 },
};
const token = {
  claims: { iss: ISSUER, sub: 'ann', modified_at: 1000, refresh_modified_at: 1000 },
  typ: 'at+jwt',
  key: {},
};

function follow(feed: Partial<Feed>) {
  const clock = { now: 5000 };
  const delays: number[] = [];
  const timers: Timers = {
    set(_, delayMs) {
      delays.push(delayMs);
      return () => {};
    },
  };
  const replica = createReplica({
    ...{ name: undefined, hold: 'access', maxStalenessMs: 30_000, whenStale: 'allow', timers },
    clock: { wall: () => clock.now, monotonic: () => 5000 },
    feed: {
      profile: async () => profile,
      load: async () => 'owner.0.',
      follow: () => () => {},
      probe: async () => ({ now: 5000, head: 'owner.0.' }),
      giveBack: async () => {},
      ...feed,
    },
  });
  return { replica, clock, delays };
}

const silent = (): Promise<never> => new Promise(() => {});
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

test('a replica that allows judges nothing before its first whole snapshot', async () => {
  const { replica } = follow({ load: silent });
  await settle();
  expect(() => replica.judge(token)).toThrow(expect.objectContaining({ code: 'ERR_REPLICA_STALE' }));
});

test('nor before its first answered probe; afterwards it judges by what it knows, whatever its clock does', async () => {
  const unanswered = follow({ probe: silent });
  await settle();
  expect(() => unanswered.replica.judge(token)).toThrow(
    expect.objectContaining({ code: 'ERR_REPLICA_STALE' }),
  );

  const { replica, clock } = follow({});
  await settle();
  clock.now -= 3600_000;
  expect(replica.age).toBe(Number.POSITIVE_INFINITY);
  expect(() => replica.judge({ ...token, claims: { ...token.claims, modified_at: 1 } })).not.toThrow();
});

test('its connections are looked at once a second, whatever its age', async () => {
  const { replica, clock, delays } = follow({});
  await settle();
  clock.now -= 3000;
  replica.watch({ header: { typ: 'at+jwt' }, claims: token.claims, key: {} }, () => {});
  expect(delays.at(-1)).toBe(1000);
});

test('a token of another issuer is not judged by these revocations', async () => {
  const { replica } = follow({});
  await settle();
  const foreign = { ...token, claims: { ...token.claims, iss: 'https://another.example' } };
  expect(() => replica.judge(foreign)).toThrow(expect.objectContaining({ code: 'ERR_REPLICA_STALE' }));
});
