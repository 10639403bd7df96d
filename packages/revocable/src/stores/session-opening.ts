/** A session as it begins: one row for every store. */
import { FIRST, type SessionRow } from '../sessions/index.ts';
import type { NewSession } from '../store.ts';

/** A child never outlives its parent. Milliseconds. */
export function openSession(
  wanted: NewSession,
  now: number,
  login: number,
  parent: SessionRow | undefined,
): SessionRow {
  const { lifeMs, ...kept } = wanted;
  const end = Math.max(login, now) + lifeMs;
  const expires = parent === undefined ? end : Math.min(end, parent.expires);
  return { ...kept, ...FIRST, login, created: now, used: now, expires };
}
