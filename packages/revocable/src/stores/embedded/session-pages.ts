/** Sessions of many users, a page a transaction, so that no listing holds up a login. */
import type { SessionRow } from '../../sessions/index.ts';
import type { SessionFilter } from '../../store.ts';
import { columnText } from './column-text.ts';
import type { Statement, Value } from './engine.ts';
import { sessionFrom } from './sqlite-state.ts';

/** Rows that one page looks at. */
const LOOKED_AT = 250;

/** `next`: where the next page begins; undefined when there is none. */
export interface SessionPage<T> {
  readonly rows: readonly T[];
  readonly next: number | undefined;
}

const COLUMNS = 'number, sid, tenant, subject, client, parent, p, c, at, login, used, idle, expires, data';

/** Pages run in the order in which sessions were opened. */
export function sessionPage<T>(
  sql: (text: string) => Statement,
  page: { readonly filter: SessionFilter; readonly place: number },
  counts: (row: SessionRow) => boolean,
  shape: (row: SessionRow) => T,
): SessionPage<T> {
  const [where, values] = conditionOf(page.filter);
  const found = sql(
    `SELECT ${COLUMNS} FROM sessions WHERE number > ? AND ${where} ORDER BY number LIMIT ?`,
  ).all(page.place, ...values, LOOKED_AT);
  const rows = found
    .map(([, ...session]) => sessionFrom(session))
    .filter(counts)
    .map(shape);
  return { rows, next: found.length < LOOKED_AT ? undefined : Number(found.at(-1)?.[0]) };
}

function conditionOf(filter: SessionFilter): [string, Value[]] {
  switch (filter.kind) {
    case 'everyone':
      return ['true', []];
    case 'tenant':
      return ['tenant = ?', [columnText(filter.tenant)]];
    case 'client':
      return ['client = ?', [columnText(filter.client)]];
    case 'user':
      return ['subject = ? AND tenant = ?', [columnText(filter.subject), columnText(filter.tenant)]];
    case 'session':
      return [
        "(sid = ? OR (parent = ? AND parent <> ''))",
        [columnText(filter.session), columnText(filter.session)],
      ];
  }
}
