/** The atomic steps, written once over a `StepState`; whoever calls them makes them atomic. */

import {
  type Cursor,
  type CutEntry,
  clocksAgree,
  cursorOf,
  finiteCut,
  INFINITE,
  isLost,
  isOpen,
  isOutdated,
  issueStamp,
  type Ledger,
  type Lifetimes,
  type Moment,
  type Plane,
  type Refusal,
  raise,
  remembered,
  retainUntil,
  type Scope,
  sessionScope,
  stepTime,
  takeover,
  userScope,
} from '../revocation/index.ts';
import { endOf, rotate, type SessionRow } from '../sessions/index.ts';
import type {
  Beginning,
  CutOrder,
  Issued,
  IssueStep,
  Refreshed,
  RefreshStep,
  Refused,
  Revoked,
  RevokeStep,
} from '../store.ts';
import { openSession } from './session-opening.ts';
import { refusalOfLogin, scopesOf, scopesOfSession } from './session-scopes.ts';
import type { StepState } from './state.ts';

/** Sessions of one user; when one more opens, the longest idle one ends. */
const SESSIONS_PER_USER = 100;

export function beginStep(state: StepState, storeNow: number): Beginning | Refused {
  const ledger = state.ledger();
  if (!isOpen(ledger)) return closed(ledger);
  return { owner: ledger.owner, head: ledger.head, now: storeNow, since: ledger.since };
}

/** Gives a stamp, and opens a session where one is asked for. */
export function issueStep(state: StepState, step: IssueStep, storeNow: number): Issued | Refused {
  const moment = { store: storeNow, caller: step.caller };
  const scopes = scopesOf(step.tenant, step.subject, step.client, step.session?.parent);
  const applying = entriesOf(state, scopes);
  const refused = refusedStep(state, moment, step.begun, applying) ?? refusedParent(state, step, storeNow);
  if (refused !== undefined) return refused;

  const { now, stamp } = giveStamp(state, moment, step, applying);
  const parent = step.session?.parent ? state.session(step.session.parent) : undefined;
  const login = parent?.login ?? stamp;
  if (step.session === undefined) return { now, stamp, login: stamp };
  const wrote = makeRoom(state, step, moment);
  const session = openSession(step.session, now, login, parent);
  state.putSession(session);
  touchParent(state, session, storeNow);
  return { now, stamp, login, session, wrote };
}

/** Cuts first, then consume. */
export function refreshStep(state: StepState, step: RefreshStep, storeNow: number): Refreshed | Refused {
  const row = state.session(step.session);
  if (row === undefined) return { refused: 'gone' };
  const moment = { store: storeNow, caller: step.caller };
  const proved = step.provedBy === undefined ? [] : [step.provedBy];
  const applying = entriesOf(state, [...scopesOfSession(row), ...proved]);
  const refused =
    refusedStep(state, moment, step.begun, applying) ?? refusedSession(state, row, storeNow, proved);
  if (refused !== undefined) return refused;

  const rotation = rotate(row, step.generation, storeNow, row.graceMs, row.policy);
  if (rotation.verdict === 'reused')
    return { refused: 'reused', wrote: endFamily(state, row, moment, step.lives) };
  const { now, stamp } = giveStamp(
    state,
    moment,
    { ...step, tenant: row.tenant, subject: row.subject },
    applying,
  );
  const session = { ...row, ...rotation.next, used: storeNow, claims: step.claims ?? row.claims };
  state.putSession(session);
  touchParent(state, row, storeNow);
  return { now, stamp, verdict: rotation.verdict, session };
}

