/** What the worker does for a store: the atomic steps and everything else that reads or writes rows, by name. */
import {
  type Cursor,
  type CutEntry,
  concernsAccess,
  type Hold,
  type ProbeAnswer,
  type ReplicaReport,
  type Scope,
} from '../../revocation/index.ts';
import type { SessionRow } from '../../sessions/index.ts';
import type {
  Beginning,
  Issued,
  IssueStep,
  KeyRow,
  KeyShelf,
  Refreshed,
  RefreshStep,
  Refused,
  ReplicaRow,
  Revoked,
  RevokeStep,
  SessionFilter,
} from '../../store.ts';
import { type Declared, declare, profileAt } from '../declared.ts';
import { type Counted, isLive } from '../session-listing.ts';
import { beginStep, headOf, issueStep, refreshStep, revokeStep, takeoverStep } from '../steps.ts';
import { signingKid } from '../upkeep.ts';
import { columnText, textOf } from './column-text.ts';
import type { Statement } from './engine.ts';
import { continuedAt, type HealingOperations, healingOperations } from './healing-operations.ts';
import { createPurge, type PurgePlace, type PurgeSlice } from './purge.ts';
import { type RecordOperations, recordOperations } from './record-operations.ts';
import { type SessionPage, sessionPage } from './session-pages.ts';
import { type CutRow, cutOf, type SqliteState } from './sqlite-state.ts';

/**
 * A piece of the log. `end`: where it ends; the head when nothing follows. Undefined where the log cannot be continued from the
 * cursor that was given.
 */
export interface LogPiece {
  readonly owner: string;
  readonly head: number;
  readonly headCursor: Cursor;
  readonly end: number;
  readonly endCursor: Cursor;
  readonly rows: readonly CutRow[];
}

/** What followers watch: where the log ends, and which keys sign. */
export interface Watched {
  readonly owner: string;
  readonly head: number;
  readonly cursor: Cursor;
  readonly signing: string | undefined;
}

/** Each takes its arguments and the store's time, and runs inside one transaction. */
export interface Operations extends RecordOperations, HealingOperations {
  begin(args: undefined, now: number): Beginning | Refused;
  issue(step: IssueStep, now: number): Issued | Refused;
  refresh(step: RefreshStep, now: number): Refreshed | Refused;
  revoke(step: RevokeStep, now: number): Revoked | Refused;
  takeover(caller: number, now: number): { readonly tookOver: boolean };
  session(id: string, now: number): SessionRow | undefined;
  liveSessions(page: { filter: SessionFilter; place: number }, now: number): SessionPage<SessionRow>;
  countedSessions(page: { filter: SessionFilter; place: number }, now: number): SessionPage<Counted>;
  cuts(args: undefined, now: number): number;
  keys(args: undefined, now: number): KeyShelf;
  putKeys(args: { revision: number; rows: readonly KeyRow[] }, now: number): boolean;
  declared(args: undefined, now: number): Declared | undefined;
  declare(profile: Declared['profile'], now: number): void;
  /** What follows a number, whatever was there. */
  log(args: { after: number; limit: number; hold: Hold }, now: number): LogPiece;
  /** What follows a cursor; undefined where this is not the log that it stands in. */
  logBehind(args: { after: Cursor; limit: number; hold: Hold }, now: number): LogPiece | undefined;
  probe(report: ReplicaReport, now: number): ProbeAnswer;
  report(report: ReplicaReport, now: number): ProbeAnswer;
  replicas(args: undefined, now: number): ReplicaRow[];
  purge(args: { place: PurgePlace; caller: number; limit: number }, now: number): PurgeSlice;
  /** Whether keys or sessions were made under a root secret. */
  needsItsSecret(args: undefined, now: number): boolean;
  watched(args: undefined, now: number): Watched;
}

export type OperationName = keyof Operations;

/** Those that write nothing: a batch of them alone takes no lock. */
export const READS: ReadonlySet<OperationName> = new Set<OperationName>([
  ...([
    'begin',
    'session',
    'liveSessions',
    'countedSessions',
    'cuts',
    'keys',
    'declared',
    'log',
    'logBehind',
    'probe',
    'unproved',
    'offers',
    'continues',
  ] as const),
  ...(['replicas', 'needsItsSecret', 'watched', 'recordGet', 'recordList', 'auditList'] as const),
]);

type Sql = (text: string) => Statement;

export function createOperations(sql: Sql, state: SqliteState): Operations {
  return {
    begin: (_, now) => beginStep(state, now),
    issue: (step, now) => issueStep(state, step, now),
    refresh: (step, now) => refreshStep(state, step, now),
    revoke: (step, now) => revokeStep(state, step, now),
    takeover: (caller, now) => takeoverStep(state, caller, now),
    session: id => state.session(id),
    liveSessions: (page, now) => sessionPage(sql, page, liveAt(state, now), row => row),
    countedSessions: (page, now) =>
      sessionPage(sql, page, liveAt(state, now), ({ id, parent, tenant, subject }) => ({
        id,
        parent,
        tenant,
        subject,
      })),
    cuts: () => Number(sql('SELECT count(*) FROM cuts').get()?.[0]),
    ...healingOperations(sql, state),
    ...shelfOperations(sql),
    ...feedOperations(sql, state),
    ...recordOperations(sql),
    purge: createPurge(sql),
    needsItsSecret: () =>
      sql('SELECT 1 FROM keys UNION ALL SELECT 1 FROM sessions LIMIT 1').get() !== undefined,
  };
}

