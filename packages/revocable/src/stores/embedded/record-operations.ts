/** Records and the audit log, as rows. */
import type { AuditEvent, AuditRow } from '../../records.ts';
import type { AuditPage, RecordPage } from '../record-arguments.ts';
import type { Statement, Value } from './engine.ts';

/** Values are JSON texts; what is past its end is not there. */
export interface RecordOperations {
  recordGet(args: RecordName, now: number): string | undefined;
  recordPut(args: RecordName & { text: string; ifAbsent: boolean; until: number }, now: number): boolean;
  recordTake(args: RecordName, now: number): string | undefined;
  recordList(
    args: RecordPage & { collection: string },
    now: number,
  ): (readonly [key: string, text: string])[];
  auditAppend(event: Omit<AuditEvent, 'detail'> & { detail: string | undefined }, now: number): number;
  auditList(page: AuditPage, now: number): AuditRow[];
}

export interface RecordName {
  readonly collection: string;
  readonly key: string;
}

type Sql = (text: string) => Statement;

export function recordOperations(sql: Sql): RecordOperations {
  const get = ({ collection, key }: RecordName, now: number): string | undefined => {
    const row = sql('SELECT value FROM records WHERE collection = ? AND key = ? AND expires > ?').get(
      collection,
      key,
      now,
    );
    return row === undefined ? undefined : String(row[0]);
  };
  return {
    recordGet: get,
    recordPut({ collection, key, text, ifAbsent, until }, now) {
      if (ifAbsent && get({ collection, key }, now) !== undefined) return false;
      sql('INSERT OR REPLACE INTO records(collection, key, value, expires) VALUES (?, ?, ?, ?)').run(
        collection,
        key,
        text,
        until,
      );
      return true;
    },
    recordTake(name, now) {
      const text = get(name, now);
      if (text !== undefined)
        sql('DELETE FROM records WHERE collection = ? AND key = ?').run(name.collection, name.key);
      return text;
    },
    recordList: (page, now) => listRecords(sql, page, now),
    auditAppend: (event, now) => appendAudit(sql, event, now),
    auditList: page => listAudit(sql, page),
  };
}

/** Beyond every text that begins with the prefix: no character of Unicode lies above it. */
const LAST = '\u{10ffff}';

function listRecords(
  sql: Sql,
  { collection, prefix, after, limit }: RecordPage & { collection: string },
  now: number,
): (readonly [string, string])[] {
  const within = prefix === '' ? '' : 'AND key >= ? AND key < ?';
  const bounds = prefix === '' ? [] : [prefix, prefix + LAST];
  return sql(
    `SELECT key, value FROM records WHERE collection = ? AND key > ? ${within} AND expires > ? ORDER BY key LIMIT ?`,
  )
    .all(collection, after, ...bounds, now, limit)
    .map(([key, text]) => [String(key), String(text)]);
}

function appendAudit(
  sql: Sql,
  { event, actor, subject, detail }: Parameters<RecordOperations['auditAppend']>[0],
  now: number,
): number {
  const row = sql(
    'INSERT INTO audit(at, event, actor, subject, detail) VALUES (?, ?, ?, ?, ?) RETURNING seq',
  ).get(now, event, actor ?? null, subject ?? null, detail ?? null);
  return Number(row?.[0]);
}

function listAudit(sql: Sql, { before, limit, subject, actor, event }: AuditPage): AuditRow[] {
  const wanted = Object.entries({ subject, actor, event }).filter(([, value]) => value !== undefined);
  const where = wanted.map(([column]) => `AND ${column} = ?`).join(' ');
  const values = wanted.map(([, value]) => value as Value);
  return sql(
    `SELECT seq, at, event, actor, subject, detail FROM audit WHERE seq < ? ${where} ORDER BY seq DESC LIMIT ?`,
  )
    .all(before, ...values, limit)
    .map(row => ({
      seq: Number(row[0]),
      at: Number(row[1]),
      event: String(row[2]),
      actor: row[3] === null ? undefined : String(row[3]),
      subject: row[4] === null ? undefined : String(row[4]),
      detail: row[5] === null ? undefined : JSON.parse(String(row[5])),
    }));
}
