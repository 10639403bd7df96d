/** One entry of the log of cut-offs: the whole state of a scope, as it is written, sent and held. */
import { type Cuts, INFINITE, isCut, merge } from './cutoff.ts';
import { SCOPE_KINDS, type Scope, scopeKind } from './scope.ts';

/** `number`: its place in the log. `at`: when it was written, by the latest of the clocks and stamps there. `expires`: when it may be forgotten. Milliseconds. */
export interface CutEntry extends Cuts {
  readonly scope: Scope;
  readonly number: number;
  readonly at: number;
  readonly expires: number;
}

/** The newer knowledge of a scope: cuts and expiry by maximum; number and time of the later one. */
export function mergeEntries(x: CutEntry, y: CutEntry): CutEntry {
  const later = y.number >= x.number ? y : x;
  return { ...later, ...merge(x, y), expires: Math.max(x.expires, y.expires) };
}

/** Whether an access-token verifier needs it now: planes `a` and `s`, for one access lifetime after the write; keys for ever. */
export function concernsAccess(entry: CutEntry, nowMs: number, windowMs: number): boolean {
  if (entry.a === 0 && entry.s === 0) return false;
  return scopeKind(entry.scope) === 'k' || entry.at + windowMs > nowMs;
}

/** Whether a value from outside has the form of an entry; an unknown kind of scope has not. */
export function isCutEntry(value: unknown): value is CutEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { scope, number, at, expires, a, r, s } = value as Record<string, unknown>;
  return (
    typeof scope === 'string' &&
    SCOPE_KINDS.includes(scopeKind(scope)) &&
    [a, r, s].every(isCut) &&
    [number, at, expires].every(
      n => Number.isSafeInteger(n) && (n as number) >= 0 && (n as number) <= INFINITE,
    )
  );
}
