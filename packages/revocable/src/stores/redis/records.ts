/** Records and audit on Redis. A collection lies in one slot. */
import type { Audit, AuditEvent, AuditRow, Records } from '../../records.ts';
import { auditPage, jsonText, recordKey, recordPage } from '../record-arguments.ts';
import { AUDIT, COLLECTIONS, collectionKeys } from './keys.ts';
import type { Line } from './line.ts';
import {
  AUDIT_APPEND,
  RECORD_GET,
  RECORD_LIST,
  RECORD_PURGE,
  RECORD_PUT,
  RECORD_TAKE,
} from './record-scripts.ts';
import { pairsOf } from './rows.ts';
import { run, type Script } from './scripts.ts';

/** Without a clock of its own a script takes that of Redis. */
export interface Shelf {
  readonly line: Line;
  readonly clock: (() => number) | undefined;
}

const timed = ({ clock }: Shelf): object => (clock === undefined ? {} : { now: clock() });

export function recordsOf(shelf: Shelf, name: string): Records {
  const keys = collectionKeys(recordKey(name, 'name'));
  const ask = async (script: Script, args: object): Promise<unknown> => {
    const [reply] = await run(shelf.line, script, keys, { ...args, ...timed(shelf) });
    return reply;
  };
  let isListed: Promise<unknown> | undefined;
  return {
    get: async key => parsed(await ask(RECORD_GET, { key: recordKey(key, 'key') })),
    async put(key, value, { ifAbsent = false, until = Number.MAX_SAFE_INTEGER } = {}) {
      const args = { key: recordKey(key, 'key'), text: jsonText(value), ifAbsent, until };
      isListed ??= shelf.line.send([['SADD', COLLECTIONS, name]]);
      await isListed.catch(error => {
        isListed = undefined;
        throw error;
      });
      return (await ask(RECORD_PUT, args)) === 1;
    },
    take: async key => parsed(await ask(RECORD_TAKE, { key: recordKey(key, 'key') })),
    async list(options) {
      const rows = (await ask(RECORD_LIST, boundsOf(recordPage(options)))) as string[];
      return [...pairsOf(rows)].map(([key, text]) => ({ key, value: parsed(text) }));
    },
  };
}

const parsed = (text: unknown): unknown => (typeof text === 'string' ? JSON.parse(text) : undefined);

/** Beyond every text that begins with the prefix: no character of Unicode lies above it. */
const LAST = '\u{10ffff}';

function boundsOf({ prefix, after, limit }: ReturnType<typeof recordPage>): object {
  const max = prefix === '' ? '+' : `(${prefix}${LAST}`;
  const isBehind = after !== '' && Buffer.compare(Buffer.from(after), Buffer.from(prefix)) >= 0;
  return { min: isBehind ? `(${after}` : `[${prefix}`, max, limit };
}

/** Removes at most `limit` that are past their end. */
export async function purgeRecords(shelf: Shelf, now: number, limit: number): Promise<number> {
  const [names] = (await shelf.line.send([['SMEMBERS', COLLECTIONS]])) as [string[]];
  let removed = 0;
  for (const name of names) {
    if (removed >= limit) return removed;
    const [count] = await run(shelf.line, RECORD_PURGE, collectionKeys(name), {
      now,
      limit: limit - removed,
    });
    removed += Number(count);
  }
  return removed;
}

/** Rows of the audit log that one question brings. */
const AUDIT_PIECE = 1000;

export function auditOf(shelf: Shelf): Audit {
  return {
    async append({ event, actor, subject, detail }) {
      const kept = detail === undefined ? undefined : JSON.parse(jsonText(detail));
      const text = JSON.stringify({ event, actor, subject, detail: kept });
      const [seq] = await run(shelf.line, AUDIT_APPEND, [AUDIT], { text, ...timed(shelf) });
      return Number(seq);
    },
    list: options => listAudit(shelf.line, auditPage(options)),
  };
}

async function listAudit(
  line: Line,
  { before, limit, subject, actor, event }: ReturnType<typeof auditPage>,
): Promise<AuditRow[]> {
  const isWanted = (row: AuditRow): boolean =>
    (subject === undefined || row.subject === subject) &&
    (actor === undefined || row.actor === actor) &&
    (event === undefined || row.event === event);
  const isNarrow = subject !== undefined || actor !== undefined || event !== undefined;
  const piece = isNarrow ? AUDIT_PIECE : limit;
  const rows: AuditRow[] = [];
  const [length] = (await line.send([['HLEN', AUDIT]])) as [number];
  for (
    let newest = Math.min(before - 1, Number(length));
    newest > 0 && rows.length < limit;
    newest -= piece
  ) {
    const numbers = Array.from({ length: Math.min(piece, newest) }, (_, i) => newest - i);
    const [found] = (await line.send([['HMGET', AUDIT, ...numbers.map(String)]])) as [(string | null)[]];
    const read = found.flatMap((text, i) => (text === null ? [] : [auditRow(numbers[i] ?? 0, text)]));
    rows.push(...read.filter(isWanted));
  }
  return rows.slice(0, limit);
}

/** "at event" */
function auditRow(seq: number, text: string): AuditRow {
  const blank = text.indexOf(' ');
  const { event, actor, subject, detail } = JSON.parse(text.slice(blank + 1)) as AuditEvent;
  return { seq, at: Number(text.slice(0, blank)), event, actor, subject, detail };
}
