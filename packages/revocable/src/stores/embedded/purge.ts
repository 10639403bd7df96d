/** Removes what is past its end, a slice of a table a transaction: no index of ends is kept, and no step is long. */
import { KEEP_ENDED_MS } from '../upkeep.ts';
import type { Statement, Value } from './engine.ts';

/** Rows that one slice looks at. */
const LOOKED_AT = 4000;

/** Where to go on: in which table, behind which key. */
export interface PurgePlace {
  readonly table: number;
  readonly key: Value;
}

export interface PurgeSlice {
  readonly removed: number;
  /** Undefined after the last table. */
  readonly next: PurgePlace | undefined;
}

export const PURGE_START: PurgePlace = { table: 0, key: null };

/** Tables, their keys in order, and what is over at time `?1`. */
const TABLES = [
  { table: 'cuts', key: 'number', first: 0, isOver: 'expires <= ?' },
  { table: 'stamps', key: 'scope', first: '', isOver: 'expires <= ?' },
  { table: 'sessions', key: 'number', first: 0, isOver: `min(expires, used + idle) + ${KEEP_ENDED_MS} <= ?` },
  {
    table: 'replicas',
    key: 'name',
    first: '',
    isOver: `policy <> 'allow' AND seen + staleness + ${KEEP_ENDED_MS} <= ?`,
  },
  { table: 'records', key: 'collection, key', first: '', isOver: 'expires <= ?' },
] as const;

export function createPurge(
  sql: (text: string) => Statement,
): (args: { place: PurgePlace; caller: number; limit: number }, now: number) => PurgeSlice {
  return ({ place, caller, limit }, now) => {
    const rules = TABLES[place.table];
    if (rules === undefined) return { removed: 0, next: undefined };
    const { table, first, isOver } = rules;
    // By both clocks: a store whose clock runs ahead must not forget a cut that an authority still counts on.
    const time = Math.min(now, caller);
    if (table === 'records') return { removed: purgeRecords(sql, time, limit), next: undefined };
    const from = place.key ?? first;
    const last = sql(
      `SELECT max(${rules.key}), count(*) FROM (SELECT ${rules.key} FROM ${table} WHERE ${rules.key} > ? ORDER BY ${rules.key} LIMIT ${LOOKED_AT})`,
    ).get(from);
    const [to = null, looked = 0] = last ?? [];
    if (to === null) return { removed: 0, next: { table: place.table + 1, key: null } };
    const over = sql(
      `SELECT ${rules.key} FROM ${table} WHERE ${rules.key} > ? AND ${rules.key} <= ? AND ${isOver} ORDER BY ${rules.key} LIMIT ?`,
    ).all(from, to, time, limit);
    const remove = sql(`DELETE FROM ${table} WHERE ${rules.key} = ?`);
    for (const [key = null] of over) remove.run(key);
    const behind = over.length === limit ? (over.at(-1)?.[0] ?? null) : to;
    const isWhole = over.length < limit && Number(looked) < LOOKED_AT;
    return {
      removed: over.length,
      next: isWhole ? { table: place.table + 1, key: null } : { table: place.table, key: behind },
    };
  };
}

/** Records are few: accounts, clients, codes. */
function purgeRecords(sql: (text: string) => Statement, time: number, limit: number): number {
  const over = sql('SELECT collection, key FROM records WHERE expires <= ? LIMIT ?').all(time, limit);
  const remove = sql('DELETE FROM records WHERE collection = ? AND key = ?');
  for (const [collection = null, key = null] of over) remove.run(collection, key);
  return over.length;
}