/** Whether a session lives; what is asked of one scope is remembered for the next session. */
function liveAt(state: SqliteState, now: number): (row: SessionRow) => boolean {
  const asked = new Map<Scope, CutEntry | undefined>();
  const entryOf = (scope: Scope): CutEntry | undefined => {
    if (!asked.has(scope)) asked.set(scope, state.entry(scope));
    return asked.get(scope);
  };
  return row => isLive(row, entryOf, now);
}

function shelfOperations(sql: Sql): Pick<Operations, 'keys' | 'putKeys' | 'declared' | 'declare'> {
  const declared = (): Declared | undefined => {
    const text = declaredText(sql);
    return text === undefined ? undefined : JSON.parse(text);
  };
  return {
    keys: () => ({ revision: Number(sql('SELECT revision FROM ledger').get()?.[0]), rows: keyRows(sql) }),
    putKeys({ revision, rows }) {
      const put = sql('UPDATE ledger SET revision = ? WHERE revision = ?');
      if (put.run(revision + 1, revision).changes === 0) return false;
      sql('DELETE FROM keys').run();
      for (const [place, row] of rows.entries()) insertKey(sql, row, place);
      return true;
    },
    declared,
    declare(profile, now) {
      const text = JSON.stringify(declare(declared(), profile, now));
      if (text !== declaredText(sql)) sql('UPDATE ledger SET declared = ?').run(text);
    },
  };
}

function declaredText(sql: Sql): string | undefined {
  const text = sql('SELECT declared FROM ledger').get()?.[0];
  return typeof text === 'string' ? text : undefined;
}

function keyRows(sql: Sql): KeyRow[] {
  const columns = 'kid, alg, state, sealed, public, created, activated, retired';
  return sql(`SELECT ${columns} FROM keys ORDER BY place`)
    .all()
    .map(([kid, alg, state, sealed, publicJwk, created, activated, retired]) => ({
      kid: String(kid),
      alg: String(alg),
      state: state as KeyRow['state'],
      sealed: String(sealed),
      publicJwk: String(publicJwk),
      createdAt: Number(created),
      ...(activated === null ? {} : { activatedAt: Number(activated) }),
      ...(retired === null ? {} : { retiredAt: Number(retired) }),
    }));
}

function insertKey(sql: Sql, row: KeyRow, place: number): void {
  const texts = [row.kid, row.alg, row.state, row.sealed, row.publicJwk];
  sql(
    `INSERT INTO keys(place, kid, alg, state, sealed, public, created, activated, retired)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(place, ...texts, row.createdAt, row.activatedAt ?? null, row.retiredAt ?? null);
}

function feedOperations(
  sql: Sql,
  state: SqliteState,
): Pick<Operations, 'log' | 'logBehind' | 'probe' | 'report' | 'replicas' | 'watched'> {
  const probe = (now: number): ProbeAnswer => ({ now, head: headOf(state.ledger()) });
  const log: Operations['log'] = ({ after, limit, hold }, now) => {
    const ledger = state.ledger();
    const { owner, head } = ledger;
    const found = state.cutsAfter(after, limit);
    const end = found.length < limit ? head : (found.at(-1)?.[0] ?? head);
    const tag = end === head ? ledger.tag : (state.tagAt(end) ?? '');
    const text = hold === 'access' ? declaredText(sql) : undefined;
    const rows = text === undefined ? found : forAccess(found, JSON.parse(text), now);
    return {
      owner,
      head,
      headCursor: headOf(ledger),
      end,
      endCursor: headOf({ owner, head: end, tag }),
      rows,
    };
  };
  return {
    log,
    logBehind({ after, limit, hold }, now) {
      const position = continuedAt(state, after);
      return position === undefined ? undefined : log({ after: position, limit, hold }, now);
    },
    probe: (_, now) => probe(now),
    report(report, now) {
      putReplica(sql, report, now);
      return probe(now);
    },
    replicas: () =>
      sql('SELECT name, applied, seen, staleness, policy, before FROM replicas').all().map(replicaFrom),
    watched() {
      const ledger = state.ledger();
      const { owner, head } = ledger;
      return { owner, head, cursor: headOf(ledger), signing: signingKid(keyRows(sql)) };
    },
  };
}

function forAccess(rows: readonly CutRow[], declared: Declared, now: number): CutRow[] {
  const { accessMaxMs, leewayMs } = profileAt(declared, now);
  return rows.filter(row => concernsAccess(cutOf(row), now, accessMaxMs + leewayMs));
}

function putReplica(sql: Sql, report: ReplicaReport, now: number): void {
  const { name, applied, maxStalenessMs, whenStale, before } = report;
  const values = [applied ?? null, now, maxStalenessMs, whenStale, before ?? null];
  sql(
    'INSERT OR REPLACE INTO replicas(name, applied, seen, staleness, policy, before) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(columnText(name ?? ''), ...values);
}

function replicaFrom([name, applied, seen, staleness, policy, before]: readonly unknown[]): ReplicaRow {
  return {
    name: textOf(name),
    applied: applied === null ? undefined : String(applied),
    seenAt: Number(seen),
    maxStalenessMs: Number(staleness),
    whenStale: policy as ReplicaRow['whenStale'],
    ...(before !== null && { before: String(before) }),
  };
}
