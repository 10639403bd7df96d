/** What a replica holds, by the profile that is kept as one text. */
import { type CutEntry, concernsAccess, type Hold } from '../../revocation/index.ts';
import { type Declared, profileAt } from '../declared.ts';
import type { Answer } from './primary.ts';

export function declaredIn(text: unknown): Declared | undefined {
  return text === '' ? undefined : JSON.parse(String(text));
}

/** What of these a replica holds. Left out is what is past by both clocks: that of Redis, and that of this process. */
export function heldBy(
  hold: Hold,
  declared: Declared | undefined,
  { now: storeNow, ownNow }: Pick<Answer, 'now' | 'ownNow'>,
): (entry: CutEntry) => boolean {
  if (hold === 'all' || declared === undefined) return () => true;
  const now = Math.min(storeNow, ownNow);
  const { accessMaxMs, leewayMs } = profileAt(declared, now);
  return entry => concernsAccess(entry, now, accessMaxMs + leewayMs);
}
