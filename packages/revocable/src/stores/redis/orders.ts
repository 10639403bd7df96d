/** From what is to be taken back to plain cuts: a session takes its children along; "the others" are all but this one and its kin. */
import { type Plane, type Scope, sessionScope } from '../../revocation/index.ts';
import type { SessionRow } from '../../sessions/index.ts';
import type { CutOrder } from '../../store.ts';
import { isLive } from '../session-listing.ts';
import type { Primary } from './primary.ts';
import { scopesOfSession } from './scopes.ts';
import { childrenOf, findSession, lookUp, sessionsKept, sessionsOfUser, userOf } from './sessions.ts';

export type PlainOrder = Extract<CutOrder, { kind: 'finite' | 'forever' }>;

/** Sessions of one user; when one more opens, the longest idle one ends. */
const SESSIONS_PER_USER = 100;

export async function expand(primary: Primary, orders: readonly CutOrder[]): Promise<PlainOrder[]> {
  const plain: PlainOrder[] = [];
  for (const order of orders) {
    if (order.kind === 'session') plain.push(...(await familyOrders(primary, order.session, order.plane)));
    else if (order.kind === 'others') plain.push(...(await otherOrders(primary, order.session)));
    else plain.push(order);
  }
  return plain;
}

/** What ends so that the user stays within the limit. */
export async function roomFor(
  primary: Primary,
  user: { readonly tenant: string; readonly subject: string },
): Promise<PlainOrder[]> {
  if ((await sessionsKept(primary, userOf(user))) < SESSIONS_PER_USER) return [];
  const live = await liveSessionsOf(primary, userOf(user));
  if (live.length < SESSIONS_PER_USER) return [];
  const idlest = live.reduce((a, b) => (b.used < a.used ? b : a));
  return familyOrders(primary, idlest.id, 's');
}

async function familyOrders(primary: Primary, session: string, plane: Plane): Promise<PlainOrder[]> {
  const user = await userOfSession(primary, session);
  const children = await childrenOf(primary, session);
  return [session, ...children].map(id => sessionOrder(id, plane, user));
}

async function userOfSession(primary: Primary, session: string): Promise<Scope | undefined> {
  const found = await findSession(primary, session);
  return found && userOf(found.row);
}

/** Only on plane `s` does a session never come back. */
function sessionOrder(id: string, plane: Plane, user: Scope | undefined): PlainOrder {
  const scope = sessionScope(id);
  if (plane === 's') return { kind: 'forever', scope, plane };
  return { kind: 'finite', scope, plane, ...(user === undefined ? {} : { user }) };
}

/**
 * Children that came to a session between the reading of its family and its cut. A child is named before it is stamped, so after
 * the cut each one is either known or refused.
 */
export async function lateChildren(primary: Primary, cut: readonly PlainOrder[]): Promise<PlainOrder[]> {
  const known = new Set(cut.map(({ scope }) => scope));
  const late: PlainOrder[] = [];
  for (const { scope, plane } of cut.filter(order => order.scope.startsWith('s:'))) {
    const session = scope.slice('s:'.length);
    const children = (await childrenOf(primary, session)).filter(id => !known.has(sessionScope(id)));
    if (children.length === 0) continue;
    const user = await userOfSession(primary, session);
    late.push(...children.map(id => sessionOrder(id, plane, user)));
  }
  return late;
}

async function otherOrders(primary: Primary, session: string): Promise<PlainOrder[]> {
  const row = (await findSession(primary, session))?.row;
  if (row === undefined) return [];
  const user = userOf(row);
  const kept = new Set([row.id, row.parent].filter(id => id !== ''));
  const others = (await liveSessionsOf(primary, user)).filter(
    each => !kept.has(each.id) && !kept.has(each.parent),
  );
  const families: PlainOrder[] = [];
  for (const each of others) families.push(...(await familyOrders(primary, each.id, 's')));
  return [...families, { kind: 'finite', scope: user, plane: 'a', user }];
}

async function liveSessionsOf(primary: Primary, user: Scope): Promise<SessionRow[]> {
  const rows = (await sessionsOfUser(primary, user)).map(({ row }) => row);
  const { now, entryOf } = await lookUp(primary, [...new Set(rows.flatMap(scopesOfSession))]);
  return rows.filter(row => isLive(row, entryOf, now));
}