export function revokeStep(state: StepState, step: RevokeStep, storeNow: number): Revoked | Refused {
  if (!isOpen(state.ledger())) return closed(state.ledger());
  const moment = { store: storeNow, caller: step.caller };
  const orders = step.orders.flatMap(order => expand(state, order, storeNow));
  const wrote = orders.map(order => cut(state, order, moment, step.lives));
  const ledger = state.ledger();
  return {
    cutoff: wrote.reduce((highest, entry, i) => Math.max(highest, entry[orders[i]?.plane ?? 's']), 0),
    cursor: headOf(ledger),
    wrote,
    ended: orders.filter(order => order.kind === 'forever' && order.scope.startsWith('s:')).length,
  };
}

export function takeoverStep(
  state: StepState,
  caller: number,
  storeNow: number,
): { readonly tookOver: boolean } {
  const ledger = state.ledger();
  if (isOpen(ledger)) return { tookOver: false };
  const server = isLost(ledger) ? state.newServer() : ledger.server;
  const now = Math.max(storeNow, caller);
  state.setLedger({ ...takeover(ledger, state.newestCut(), now, server), since: storeNow });
  return { tookOver: true };
}

export function rememberStep(state: StepState, owner: string): { readonly lost: boolean } {
  const ledger = remembered(state.ledger(), owner);
  state.setLedger(ledger);
  return { lost: isLost(ledger) };
}

export function put(state: StepState, { entry, ledger }: ReturnType<typeof raise>): CutEntry {
  const proved = entry.mac === '' ? { ...entry, mac: state.proofOf(entry) } : entry;
  state.setLedger(ledger);
  state.putEntry(proved);
  return proved;
}

/** The cursor at the end of a log. */
export const headOf = ({ owner, head, tag }: Pick<Ledger, 'owner' | 'head' | 'tag'>): Cursor =>
  cursorOf(owner, head, tag);

const closed = (ledger: Ledger): Refused =>
  isLost(ledger) ? { refused: 'closed', lost: true } : { refused: 'closed' };

/** The refusal of a session's refresh tokens by the cuts in the store. */
export const refusalOfSession = (
  row: SessionRow,
  entryOf: (scope: Scope) => CutEntry | undefined,
): Refusal | undefined => refusalOfLogin(row.login, scopesOfSession(row), entryOf);

function entriesOf(state: StepState, scopes: readonly Scope[]): CutEntry[] {
  return scopes.map(scope => state.entry(scope)).filter(entry => entry !== undefined);
}

function refusedStep(
  state: StepState,
  moment: Moment,
  begun: RefreshStep['begun'],
  applying: readonly CutEntry[],
): Refused | undefined {
  const ledger = state.ledger();
  if (!isOpen(ledger)) return closed(ledger);
  if (!clocksAgree(moment)) return { refused: 'clocks' };
  const isLate = begun !== undefined && isOutdated(begun, ledger, applying);
  return isLate ? { refused: 'outdated' } : undefined;
}

function refusedSession(
  state: StepState,
  row: SessionRow,
  storeNow: number,
  more: readonly Scope[] = [],
): Refused | undefined {
  const refusal = refusalOfLogin(row.login, [...scopesOfSession(row), ...more], scope => state.entry(scope));
  if (refusal !== undefined) return { refused: 'revoked', refusal };
  return endOf(row) <= storeNow ? { refused: 'expired' } : undefined;
}

function refusedParent(state: StepState, step: IssueStep, storeNow: number): Refused | undefined {
  if (!step.session?.parent) return undefined;
  const parent = state.session(step.session.parent);
  if (parent === undefined) return { refused: 'gone' };
  // A child inherits the stamp of the login: what refuses that one in the child's scopes would refuse the child from the start.
  const { tenant, subject, client } = step;
  return refusedSession(state, parent, storeNow, scopesOf(tenant, subject, client, parent.id));
}

function giveStamp(
  state: StepState,
  moment: Moment,
  step: { readonly tenant: string; readonly subject: string; readonly lives: Lifetimes },
  applying: readonly CutEntry[],
): { readonly now: number; readonly stamp: number } {
  const user = userScope(step.tenant, step.subject);
  const now = stepTime(state.ledger(), moment);
  const given = issueStamp(state.ledger(), state.last(user), applying, now);
  state.setLedger(given.ledger);
  state.setLast(user, given.last, moment.store + step.lives.refreshMs + step.lives.leewayMs);
  return { now, stamp: given.stamp };
}

