/** What an issuer has declared of its tokens. A longest life may be raised at once; lowered, the old one counts until it has passed once. */
import type { TokenProfile } from '../revocation/index.ts';

export interface Declared {
  readonly profile: TokenProfile;
  /** Longer lives that were declared before, each with the time until which it counts, milliseconds. */
  readonly earlier: readonly EarlierMaxima[];
}

interface EarlierMaxima {
  readonly accessMaxMs: number;
  readonly refreshMaxMs: number;
  readonly leewayMs: number;
  readonly until: number;
}

export function declare(before: Declared | undefined, profile: TokenProfile, now: number): Declared {
  if (before === undefined) return { profile, earlier: [] };
  const { accessMaxMs, refreshMaxMs, leewayMs } = before.profile;
  const until = now + Math.max(accessMaxMs, refreshMaxMs) + leewayMs;
  const isLowered =
    accessMaxMs > profile.accessMaxMs || refreshMaxMs > profile.refreshMaxMs || leewayMs > profile.leewayMs;
  const earlier = before.earlier.filter(each => each.until > now);
  return {
    profile,
    earlier: isLowered ? [...earlier, { accessMaxMs, refreshMaxMs, leewayMs, until }] : earlier,
  };
}

/** The profile that counts now. */
export function profileAt({ profile, earlier }: Declared, now: number): TokenProfile {
  const counting = [profile, ...earlier.filter(each => each.until > now)];
  return {
    ...profile,
    accessMaxMs: Math.max(...counting.map(each => each.accessMaxMs)),
    refreshMaxMs: Math.max(...counting.map(each => each.refreshMaxMs)),
    leewayMs: Math.max(...counting.map(each => each.leewayMs)),
  };
}
