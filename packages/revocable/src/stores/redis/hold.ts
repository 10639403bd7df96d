/** What a replica holds, by the profile that is kept as one text. */
import { type CutEntry, concernsAccess, type Hold } from '../../revocation/index.ts';
import { type Declared, profileAt } from '../declared.ts';

export function declaredIn(text: unknown): Declared | undefined {
  return text === '' ? undefined : JSON.parse(String(text));
}

/** What of these a replica holds. */
export function heldBy(
  hold: Hold,
  declared: Declared | undefined,
  now: number,
): (entry: CutEntry) => boolean {
  if (hold === 'all' || declared === undefined) return () => true;
  const { accessMaxMs, leewayMs } = profileAt(declared, now);
  return entry => concernsAccess(entry, now, accessMaxMs + leewayMs);
}
