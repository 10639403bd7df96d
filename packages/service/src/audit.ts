/** The audit log: what of the authority's events belongs there, and how its rows are written down. */
import type { AuditEvent, AuditRow, AuthorityEvent } from 'revocable';
import { timestamp } from './words.ts';

/**
 * Events that nobody ordered; what somebody did is entered where it is done, with who it was. Tokens and rotations are not
 * there: they are counted by the metrics, and one row each would be the busiest table of all.
 */
export function auditEntry(event: AuthorityEvent): AuditEvent | undefined {
  switch (event.type) {
    case 'refresh.reuse':
    case 'refresh.late_recovery':
    case 'store.amnesia': {
      const { type, subject, ...detail } = event;
      return { event: type, subject, detail };
    }
    case 'session.ended': {
      const { type, subject, ...detail } = event;
      return event.cause === 'limit' ? { event: type, subject, detail } : undefined;
    }
    case 'store.lost':
      return { event: event.type, detail: { policy: event.policy } };
    case 'key.rotated':
      return { event: event.type, detail: { kid: event.kid, before: event.before } };
    default:
      return undefined;
  }
}

export const FORMATS = ['json', 'ndjson', 'csv'] as const;
export type AuditFormat = (typeof FORMATS)[number];

const COLUMNS = ['id', 'at', 'event', 'actor', 'subject', 'detail'] as const;

export interface WrittenRow {
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
  readonly event: string;
  readonly actor: string | null;
  readonly subject: string | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

export function written({ seq, at, event, actor, subject, detail }: AuditRow): WrittenRow {
  return {
    id: seq,
    at: timestamp(at),
    event,
    actor: actor ?? null,
    subject: subject ?? null,
    detail: detail ?? null,
  };
}

export const CSV_HEAD: string = `${COLUMNS.join(',')}\r\n`;

/** RFC 4180. */
export function csvLine(row: WrittenRow): string {
  const detail = row.detail === null ? null : JSON.stringify(row.detail);
  return `${COLUMNS.map(name => cell(name === 'detail' ? detail : row[name])).join(',')}\r\n`;
}

/** A text that a spreadsheet would take for a formula is told that it is one: names and reasons come from strangers. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