/** A child's use, its opening too, counts as its parent's, which does not come back once it is over. */
function touchParent(state: StepState, row: SessionRow, storeNow: number): void {
  const parent = row.parent ? state.session(row.parent) : undefined;
  if (parent === undefined || endOf(parent) <= storeNow) return;
  state.putSession({ ...parent, used: Math.max(parent.used, storeNow) });
}

function makeRoom(state: StepState, step: IssueStep, moment: Moment): CutEntry[] {
  const live = liveSessionsOf(state, step.tenant, step.subject, moment.store);
  if (live.length < SESSIONS_PER_USER) return [];
  const idlest = live.reduce((a, b) => (b.used < a.used ? b : a));
  return endFamily(state, idlest, moment, step.lives);
}

function liveSessionsOf(state: StepState, tenant: string, subject: string, storeNow: number): SessionRow[] {
  return state.sessionsOf(tenant, subject).filter(row => refusedSession(state, row, storeNow) === undefined);
}

function endFamily(state: StepState, row: SessionRow, moment: Moment, lives: Lifetimes): CutEntry[] {
  return expand(state, { kind: 'session', session: row.id, plane: 's' }, moment.store).map(order =>
    cut(state, order, moment, lives),
  );
}

type PlainOrder = Extract<CutOrder, { kind: 'finite' | 'forever' }>;

/** A session takes its children along; "the others" are all but this one and its kin, and the access tokens of the user. */
function expand(state: StepState, order: CutOrder, storeNow: number): PlainOrder[] {
  if (order.kind === 'finite' || order.kind === 'forever') return [order];
  if (order.kind === 'session') return familyOrders(state, order.session, order.plane);
  const row = state.session(order.session);
  if (row === undefined) return [];
  const kept = new Set([row.id, row.parent].filter(id => id !== ''));
  const others = liveSessionsOf(state, row.tenant, row.subject, storeNow).filter(
    each => !kept.has(each.id) && !kept.has(each.parent),
  );
  const user = userScope(row.tenant, row.subject);
  return [
    ...others.flatMap(each => familyOrders(state, each.id, 's')),
    { kind: 'finite', scope: user, plane: 'a', user },
  ];
}

/** Only on plane `s` does a session never come back. */
function familyOrders(state: StepState, session: string, plane: Plane): PlainOrder[] {
  const row = state.session(session);
  const user = row === undefined ? {} : { user: userScope(row.tenant, row.subject) };
  return [session, ...state.childrenOf(session).map(child => child.id)].map(id =>
    plane === 's'
      ? { kind: 'forever', scope: sessionScope(id), plane }
      : { kind: 'finite', scope: sessionScope(id), plane, ...user },
  );
}

function cut(state: StepState, order: PlainOrder, moment: Moment, lives: Lifetimes): CutEntry {
  const { scope, plane } = order;
  const ledger = state.ledger();
  const before = state.entry(scope);
  const now = stepTime(ledger, moment);
  const value =
    order.kind === 'forever'
      ? INFINITE
      : finiteCut(
          ledger,
          order.user === undefined ? undefined : state.last(order.user),
          before?.[plane] ?? 0,
          now,
        );
  const tokenExpires = order.kind === 'forever' ? order.tokenExpires : undefined;
  // Tokens live from `top` on too, whoever's clock gave it: one that runs behind must not let a cut go before they have.
  const at = Math.max(moment.store, moment.caller, ledger.top);
  const expires = retainUntil(scope, plane, at, lives, tokenExpires);
  return put(state, raise(ledger, before, state.newTag(), { scope, plane, cut: value, expires, at }));
}
