/** From what is to be taken back to plain cuts: a session takes its children along; "the others" are all but this one and its kin. */
import { type Plane, type Scope, sessionScope } from '../../revocation/index.ts';
import type { SessionRow } from '../../sessions/index.ts';
import type { CutOrder } from '../../store.ts';
import { isLive } from '../session-listing.ts';
import { scopesOfSession } from '../session-scopes.ts';
import type { Primary } from './primary.ts';
import { childrenOf, findSession, lookUp, sessionsKept, sessionsOfUser, userOf } from './sessions.ts';

export type PlainOrder = Extract<CutOrder, { kind: 'finite' | 'forever' }>;

/** Sessions of one user; when one more opens, the longest idle one ends. */
const SESSIONS_PER_USER = 100;

/** A session that ends with its children. */
interface Family {
  readonly session: string;
  readonly plane: Plane;
}

export interface Expanded {
  readonly orders: readonly PlainOrder[];
  readonly families: readonly Family[];
}

export async function expand(primary: Primary, wanted: readonly CutOrder[]): Promise<Expanded> {
  const orders: PlainOrder[] = [];
  const families: Family[] = [];
  const addFamily = async (session: string, plane: Plane): Promise<void> => {
    families.push({ session, plane });
    orders.push(...(await familyOrders(primary, session, plane)));
  };
  for (const order of wanted) {
    if (order.kind === 'session') await addFamily(order.session, order.plane);
    else if (order.kind !== 'others') orders.push(order);
    else {
      const { sessions, user } = await othersThan(primary, order.session);
      for (const session of sessions) await addFamily(session, 's');
      if (user !== undefined) orders.push({ kind: 'finite', scope: user, plane: 'a', user });
    }
  }
  return { orders, families };
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
export async function lateChildren(primary: Primary, { orders, families }: Expanded): Promise<PlainOrder[]> {
  const known = new Set(orders.map(({ scope, plane }) => `${plane} ${scope}`));
  const late: PlainOrder[] = [];
  for (const { session, plane } of families) {
    const children = (await childrenOf(primary, session)).filter(
      id => !known.has(`${plane} ${sessionScope(id)}`),
    );
    if (children.length === 0) continue;
    const user = await userOfSession(primary, session);
    late.push(...children.map(id => sessionOrder(id, plane, user)));
  }
  return late;
}

async function othersThan(
  primary: Primary,
  session: string,
): Promise<{ readonly sessions: readonly string[]; readonly user: Scope | undefined }> {
  const row = (await findSession(primary, session))?.row;
  if (row === undefined) return { sessions: [], user: undefined };
  const user = userOf(row);
  const kept = new Set([row.id, row.parent].filter(id => id !== ''));
  const live = await liveSessionsOf(primary, user);
  const others = live.filter(each => !kept.has(each.id) && !kept.has(each.parent));
  return { sessions: others.map(({ id }) => id), user };
}

async function liveSessionsOf(primary: Primary, user: Scope): Promise<SessionRow[]> {
  const rows = (await sessionsOfUser(primary, user)).map(({ row }) => row);
  const { now, entryOf } = await lookUp(primary, [...new Set(rows.flatMap(scopesOfSession))]);
  return rows.filter(row => isLive(row, entryOf, now));
}
