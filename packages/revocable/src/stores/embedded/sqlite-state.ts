/** What the atomic steps read and write, as rows inside the transaction at hand. */
import { randomId, systemRandom } from '../../random.ts';
import {
  type CutEntry,
  INFINITE,
  isLost,
  type Ledger,
  type Prover,
  proofText,
  type Scope,
} from '../../revocation/index.ts';
import type { SessionRow } from '../../sessions/index.ts';
import type { StepState } from '../state.ts';
import { columnText, textOf } from './column-text.ts';
import type { Database, Row, Statement, Value } from './engine.ts';

const CUT = 'number, scope, at, expires, a, r, s, mac';
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
  mac: string,
];

export function cutOf([number, scope, at, expires, a, r, s, mac]: CutRow): CutEntry {
  return { scope, number, at, expires, a, r, s, mac };
}

/** The log can be continued from as far back as this, and ten minutes. */
const TAGS_KEPT = 100_000;
const TAGS_KEPT_MS = 600_000;
/** How many entries apart the tags are shortened. */
const SHORTENED_EVERY = 1000;

/** A `StepState` that knows when its transaction begins and ends. */
export interface SqliteState extends StepState {
  /** Forgets what was read in an earlier transaction, or was rolled back. */
  reset(): void;
  /** Writes what was kept back; before the commit. */
  flush(): void;
  /** What was kept back until now; calling it undoes what came after, as a rollback to a savepoint does with the rows. */
  mark(): () => void;
  cutsAfter(number: number, limit: number): CutRow[];
  unproved(limit: number): CutRow[];
  proveWith(prover: Prover): void;
  /** Undefined for what the log no longer holds. */
  tagAt(number: number): string | undefined;
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
  let prover: Prover | undefined;
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
    proveWith(given) {
      prover = given;
    },
    proofOf: entry => (prover === undefined ? '' : proofText(entry, prover)),
    newTag: () => randomId(systemRandom),
    newServer: () => randomId(systemRandom),
    entry: scope => cutFrom(sql(`SELECT ${CUT} FROM cuts WHERE scope = ?`).get(columnText(scope))),
    putEntry(entry) {
      putCut(sql, entry);
      putTag(sql, entry, ledger?.tag ?? '');
    },
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
    unproved: limit => sql(`SELECT ${CUT} FROM cuts WHERE mac = '' LIMIT ?`).all(limit).map(cutRow),
    tagAt(number) {
      const tag = sql('SELECT tag FROM tags WHERE number = ?').get(number)?.[0];
      return tag === undefined ? undefined : String(tag);
    },
  };
}

type Sql = (text: string) => Statement;

/** Here the server is whoever owns, but where the past is lost: a row that was committed is lost only by a restore, which sets another owner. */
function readLedger(sql: Sql): Ledger {
  const row = sql('SELECT owner, floor, top, head, tag, first, lost, since FROM ledger').get() ?? [];
  const [owner, floor, top, head, tag, first, lost, since] = row;
  const numbers = { floor: Number(floor), top: Number(top), head: Number(head), since: Number(since) };
  const server = lost === 1 ? '' : String(owner);
  return { ...numbers, server, owner: String(owner), tag: String(tag), isFirst: first === 1 };
}

function writeLedger(sql: Sql, ledger: Ledger): void {
  const { owner, floor, top, head, tag, since, isFirst } = ledger;
  const flags = [isFirst ? 1 : 0, isLost(ledger) ? 1 : 0];
  sql(
    'UPDATE ledger SET owner = ?, floor = ?, top = ?, head = ?, tag = ?, since = ?, first = ?, lost = ?',
  ).run(...[owner, floor, top, head, tag, since, ...flags]);
}

function cutRow([number, scope, at, expires, a, r, s, mac]: Row): CutRow {
  const numbers = [Number(at), Number(expires), Number(a), Number(r), Number(s)] as const;
  return [Number(number), textOf(scope), ...numbers, String(mac)];
}

function cutFrom(row: Row | undefined): CutEntry | undefined {
  return row && cutOf(cutRow(row));
}

/** A cut that changes moves to the end of the log: the newest row of a scope is its whole history. */
function putCut(sql: Sql, { scope, number, at, expires, a, r, s, mac }: CutEntry): void {
  const values = [number, columnText(scope), at, expires, a, r, s, mac];
  sql(`INSERT OR REPLACE INTO cuts(${CUT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`).run(...values);
}

/** `at` of the entry will do as the time of writing: what is given back is older, and its tags go sooner at worst. */
function putTag(sql: Sql, { number, at }: CutEntry, tag: string): void {
  sql('INSERT OR REPLACE INTO tags(number, tag, at) VALUES (?, ?, ?)').run(number, tag, at);
  if (number % SHORTENED_EVERY !== 0) return;
  sql('DELETE FROM tags WHERE number <= ? AND at <= ?').run(number - TAGS_KEPT, at - TAGS_KEPT_MS);
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
  const [device, address, salt, created, graceMs, policy, audience, scope, claims, jkt] = JSON.parse(
    String(data),
  );
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
    ...(jkt !== undefined && { jkt }),
  };
}

function putSession(sql: Sql, row: SessionRow): void {
  const { device, address, salt, created, graceMs, policy, audience, scope, claims, jkt } = row;
  const kept = [device, address, salt, created, graceMs, policy, audience, scope, claims];
  const data = JSON.stringify(jkt === undefined ? kept : [...kept, jkt]);
  const names = [row.id, row.tenant, row.subject, row.client, row.parent].map(columnText);
  const numbers = [row.p, row.c, row.at, row.login, row.used, row.idleMs, row.expires];
  sql(
    `INSERT INTO sessions(${SESSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT(sid) DO UPDATE SET p = excluded.p, c = excluded.c, at = excluded.at, used = excluded.used,
     idle = excluded.idle, expires = excluded.expires, data = excluded.data`,
  ).run(...names, ...numbers, data);
}
