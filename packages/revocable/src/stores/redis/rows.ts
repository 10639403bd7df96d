/** How cuts and sessions are written in Redis. */
import { StoreError } from '../../errors.ts';
import { type CutEntry, isCutEntry, type Scope } from '../../revocation/index.ts';
import type { RotationPolicy, SessionRow } from '../../sessions/index.ts';

/** A session and its place in the order in which sessions were opened. */
export interface PlacedSession {
  readonly row: SessionRow;
  readonly place: number;
}

/**
 * @param text "number at expires a r s", and the MAC where there is one
 * @throws {StoreError} ERR_STORE_CORRUPT naming the scope
 */
export function entryFrom(scope: Scope, text: string): CutEntry {
  const parts = text.split(' ');
  const [number, at, expires, a, r, s] = parts.slice(0, 6).map(Number);
  const entry = { scope, number, at, expires, a, r, s, mac: parts[6] ?? '' };
  if (!isCutEntry(entry)) throw corrupt(`the cut-off of ${JSON.stringify(scope)}`);
  return entry;
}

/** Pairs of a flat list: names and values. */
export function* pairsOf(flat: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i + 1 < flat.length; i += 2) yield [flat[i] ?? '', flat[i + 1] ?? ''];
}

export function entriesFrom(flat: readonly string[]): CutEntry[] {
  return [...pairsOf(flat)].map(([scope, text]) => entryFrom(scope, text));
}

/** The fields of a session in its user's hash. */
export function fieldsOf({ row, place }: PlacedSession): string[] {
  const { p, c, at, used, expires, idleMs, graceMs, policy, claims, ...fixed } = row;
  const numbers = [p, c, at, used, expires, idleMs, graceMs].join(' ');
  return [
    ...[`r:${row.id}`, JSON.stringify({ ...fixed, place })],
    ...[`m:${row.id}`, `${numbers} ${policy}`],
    ...[`c:${row.id}`, JSON.stringify(claims)],
  ];
}

export const fieldNames = (id: string): string[] => [`r:${id}`, `m:${id}`, `c:${id}`];

/** @throws {StoreError} ERR_STORE_CORRUPT when a field is missing or none of ours */
export function sessionFrom(id: string, fixed: string, numbers: string, claims: string): PlacedSession {
  try {
    const [p, c, at, used, expires, idleMs, graceMs, policy] = numbers.split(' ');
    const { place, ...rest } = JSON.parse(fixed);
    const generations = { p: Number(p), c: Number(c), at: Number(at) };
    const ends = { used: Number(used), expires: Number(expires), idleMs: Number(idleMs) };
    const rules = { graceMs: Number(graceMs), policy: policy as RotationPolicy };
    return { place, row: { ...rest, ...generations, ...ends, ...rules, claims: JSON.parse(claims) } };
  } catch {
    throw corrupt(`the session ${JSON.stringify(id)}`);
  }
}

/** All sessions in a user's hash, in the order in which they were opened. */
export function sessionsFrom(flat: readonly string[]): PlacedSession[] {
  const fields = new Map(pairsOf(flat));
  const sessions: PlacedSession[] = [];
  for (const [name, fixed] of fields) {
    if (!name.startsWith('r:')) continue;
    const id = name.slice(2);
    sessions.push(sessionFrom(id, fixed, fields.get(`m:${id}`) ?? '', fields.get(`c:${id}`) ?? ''));
  }
  return sessions.sort((x, y) => x.place - y.place);
}

const corrupt = (what: string): StoreError =>
  new StoreError('ERR_STORE_CORRUPT', `In Redis, ${what} is damaged. Nothing was dropped; restore a backup.`);
