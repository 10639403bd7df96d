/** One entry of the log of cut-offs: the whole state of a scope, as it is written, sent and held. */
import { type Cuts, INFINITE, isCut, merge } from './cutoff.ts';
import { SCOPE_KINDS, type Scope, scopeKind } from './scope.ts';

/**
 * `number`: its place in the log. `at`: when it was written, by the latest of the clocks and stamps there.
 * `expires`: when it may be forgotten. Milliseconds.
 * `mac`: an authority's proof that this is the state it wrote, by which a store that lost it believes whoever brings it back;
 * empty where there is none yet, and for those who only check access tokens.
 */
export interface CutEntry extends Cuts {
  readonly scope: Scope;
  readonly number: number;
  readonly at: number;
  readonly expires: number;
  readonly mac: string;
}

/** What the MAC is about: all but the place in the log, which belongs to the log. */
export type CutState = Omit<CutEntry, 'number' | 'mac'>;

/** What two know of a scope together, by maximum. Its MAC is that of the one who knew all of it; else it has none yet. */
export function mergeEntries(x: CutEntry, y: CutEntry): CutEntry {
  const state = {
    ...merge(x, y),
    scope: x.scope,
    at: Math.max(x.at, y.at),
    expires: Math.max(x.expires, y.expires),
  };
  const proved = [x, y].find(each => each.mac !== '' && isSameState(each, state));
  return { ...state, number: Math.max(x.number, y.number), mac: proved?.mac ?? '' };
}

export function isSameState(x: CutState, y: CutState): boolean {
  return (
    x.scope === y.scope &&
    x.a === y.a &&
    x.r === y.r &&
    x.s === y.s &&
    x.at === y.at &&
    x.expires === y.expires
  );
}

/** Whether `x` says all that `y` says of the same scope. */
export function covers(x: CutState, y: CutState): boolean {
  return x.a >= y.a && x.r >= y.r && x.s >= y.s && x.at >= y.at && x.expires >= y.expires;
}

/**
 * How far a store's clock may run ahead and still leave out nothing that verifiers need: after a failover the log is that of a
 * machine whose clock nobody may have looked at. They drop by their own clocks what they need no more.
 */
export const STORE_AHEAD_MS = 7_200_000;

/** Whether an access-token verifier may need it: planes `a` and `s`, for one access lifetime after the write; keys for ever. */
export function concernsAccess(entry: CutEntry, nowMs: number, windowMs: number): boolean {
  if (entry.a === 0 && entry.s === 0) return false;
  return scopeKind(entry.scope) === 'k' || entry.at + windowMs + STORE_AHEAD_MS > nowMs;
}

/** Of 128 bits; what is longer is none of ours. */
const LONGEST_MAC = 64;

/** Whether a value from outside has the form of an entry; an unknown kind of scope has not. */
export function isCutEntry(value: unknown): value is CutEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { scope, number, at, expires, a, r, s, mac } = value as Record<string, unknown>;
  return (
    typeof scope === 'string' &&
    SCOPE_KINDS.includes(scopeKind(scope)) &&
    typeof mac === 'string' &&
    mac.length <= LONGEST_MAC &&
    [a, r, s].every(isCut) &&
    [number, at, expires].every(
      n => Number.isSafeInteger(n) && (n as number) >= 0 && (n as number) <= INFINITE,
    )
  );
}
