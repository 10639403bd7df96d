/** What the atomic steps read and write, as rows inside the transaction at hand. */
import { type CutEntry, INFINITE, type Ledger, type Scope } from '../../revocation/index.ts';
import type { SessionRow } from '../../sessions/index.ts';
import type { StepState } from '../state.ts';
import { columnText, textOf } from './column-text.ts';
import type { Database, Row, Statement, Value } from './engine.ts';

const CUT = 'number, scope, at, expires, a, r, s';
const SESSION = 'sid, tenant, subject, client, parent, p, c, at, login, used, idle, expires, data';

/** A cut as it crosses threads: arrays are cloned several times faster than objects. */
export type CutRow = readonly [
  number: number,
  scope: Scope,
  at: number,
  expires: number,
  a: number,
  r: number,
  s: number,
];

export function cutOf([number, scope, at, expires, a, r, s]: CutRow): CutEntry {
  return { scope, number, at, expires, a, r, s };
}

/** A `StepState` that knows when its transaction begins and ends. */
export interface SqliteState extends StepState {
  /** Forgets what was read in an earlier transaction, or was rolled back. */
  reset(): void;
  /** Writes what was kept back; before the commit. */
  flush(): void;
  /** What was kept back until now; calling it undoes what came after, as a rollback to a savepoint does with the rows. */
  mark(): () => void;
  cutsAfter(number: number, limit: number): CutRow[];
}

/** A statement made once and answering arrays. */
export function prepared(database: Database): (sql: string) => Statement {
  const statements = new Map<string, Statement>();
  return sql => {
    const found = statements.get(sql);
    if (found !== undefined) return found;
    const made = database.prepare(sql);
    made.setReturnArrays(true);
    statements.set(sql, made);
    return made;
  };
}

export function createSqliteState(sql: (text: string) => Statement): SqliteState {
  let ledger: Ledger | undefined;
  let isWritten = true;
  const sessions = (where: string, ...values: Value[]): SessionRow[] =>
    sql(`SELECT ${SESSION} FROM sessions WHERE ${where}`)
      .all(...values)
      .map(sessionFrom);
  return {
    reset() {
      ledger = undefined;
      isWritten = true;
    },
    flush() {
      if (ledger !== undefined && !isWritten) writeLedger(sql, ledger);
      isWritten = true;
    },
    mark() {
      const before = { ledger, isWritten };
      return () => {
        ({ ledger, isWritten } = before);
      };
    },
    ledger() {
      ledger ??= readLedger(sql);
      return ledger;
    },
    setLedger(next) {
      ledger = next;
      isWritten = false;
    },
    entry: scope => cutFrom(sql(`SELECT ${CUT} FROM cuts WHERE scope = ?`).get(columnText(scope))),
    putEntry: entry => putCut(sql, entry),
    newestCut: () => newestCut(sql),
    last: user => lastOf(sql, user),
    setLast: (user, last, expires) =>
      void sql('INSERT OR REPLACE INTO stamps(scope, last, expires) VALUES (?, ?, ?)').run(
        columnText(user),
        last,
        expires,
      ),
    session: id => sessions('sid = ?', columnText(id))[0],
    putSession: row => putSession(sql, row),
    sessionsOf: (tenant, subject) =>
      sessions('subject = ? AND tenant = ?', columnText(subject), columnText(tenant)),
    childrenOf: parent => sessions("parent = ? AND parent <> ''", columnText(parent)),
    cutsAfter: (number, limit) =>
      sql(`SELECT ${CUT} FROM cuts WHERE number > ? ORDER BY number LIMIT ?`).all(number, limit).map(cutRow),
  };
}

type Sql = (text: string) => Statement;

/** Here the server is whoever owns: a row that was committed is lost only by a restore, which sets another owner. */
function readLedger(sql: Sql): Ledger {
  const [owner, floor, top, head] = sql('SELECT owner, floor, top, head FROM ledger').get() ?? [];
  const server = String(owner);
  return { server, owner: server, floor: Number(floor), top: Number(top), head: Number(head) };
}

function writeLedger(sql: Sql, { floor, top, head }: Ledger): void {
  sql('UPDATE ledger SET floor = ?, top = ?, head = ?').run(floor, top, head);
}

function cutRow([number, scope, at, expires, a, r, s]: Row): CutRow {
  return [Number(number), textOf(scope), Number(at), Number(expires), Number(a), Number(r), Number(s)];
}

function cutFrom(row: Row | undefined): CutEntry | undefined {
  return row && cutOf(cutRow(row));
}

/** A cut that changes moves to the end of the log: the newest row of a scope is its whole history. */
function putCut(sql: Sql, { scope, number, at, expires, a, r, s }: CutEntry): void {
  const values = [number, columnText(scope), at, expires, a, r, s];
  sql(`INSERT OR REPLACE INTO cuts(${CUT}) VALUES (?, ?, ?, ?, ?, ?, ?)`).run(...values);
}

function newestCut(sql: Sql): number {
  const planes = ['a', 'r', 's'].map(plane => sql(`SELECT max(${plane}) FROM cuts WHERE ${plane} < ?`));
  return Math.max(...planes.map(plane => Number(plane.get(INFINITE)?.[0] ?? 0)));
}

function lastOf(sql: Sql, user: Scope): number | undefined {
  const row = sql('SELECT last FROM stamps WHERE scope = ?').get(columnText(user));
  return row === undefined ? undefined : Number(row[0]);
}

export function sessionFrom(row: Row): SessionRow {
  const [sid, tenant, subject, client, parent, p, c, at, login, used, idleMs, expires, data] = row;
  const [device, address, salt, created, graceMs, policy, audience, scope, claims] = JSON.parse(String(data));
  return {
    id: textOf(sid),
    tenant: textOf(tenant),
    subject: textOf(subject),
    client: textOf(client),
    device,
    address,
    salt,
    login: Number(login),
    created,
    used: Number(used),
    parent: textOf(parent),
    expires: Number(expires),
    idleMs: Number(idleMs),
    graceMs,
    policy,
    audience,
    scope,
    claims,
    p: Number(p),
    c: Number(c),
    at: Number(at),
  };
}

function putSession(sql: Sql, row: SessionRow): void {
  const { device, address, salt, created, graceMs, policy, audience, scope, claims } = row;
  const data = JSON.stringify([device, address, salt, created, graceMs, policy, audience, scope, claims]);
  const names = [row.id, row.tenant, row.subject, row.client, row.parent].map(columnText);
  const numbers = [row.p, row.c, row.at, row.login, row.used, row.idleMs, row.expires];
  sql(
    `INSERT INTO sessions(${SESSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT(sid) DO UPDATE SET p = excluded.p, c = excluded.c, at = excluded.at, used = excluded.used,
     idle = excluded.idle, expires = excluded.expires, data = excluded.data`,
  ).run(...names, ...numbers, data);
}
