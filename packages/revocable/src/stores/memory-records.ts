/** Records and audit of the memory store. Values go through JSON, as they do in every other store. */

import type { Audit, AuditRow, Records } from '../records.ts';
import type { WallClock } from '../time.ts';
import { auditPage, jsonText, recordKey, recordPage } from './record-arguments.ts';

interface Held {
  readonly text: string;
  readonly until: number;
}

export interface MemoryRecords {
  named(name: string): Records;
  /** Removes at most `limit` that are past their end. */
  purge(now: number, limit: number): number;
}

export function createMemoryRecords(clock: WallClock, guard: () => void): MemoryRecords {
  const collections = new Map<string, Map<string, Held>>();
  const collection = (name: string): Map<string, Held> => {
    const found = collections.get(name) ?? new Map<string, Held>();
    collections.set(name, found);
    return found;
  };
  return {
    named: name => recordsOf(collection(recordKey(name, 'name')), clock, guard),
    purge: (now, limit) => purge(collections.values(), now, limit),
  };
}

function recordsOf(held: Map<string, Held>, clock: WallClock, guard: () => void): Records {
  const live = (key: string): Held | undefined => {
    guard();
    const found = held.get(recordKey(key, 'key'));
    return found !== undefined && found.until > clock() ? found : undefined;
  };
  return {
    get: async key => parsed(live(key)),
    async put(key, value, options = {}) {
      const text = jsonText(value);
      if (options.ifAbsent && live(key) !== undefined) return false;
      guard();
      held.set(recordKey(key, 'key'), { text, until: options.until ?? Number.POSITIVE_INFINITY });
      return true;
    },
    async take(key) {
      const found = live(key);
      held.delete(key);
      return parsed(found);
    },
    async list(options) {
      guard();
      const { prefix, after, limit } = recordPage(options);
      return [...held.keys()]
        .filter(key => key.startsWith(prefix) && (after === '' || byBytes(key, after) > 0))
        .filter(key => live(key) !== undefined)
        .toSorted(byBytes)
        .slice(0, limit)
        .map(key => ({ key, value: parsed(held.get(key)) }));
    },
  };
}

const parsed = (held: Held | undefined): unknown => (held === undefined ? undefined : JSON.parse(held.text));

/** The order of UTF-8 bytes, which is SQLite's and Redis's. */
const byBytes = (x: string, y: string): number => Buffer.compare(Buffer.from(x), Buffer.from(y));

function purge(collections: Iterable<Map<string, Held>>, now: number, limit: number): number {
  let removed = 0;
  for (const held of collections)
    for (const [key, { until }] of held) {
      if (removed === limit) return removed;
      if (until <= now && held.delete(key)) removed += 1;
    }
  return removed;
}

export function createMemoryAudit(clock: WallClock, guard: () => void): Audit {
  const rows: (Omit<AuditRow, 'detail'> & { readonly detail: string | undefined })[] = [];
  return {
    async append({ event, actor, subject, detail }) {
      guard();
      const text = detail === undefined ? undefined : jsonText(detail);
      rows.push({ seq: rows.length + 1, at: clock(), event, actor, subject, detail: text });
      return rows.length;
    },
    async list(options) {
      guard();
      const { before, limit, subject, actor, event } = auditPage(options);
      return rows
        .slice(0, Math.max(0, Math.min(before - 1, rows.length)))
        .filter(row => subject === undefined || row.subject === subject)
        .filter(row => actor === undefined || row.actor === actor)
        .filter(row => event === undefined || row.event === event)
        .slice(-limit)
        .toReversed()
        .map(({ detail, ...row }) => ({
          ...row,
          detail: detail === undefined ? undefined : JSON.parse(detail),
        }));
    },
  };
}
