/** Which sessions a filter names, which of them live, and how many logins and people they are. */
import type { CutEntry, Scope } from '../revocation/index.ts';
import { endOf, type SessionRow } from '../sessions/index.ts';
import type { SessionCount, SessionFilter } from '../store.ts';
import { refusalOfSession } from './steps.ts';

/** How many sessions a listing gives unless told otherwise. */
export const LISTED = 1000;

/** A session's children belong to it. */
export function isNamedBy(filter: SessionFilter, row: SessionRow): boolean {
  switch (filter.kind) {
    case 'everyone':
      return true;
    case 'tenant':
      return row.tenant === filter.tenant;
    case 'client':
      return row.client === filter.client;
    case 'user':
      return row.tenant === filter.tenant && row.subject === filter.subject;
    case 'session':
      return row.id === filter.session || row.parent === filter.session;
  }
}

/** Neither over nor cut off. */
export function isLive(
  row: SessionRow,
  entryOf: (scope: Scope) => CutEntry | undefined,
  now: number,
): boolean {
  return endOf(row) > now && refusalOfSession(row, entryOf) === undefined;
}

/** Newest use first. */
export function newestFirst(rows: readonly SessionRow[], limit: number = LISTED): SessionRow[] {
  return rows
    .toSorted((x, y) => y.used - x.used || y.login - x.login || (x.id < y.id ? -1 : 1))
    .slice(0, limit);
}

/** The order in which a tally counts. */
export function byUser(x: SessionRow, y: SessionRow): number {
  if (x.tenant !== y.tenant) return x.tenant < y.tenant ? -1 : 1;
  if (x.subject !== y.subject) return x.subject < y.subject ? -1 : 1;
  return 0;
}

/** What is counted of a session. */
export type Counted = Pick<SessionRow, 'id' | 'parent' | 'tenant' | 'subject'>;

/** Counts sessions that come user by user. A device is one login: its sessions of other clients are children. */
export function createTally(): { add(rows: readonly Counted[]): void; readonly count: SessionCount } {
  const count = { sessions: 0, devices: 0, subjects: 0 };
  let user: Counted | undefined;
  let logins = new Set<string>();
  return {
    count,
    add(rows) {
      for (const row of rows) {
        if (row.tenant !== user?.tenant || row.subject !== user.subject) {
          logins = new Set();
          count.subjects += 1;
        }
        user = row;
        count.sessions += 1;
        if (!logins.has(row.parent || row.id)) count.devices += 1;
        logins.add(row.parent || row.id);
      }
    },
  };
}
