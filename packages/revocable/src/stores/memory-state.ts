/** The tables of the memory store, and drafts of them: a step that throws leaves no trace. */
import { type Random, randomId } from '../random.ts';
import {
  type CutEntry,
  type Ledger,
  newestFinite,
  type Prover,
  proofText,
  type Scope,
  userScope,
} from '../revocation/index.ts';
import type { SessionRow } from '../sessions/index.ts';
import type { StepState } from './state.ts';

export interface MemoryTables {
  ledger: Ledger;
  /** The log: an entry that changes moves to the end, so the order is that of the numbers. */
  readonly cuts: Map<Scope, CutEntry>;
  /** Tags of the log, by number; the newest ones. */
  readonly tags: Map<number, string>;
  readonly random: Random;
  /** Where an authority has given it. */
  prover: Prover | undefined;
  readonly stamps: Map<Scope, UserStamp>;
  readonly sessions: Map<string, SessionRow>;
  readonly byUser: Map<Scope, Set<string>>;
  readonly byParent: Map<string, Set<string>>;
}

interface UserStamp {
  readonly last: number;
  readonly expires: number;
}

/** What a step wrote, not yet in the tables. */
interface Written {
  ledger: Ledger | undefined;
  readonly cuts: Map<Scope, CutEntry>;
  readonly tags: Map<number, string>;
  readonly stamps: Map<Scope, UserStamp>;
  readonly sessions: Map<string, SessionRow>;
}

/** Cursors are taken up as far back as this many entries; from further back a snapshot serves. */
const TAGS_KEPT = 100_000;

/** Tables with nothing in them: a first start, which nobody remembers otherwise, opens itself. */
export function createMemoryTables(random: Random): MemoryTables {
  const server = randomId(random);
  return {
    ledger: { server, owner: server, isFirst: true, since: 0, floor: 0, top: 0, head: 0, tag: '' },
    cuts: new Map(),
    tags: new Map(),
    random,
    prover: undefined,
    stamps: new Map(),
    sessions: new Map(),
    byUser: new Map(),
    byParent: new Map(),
  };
}

/** Runs a step on a draft of the tables, then writes it all at once. Returns the reply and what was appended to the log. */
export function runAtomically<T>(
  tables: MemoryTables,
  step: (state: StepState) => T,
): { readonly reply: T; readonly appended: readonly CutEntry[] } {
  const written: Written = {
    ledger: undefined,
    cuts: new Map(),
    tags: new Map(),
    stamps: new Map(),
    sessions: new Map(),
  };
  const reply = step(draftOf(tables, written));
  commit(tables, written);
  return { reply, appended: [...written.cuts.values()] };
}

export function removeSession(tables: MemoryTables, row: SessionRow): void {
  tables.sessions.delete(row.id);
  drop(tables.byUser, userScope(row.tenant, row.subject), row.id);
  drop(tables.byParent, row.parent, row.id);
}

function draftOf(tables: MemoryTables, written: Written): StepState {
  const session = (id: string): SessionRow | undefined => written.sessions.get(id) ?? tables.sessions.get(id);
  const rowsOf = (ids: Iterable<string>, belongs: (row: SessionRow) => boolean): SessionRow[] =>
    [...new Set([...ids, ...written.sessions.keys()])]
      .map(session)
      .filter(row => row !== undefined)
      .filter(belongs);
  return {
    ledger: () => written.ledger ?? tables.ledger,
    setLedger(ledger) {
      written.ledger = ledger;
    },
    entry: scope => written.cuts.get(scope) ?? tables.cuts.get(scope),
    proofOf: entry => (tables.prover === undefined ? '' : proofText(entry, tables.prover)),
    newTag: () => randomId(tables.random),
    newServer: () => randomId(tables.random),
    putEntry(entry) {
      put(written.cuts, entry.scope, entry);
      written.tags.set(entry.number, (written.ledger ?? tables.ledger).tag);
    },
    newestCut: () => newestFinite([...tables.cuts.values(), ...written.cuts.values()]),
    last: user => (written.stamps.get(user) ?? tables.stamps.get(user))?.last,
    setLast: (user, last, expires) => put(written.stamps, user, { last, expires }),
    session,
    putSession: row => put(written.sessions, row.id, row),
    sessionsOf: (tenant, subject) =>
      rowsOf(
        tables.byUser.get(userScope(tenant, subject)) ?? [],
        r => r.tenant === tenant && r.subject === subject,
      ),
    childrenOf: parent => rowsOf(tables.byParent.get(parent) ?? [], row => row.parent === parent),
  };
}

function commit(tables: MemoryTables, written: Written): void {
  if (written.ledger !== undefined) tables.ledger = written.ledger;
  for (const [scope, entry] of written.cuts) put(tables.cuts, scope, entry);
  for (const [number, tag] of written.tags) {
    tables.tags.set(number, tag);
    tables.tags.delete(number - TAGS_KEPT);
  }
  for (const [user, stamp] of written.stamps) tables.stamps.set(user, stamp);
  for (const [id, row] of written.sessions) {
    tables.sessions.set(id, row);
    add(tables.byUser, userScope(row.tenant, row.subject), id);
    if (row.parent !== '') add(tables.byParent, row.parent, id);
  }
}

/** Sets it last: a `Map` keeps the place of a key that it has. */
function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
}

function add(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, new Set([id]));
  else ids.add(id);
}

function drop(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(key);
}
