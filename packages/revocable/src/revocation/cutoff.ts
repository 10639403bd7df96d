/** Cut-offs: the only place that says what "revoked" means. */
import { type Scope, scopeKind } from './scope.ts';

/** `a` refuses access tokens, `r` refuses refresh tokens, `s` refuses both. */
export type Plane = 'a' | 'r' | 's';

export const PLANES: readonly Plane[] = ['a', 'r', 's'];

/** "For ever", in memory, store and on the wire: 2^53 - 1. */
export const INFINITE: number = Number.MAX_SAFE_INTEGER;

/** The cuts of one scope, milliseconds; 0 is none. */
export interface Cuts {
  readonly a: number;
  readonly r: number;
  readonly s: number;
}

export const NO_CUTS: Cuts = Object.freeze({ a: 0, r: 0, s: 0 });

/** A token's kind, told by `typ`, and its stamps in milliseconds. */
export interface Stamps {
  readonly kind: 'access' | 'refresh';
  readonly modifiedAt: number;
  readonly refreshModifiedAt: number;
}

/** What a token is to the cut-offs: its stamps, and the scopes it stands in. */
export interface Bearing extends Stamps {
  readonly scopes: readonly Scope[];
}

/** Why a token is refused, and what its holder can do. */
export interface Refusal {
  readonly scope: Scope;
  readonly plane: Plane;
  readonly action: 'refresh' | 'login';
}

/** Pointwise maximum: commutative, associative, idempotent, so repeats and reordering do no harm. */
export function merge(x: Cuts, y: Cuts): Cuts {
  return { a: Math.max(x.a, y.a), r: Math.max(x.r, y.r), s: Math.max(x.s, y.s) };
}

/**
 * Is this token cut off? A token is refused when any of its scopes has a cut above its stamp on that plane;
 * a token at or above the cut is valid. No precedence: adding a cut never makes a token valid.
 */
export function refusalOf(token: Bearing, cutsOf: (scope: Scope) => Cuts | undefined): Refusal | undefined {
  let found: Refusal | undefined;
  for (const scope of token.scopes) {
    const cuts = cutsOf(scope);
    if (cuts === undefined) continue;
    const refusal = refusalIn(token, scope, cuts);
    if (refusal?.action === 'login') return refusal;
    found ??= refusal;
  }
  return found;
}

/** The plane on which the cuts of one of its scopes refuse a token; undefined where they do not. */
export function refusingPlane(token: Stamps, cuts: Cuts): Plane | undefined {
  if (token.refreshModifiedAt < cuts.s) return 's';
  if (token.kind === 'access') return token.modifiedAt < cuts.a ? 'a' : undefined;
  return token.refreshModifiedAt < cuts.r ? 'r' : undefined;
}

function refusalIn(token: Bearing, scope: Scope, cuts: Cuts): Refusal | undefined {
  const plane = refusingPlane(token, cuts);
  return plane === undefined ? undefined : { scope, plane, action: actionOf(token, scope, plane) };
}

/** A session that is over asks for a login; one token or a key that is cut off leaves the session to refresh. */
function actionOf(token: Stamps, scope: Scope, plane: Plane): 'refresh' | 'login' {
  if (token.kind === 'refresh') return 'login';
  return plane === 's' && 'gtcus'.includes(scopeKind(scope)) ? 'login' : 'refresh';
}

/** The newest finite cut among these, on the planes given; 0 when there is none. */
export function newestFinite(cuts: Iterable<Cuts>, planes: readonly Plane[] = PLANES): number {
  let newest = 0;
  for (const each of cuts)
    for (const plane of planes) if (each[plane] < INFINITE && each[plane] > newest) newest = each[plane];
  return newest;
}

/** A stamp or cut as it may come from outside: a whole number of milliseconds above 0, below 2^53 - 1. */
export function isStamp(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < INFINITE;
}

/** A cut may be a stamp, 0 for none, or infinite. */
export function isCut(value: unknown): value is number {
  return value === 0 || value === INFINITE || isStamp(value);
}
