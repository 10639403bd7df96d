/** What a follower of Redis is spared: only what is past by the clock of Redis and by its own. */
import { describe, expect, it } from 'vitest';
import { type CutEntry, STORE_AHEAD_MS } from '#revocation/index';
import { heldBy } from '#stores/redis/hold';
import { PROFILE } from '../contracts/store-feed.ts';
import { LIVES, NOW } from '../contracts/store-world.ts';

const cut: CutEntry = {
  scope: 'u::ada',
  number: 1,
  at: NOW,
  expires: NOW + 1e9,
  a: 0,
  r: 0,
  s: NOW,
  mac: '',
};
const isHeld = (now: number, ownNow: number): boolean =>
  heldBy('access', { profile: PROFILE, earlier: [] }, { now, ownNow })(cut);
const PAST = NOW + LIVES.accessMs + LIVES.leewayMs + STORE_AHEAD_MS;
const MONTH = 31 * 86_400_000;

describe('held for access tokens', () => {
  it('29: stays while either clock may be right', () => {
    expect(isHeld(NOW + MONTH, NOW)).toBe(true);
    expect(isHeld(NOW, NOW + MONTH)).toBe(true);
    expect(isHeld(PAST - 1, PAST)).toBe(true);
    expect(isHeld(PAST, PAST - 1)).toBe(true);
    expect(isHeld(PAST, PAST)).toBe(false);
  });
});
