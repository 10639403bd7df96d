/** Sessions in Redis: rows in their users' slots, found by a table of whose each session is. */
import type { CutEntry, Scope } from '../../revocation/index.ts';
import { userScope } from '../../revocation/index.ts';
import { endOf, type SessionRow } from '../../sessions/index.ts';
import { KEEP_ENDED_MS } from '../upkeep.ts';
import { LOOK } from './cut-scripts.ts';
import { childrenKey, SESSION_ENDS, SESSION_USERS, userKey } from './keys.ts';
import type { Command } from './line.ts';
import { FIND } from './one-server.ts';
import type { Primary } from './primary.ts';
import { entryFrom, fieldNames, fieldsOf, type PlacedSession, sessionFrom, sessionsFrom } from './rows.ts';
import { run } from './scripts.ts';
import { END, TOUCH } from './session-scripts.ts';

/** Scopes that one question asks for. */
const SCOPES_AT_ONCE = 500;

export const userOf = ({ tenant, subject }: { tenant: string; subject: string }): Scope =>
  userScope(tenant, subject);

export async function findSessions({ line }: Primary, ids: readonly string[]): Promise<PlacedSession[]> {
  if (ids.length === 0) return [];
  const [users] = (await line.send([['HMGET', SESSION_USERS, ...ids]])) as [(string | null)[]];
  const known = ids.flatMap((id, i) => {
    const user = users[i];
    return typeof user === 'string' ? [{ id, user }] : [];
  });
  if (known.length === 0) return [];
  const rows = await Promise.all(
    known.map(({ id, user }) => line.send([['HMGET', userKey(user), ...fieldNames(id)]])),
  );
  return known.flatMap(({ id }, i) => placedSession(id, (rows[i]?.[0] ?? []) as Fields) ?? []);
}

export async function findSession(primary: Primary, id: string): Promise<PlacedSession | undefined> {
  if (await primary.isOneServer()) {
    const [fields] = await run(primary.line, FIND, [SESSION_USERS], { id });
    return placedSession(id, fields as Fields);
  }
  const [found] = await findSessions(primary, [id]);
  return found;
}

type Fields = readonly (string | null)[];

const placedSession = (id: string, [fixed, numbers, claims]: Fields): PlacedSession | undefined =>
  fixed == null ? undefined : sessionFrom(id, fixed, numbers ?? '', claims ?? '');

/** Ids of a session's children, in the order in which they were opened; last, those that are being opened just now. */
export async function childrenOf(primary: Primary, parent: string): Promise<string[]> {
  const [ids] = (await primary.line.send([['SMEMBERS', childrenKey(parent)]])) as [string[]];
  const placed = (await findSessions(primary, ids)).sort((x, y) => x.place - y.place);
  return [...new Set([...placed.map(({ row }) => row.id), ...ids])];
}

/**
 * A child is named before it is stamped: whoever ends its parent afterwards finds it.
 * @param behind over the connection that wrote the name
 * @returns the replies of the commands behind
 */
export async function nameChild(
  { line, waiting }: Primary,
  parent: string,
  id: string,
  behind: readonly Command[] = [],
): Promise<readonly unknown[]> {
  const over = behind.length === 0 ? line : waiting;
  return (await over.send([['SADD', childrenKey(parent), id], ...behind])).slice(1);
}

/** Of a child that was refused. */
export async function unnameChild({ line }: Primary, parent: string, id: string): Promise<void> {
  await line.send([['SREM', childrenKey(parent), id]]);
}

/** The sessions of one user, live or not, in the order in which they were opened. */
export async function sessionsOfUser({ line }: Primary, user: Scope): Promise<PlacedSession[]> {
  const [fields] = (await line.send([['HGETALL', userKey(user)]])) as [string[]];
  return sessionsFrom(fields);
}

/** At least as many as live. */
export async function sessionsKept({ line }: Primary, user: Scope): Promise<number> {
  const [fields] = await line.send([['HLEN', userKey(user)]]);
  return Number(fields) / 3;
}

/** What finds the row is written before it, so that a row that is there is always found. */
export async function putSession({ line }: Primary, session: PlacedSession): Promise<void> {
  const { row } = session;
  const due = String(endOf(row) + KEEP_ENDED_MS);
  await line.send([
    ['HSET', SESSION_USERS, row.id, userOf(row)],
    ['ZADD', SESSION_ENDS, due, row.id],
    ['HSET', userKey(userOf(row)), ...fieldsOf(session)],
  ]);
}

export async function touch(primary: Primary, id: string, now: number): Promise<void> {
  const parent = await findSession(primary, id);
  if (parent !== undefined) await touchRow(primary, parent.row, now);
}

export async function touchRow({ line }: Primary, row: SessionRow, now: number): Promise<void> {
  await run(line, TOUCH, [userKey(userOf(row))], { id: row.id, now });
}

/** The cuts of scopes as they are now, and the store's clock. */
export async function lookUp(
  primary: Primary,
  scopes: readonly Scope[],
): Promise<{ readonly now: number; readonly entryOf: (scope: Scope) => CutEntry | undefined }> {
  const found = new Map<Scope, CutEntry>();
  let now = 0;
  for (let from = 0; from === 0 || from < scopes.length; from += SCOPES_AT_ONCE) {
    const asked = scopes.slice(from, from + SCOPES_AT_ONCE);
    const answer = await primary.step(LOOK, { scopes: asked });
    const kept = answer.rest[0] as readonly string[];
    now = answer.now;
    for (const [i, scope] of asked.entries()) if (kept[i]) found.set(scope, entryFrom(scope, kept[i]));
  }
  return { now, entryOf: scope => found.get(scope) };
}

/** Removes sessions that have been over for long enough, by `time`; at most `limit`. */
export async function purgeSessions(primary: Primary, time: number, limit: number): Promise<number> {
  const { line } = primary;
  const range = ['ZRANGEBYSCORE', SESSION_ENDS, '-inf', String(time), 'LIMIT', '0', String(limit)];
  let removed = 0;
  for (;;) {
    const [ids] = (await line.send([range])) as [string[]];
    if (ids.length === 0 || removed >= limit) return removed;
    for (const id of ids.slice(0, limit - removed)) removed += await endSession(primary, id, time);
  }
}

async function endSession(primary: Primary, id: string, now: number): Promise<number> {
  const { line } = primary;
  const found = await findSession(primary, id);
  const forget = async (row?: SessionRow): Promise<void> => {
    const child = row?.parent ? [['SREM', childrenKey(row.parent), id]] : [];
    await line.send([...child, ['ZREM', SESSION_ENDS, id], ['HDEL', SESSION_USERS, id]]);
  };
  if (found === undefined) {
    await forget();
    return 0;
  }
  const [reply] = await run(line, END, [userKey(userOf(found.row))], { id, now });
  const [status, due] = reply as [string, string?];
  if (status === 'kept' && due !== undefined) await line.send([['ZADD', SESSION_ENDS, due, id]]);
  else await forget(found.row);
  return status === 'removed' ? 1 : 0;
}
