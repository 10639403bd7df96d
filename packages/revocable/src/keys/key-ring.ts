/** The life of a signing key: next -> active -> retired -> gone. Pure: rows and a time in, decisions out. All in milliseconds. */

export type KeyState = 'next' | 'active' | 'retired';

export interface RingKey {
  readonly kid: string;
  readonly state: KeyState;
  readonly createdAt: number;
  /** Since when it signs; of a next key, since when it is wanted to. */
  readonly activatedAt?: number;
  readonly retiredAt?: number;
}

export interface RingTerms {
  /** How long a key signs. */
  readonly rotateEveryMs: number;
  /** How long verifiers may keep a JWK Set: a key is published that long before it signs. @default PUBLISH_BEFORE_MS */
  readonly publishBeforeMs?: number;
  /** The longest life of what a key signed: it stays published that long after. */
  readonly keepAfterMs: number;
}

/** The max-age of our JWK Sets. */
export const PUBLISH_BEFORE_MS = 300_000;

/** What is to be done now. `create`: a fresh key in that state. */
export type RingStep =
  | { readonly step: 'create'; readonly state: 'next' | 'active' }
  | { readonly step: 'rotate' }
  | { readonly step: 'remove'; readonly kid: string };

/** The key that signs: the active one that was activated last. */
export function signingKey<Row extends RingKey>(rows: readonly Row[]): Row | undefined {
  return newestOf(rows.filter(row => row.state === 'active'));
}

/** The key that takes over: the next one that was made first, for it has been published longest. */
export function standbyKey<Row extends RingKey>(rows: readonly Row[]): Row | undefined {
  const waiting = rows.filter(row => row.state === 'next');
  return waiting.sort((a, b) => a.createdAt - b.createdAt || (a.kid < b.kid ? -1 : 1))[0];
}

/** The keys of the JWK Set: all but retired ones whose tokens have expired. */
export function publishedKeys<Row extends RingKey>(
  rows: readonly Row[],
  terms: RingTerms,
  nowMs: number,
): readonly Row[] {
  return rows.filter(row => !isOver(row, terms, nowMs));
}

/**
 * What is due, in the order in which to do it. There is always a next key, published and ready,
 * so that the active one can be taken back without a verifier that does not know its successor.
 */
export function dueSteps(rows: readonly RingKey[], terms: RingTerms, nowMs: number): readonly RingStep[] {
  const steps: RingStep[] = [];
  const active = signingKey(rows);
  const next = standbyKey(rows);
  if (active === undefined)
    steps.push(next === undefined ? { step: 'create', state: 'active' } : { step: 'rotate' });
  else if (next !== undefined && mayRotate(active, next, terms, nowMs)) steps.push({ step: 'rotate' });
  if (next === undefined || steps.some(({ step }) => step === 'rotate'))
    steps.push({ step: 'create', state: 'next' });
  for (const row of rows) if (isOver(row, terms, nowMs)) steps.push({ step: 'remove', kid: row.kid });
  return steps;
}

/** When `dueSteps` should be asked again, at the latest. */
export function nextDueMs(rows: readonly RingKey[], terms: RingTerms, nowMs: number): number {
  if (dueSteps(rows, terms, nowMs).length > 0) return nowMs;
  const active = signingKey(rows);
  const next = standbyKey(rows);
  const times = rows
    .filter(row => row.state === 'retired')
    .map(row => (row.retiredAt ?? 0) + terms.keepAfterMs);
  if (active !== undefined && next !== undefined) times.push(rotationTime(active, next, terms));
  return Math.min(...times, nowMs + terms.rotateEveryMs);
}

/** The rows after the next key has taken over; the ones that signed are retired. Unchanged when there is no next key. */
export function rotated<Row extends RingKey>(rows: readonly Row[], nowMs: number): readonly Row[] {
  const next = standbyKey(rows);
  if (next === undefined) return rows;
  return rows.map(row => {
    if (row === next) return { ...row, state: 'active', activatedAt: nowMs };
    return row.state === 'active' ? { ...row, state: 'retired', retiredAt: nowMs } : row;
  });
}

/**
 * By hand: the next key takes over now if it has been published long enough, else as soon as it has. A ring in its first max-age,
 * from which nothing is retired yet, has nobody who relies on a copy, and does not wait. Unchanged when that is under way.
 */
export function rotatedByHand<Row extends RingKey>(
  rows: readonly Row[],
  terms: RingTerms,
  nowMs: number,
): readonly Row[] {
  const next = standbyKey(rows);
  if (next === undefined) return rows;
  if (nowMs >= publishedAt(next, terms) || isYoung(rows, terms, nowMs)) return rotated(rows, nowMs);
  if (next.activatedAt !== undefined) return rows;
  return rows.map(row => (row === next ? { ...row, activatedAt: nowMs } : row));
}

/** Which key signs, or is wanted to, and from when. */
export function rotation<Row extends RingKey>(
  rows: readonly Row[],
  terms: RingTerms,
): { readonly kid: string; readonly signsFromMs: number } | undefined {
  const next = standbyKey(rows);
  if (next?.activatedAt !== undefined) return { kid: next.kid, signsFromMs: publishedAt(next, terms) };
  const active = signingKey(rows);
  return active && { kid: active.kid, signsFromMs: active.activatedAt ?? active.createdAt };
}

function isYoung(rows: readonly RingKey[], terms: RingTerms, nowMs: number): boolean {
  const age = terms.publishBeforeMs ?? PUBLISH_BEFORE_MS;
  return rows.every(row => row.state !== 'retired' && (row.state === 'next' || nowMs < row.createdAt + age));
}

function mayRotate(active: RingKey, next: RingKey, terms: RingTerms, nowMs: number): boolean {
  return nowMs >= rotationTime(active, next, terms);
}

/** Not before the old one has had its time, unless it is wanted sooner, nor before the new one is in every verifier's copy. */
function rotationTime(active: RingKey, next: RingKey, terms: RingTerms): number {
  const due = (active.activatedAt ?? active.createdAt) + terms.rotateEveryMs;
  return Math.max(Math.min(due, next.activatedAt ?? due), publishedAt(next, terms));
}

function publishedAt(next: RingKey, terms: RingTerms): number {
  return next.createdAt + (terms.publishBeforeMs ?? PUBLISH_BEFORE_MS);
}

function isOver(row: RingKey, terms: RingTerms, nowMs: number): boolean {
  return row.state === 'retired' && nowMs >= (row.retiredAt ?? 0) + terms.keepAfterMs;
}

function newestOf<Row extends RingKey>(rows: readonly Row[]): Row | undefined {
  const since = (row: Row): number => row.activatedAt ?? row.createdAt;
  return [...rows].sort((a, b) => since(b) - since(a) || (a.kid < b.kid ? -1 : 1))[0];
}
