/** `GET /admin/api/audit`: the audit log, a page as JSON, or all of it as NDJSON or CSV. */
import type { AuditRow } from 'revocable';
import { requireAdmin } from '../admin-access.ts';
import { json } from '../answer.ts';
import { type AuditFormat, CSV_HEAD, csvLine, FORMATS, written } from '../audit.ts';
import type { Call } from '../call.ts';
import type { Parts } from '../parts.ts';
import { invalidRequest } from '../refusal.ts';

const LONGEST_PAGE = 1000;
const PAGE = 100;

const TYPES = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8' } as const;

/** Newest first. `subject`, `actor` and `event` narrow it; `before` (an id) and `limit` page through it. */
interface Asked {
  readonly before?: number;
  readonly limit?: number;
  readonly subject?: string;
  readonly actor?: string;
  readonly event?: string;
}

const PARAMETERS = ['format', 'before', 'limit', 'subject', 'actor', 'event'];

export async function listAudit(call: Call, parts: Parts): Promise<Response> {
  await requireAdmin(call, parts, 'revocable:read');
  const asked = askedIn(call.url.searchParams);
  const format = formatOf(call);
  if (format === 'json') return page(parts, asked);
  const name = `audit.${format}`;
  return new Response(exported(parts, asked, format), {
    headers: {
      'content-type': TYPES[format],
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
    },
  });
}

function askedIn(query: URLSearchParams): Asked {
  const unknown = [...query.keys()].find(name => !PARAMETERS.includes(name));
  if (unknown !== undefined) throw invalidRequest(`There is no parameter "${unknown}" here.`);
  const text = (name: string): Record<string, string> => {
    const value = query.get(name);
    return value === null || value === '' ? {} : { [name]: value };
  };
  const whole = (name: string, most: number): Record<string, number> => {
    const value = query.get(name);
    if (value === null || value === '') return {};
    if (!/^\d{1,15}$/.test(value) || Number(value) < 1 || Number(value) > most)
      throw invalidRequest(`"${name}" is a whole number from 1 to ${most}.`);
    return { [name]: Number(value) };
  };
  return {
    ...whole('before', Number.MAX_SAFE_INTEGER),
    ...whole('limit', LONGEST_PAGE),
    ...text('subject'),
    ...text('actor'),
    ...text('event'),
  };
}

/** By parameter, for a link; else by `Accept`. */
function formatOf({ url, request }: Call): AuditFormat {
  const asked = url.searchParams.get('format');
  if (asked !== null) {
    const found = FORMATS.find(format => format === asked);
    if (found === undefined) throw invalidRequest(`"format" is one of: ${FORMATS.join(', ')}.`);
    return found;
  }
  const accept = request.headers.get('accept') ?? '';
  if (accept.includes('ndjson')) return 'ndjson';
  return accept.includes('text/csv') ? 'csv' : 'json';
}

/** `next`: what to ask for as `before`; null behind the last page. */
async function page({ store }: Parts, asked: Asked): Promise<Response> {
  const limit = asked.limit ?? PAGE;
  const rows = await store.audit.list({ ...asked, limit });
  return json({ events: rows.map(written), next: rows.length < limit ? null : (rows.at(-1)?.seq ?? null) });
}

/** A page at a time, as fast as it is read. */
function exported(
  parts: Parts,
  asked: Asked,
  format: Exclude<AuditFormat, 'json'>,
): ReadableStream<Uint8Array> {
  const rows = pagesOf(parts, asked);
  const encoder = new TextEncoder();
  const line = (row: AuditRow): string =>
    format === 'csv' ? csvLine(written(row)) : `${JSON.stringify(written(row))}\n`;
  return new ReadableStream({
    start(controller) {
      if (format === 'csv') controller.enqueue(encoder.encode(CSV_HEAD));
    },
    async pull(controller) {
      const { value, done } = await rows.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value.map(line).join('')));
    },
    async cancel() {
      await rows.return(undefined);
    },
  });
}

async function* pagesOf({ store }: Parts, asked: Asked): AsyncGenerator<readonly AuditRow[], undefined> {
  let left = asked.limit ?? Number.POSITIVE_INFINITY;
  let before = asked.before;
  while (left > 0) {
    const limit = Math.min(left, LONGEST_PAGE);
    const rows = await store.audit.list({ ...asked, limit, ...(before !== undefined && { before }) });
    if (rows.length > 0) yield rows;
    if (rows.length < limit) return;
    left -= rows.length;
    before = rows.at(-1)?.seq;
  }
}
