/** Login, refresh and revocation on Redis. The cut state and a user's sessions lie in different slots, so each is a script of its own. */

import { StoreError } from '../../errors.ts';
import type { Plane, Scope } from '../../revocation/index.ts';
import { endOf, type SessionRow, type Verdict } from '../../sessions/index.ts';
import type {
  Appended,
  Issued,
  IssueStep,
  Refreshed,
  RefreshStep,
  Refused,
  Revoked,
  RevokeStep,
  Store,
} from '../../store.ts';
import { openSession } from '../session-opening.ts';
import { scopesOf, scopesOfSession } from '../session-scopes.ts';
import { headOf } from '../steps.ts';
import { BEGIN, CUT_STEP, STAMP, TAKEOVER } from './cut-scripts.ts';
import { HEAL, UNPROVED_ENTRIES, VOUCH } from './heal-scripts.ts';
import { userKey } from './keys.ts';
import { REFRESH } from './one-server.ts';
import { expand, lateChildren, type PlainOrder, roomFor } from './orders.ts';
import type { Answer, Primary } from './primary.ts';
import { entriesFrom } from './rows.ts';
import { run } from './scripts.ts';
import { CONSUME } from './session-scripts.ts';
import { findSession, nameChild, putSession, touch, touchRow, unnameChild, userOf } from './sessions.ts';

export type Steps = Pick<
  Store,
  | 'begin'
  | 'issue'
  | 'refresh'
  | 'revoke'
  | 'takeover'
  | 'remember'
  | 'proveWith'
  | 'vouch'
  | 'unproved'
  | 'heal'
>;

/** How long WAIT waits for replicas. */
const WAIT_MS = 3000;
/** How often a refresh begins again because others changed its family in between. */
const ATTEMPTS = 8;
/** What CONSUME is asked after: where the row says that it is over or has two holders, it has the last word. */
const CONSUMED: readonly string[] = ['ok', 'expired', 'reused'];

export function createSteps(primary: Primary, waitForReplicas: number): Steps {
  return {
    async begin() {
      const answer = await primary.step(BEGIN);
      const { owner, head, now, rest } = answer;
      return answer.status === 'ok' ? { owner, head, now, since: Number(rest[0]) } : refusalIn(answer);
    },
    issue: step => issue(primary, step, waitForReplicas),
    refresh: step => refresh(primary, step),
    revoke: step => revoke(primary, step, waitForReplicas),
    async takeover(caller) {
      // It waits for what was healed before too. Where the replicas do not come, nobody is kept from logging in for that.
      const answer = await primary.step(TAKEOVER, { caller }, { behind: waitFor(waitForReplicas) });
      return { tookOver: answer.status === 'ok' };
    },
    ...healing(primary),
  };
}

function healing(primary: Primary): Pick<Store, 'remember' | 'proveWith' | 'vouch' | 'unproved' | 'heal'> {
  return {
    async remember(owner) {
      primary.remember(owner);
      const reply = refusalIn(await primary.step(BEGIN));
      return { lost: reply.lost === true };
    },
    proveWith: async () => {},
    vouch: async entries => appendedBy(await primary.step(VOUCH, { entries })),
    async unproved(limit) {
      const { rest } = await primary.step(UNPROVED_ENTRIES, { limit });
      return entriesFrom(rest[0] as readonly string[]);
    },
    heal: async step => appendedBy(await primary.step(HEAL, step)),
  };
}

const appendedBy = (answer: Answer): Appended => ({
  cursor: headOf(answer),
  wrote: entriesFrom(answer.rest[0] as readonly string[]),
});

async function issue(primary: Primary, step: IssueStep, replicas: number): Promise<Issued | Refused> {
  const { session } = step;
  const parent = session?.parent ? (await findSession(primary, session.parent))?.row : undefined;
  if (session !== undefined && parent !== undefined)
    await nameForGood(primary, parent.id, session.id, replicas);
  const answer = await stampLogin(primary, step, parent);
  if (answer.status !== 'ok') {
    if (session !== undefined && parent !== undefined) await unnameChild(primary, parent.id, session.id);
    return refusalIn(answer);
  }
  const { now, stamp, place, wrote } = stampedBy(answer);
  if (session === undefined) return { now, stamp, login: stamp };
  const login = parent?.login ?? stamp;
  const row = openSession(session, now, login, parent);
  await putSession(primary, { row, place });
  if (parent !== undefined) await touchRow(primary, parent, answer.now);
  return { now, stamp, login, session: row, wrote };
}

/**
 * A child that a failover makes unknown to its parent does not end with it.
 * @throws {StoreError} ERR_STORE_UNAVAILABLE when fewer replicas know of it than were asked for
 */
async function nameForGood(primary: Primary, parent: string, id: string, replicas: number): Promise<void> {
  const [have = replicas] = await nameChild(primary, parent, id, waitFor(replicas));
  if (Number(have) >= replicas) return;
  await unnameChild(primary, parent, id);
  throw new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `No session was opened: ${have} of ${replicas} replicas of Redis know that it is to end with its parent. It is safe to repeat.`,
  );
}

async function stampLogin(
  primary: Primary,
  step: IssueStep,
  parent: SessionRow | undefined,
): Promise<Answer> {
  const { tenant, subject, client, session, begun, caller, lives } = step;
  const orders = session === undefined ? [] : await roomFor(primary, step);
  const scopes = scopesOf(tenant, subject, client, session?.parent);
  return primary.step(STAMP, {
    ...{ begun, caller, lives, orders, user: userOf(step), scopes },
    isOrphan: Boolean(session?.parent) && parent === undefined,
    // A child inherits the stamp of the login, so what refuses that one refuses the child, in the child's own scopes too.
    ...(parent === undefined ? {} : { family: familyOf(parent, scopes) }),
  });
}

const familyOf = (row: SessionRow, more: readonly Scope[]): object => ({
  login: row.login,
  scopes: [...new Set([...scopesOfSession(row), ...more])],
  ends: endOf(row),
});

function stampedBy({ rest }: Answer): {
  now: number;
  stamp: number;
  place: number;
  wrote: ReturnType<typeof entriesFrom>;
} {
  const [now, stamp, place, wrote] = rest;
  return {
    now: Number(now),
    stamp: Number(stamp),
    place: Number(place),
    wrote: entriesFrom(wrote as readonly string[]),
  };
}

function refusalIn({ status, rest }: Answer): Refused {
  if (status === 'closed' && rest[0] === '1') return { refused: 'closed', lost: true };
  if (status !== 'revoked') return { refused: status as Refused['refused'] };
  const [scope, plane] = rest as [string, Plane];
  return { refused: 'revoked', refusal: { scope, plane, action: 'login' } };
}

/**
 * Cuts and stamp first, then consume: a cut in between lies above the stamp, and a crash in between has consumed nothing.
 * Where the row says that the family is over or has two holders, no stamp is given; the script that consumes has the last word.
 */
async function refresh(primary: Primary, step: RefreshStep): Promise<Refreshed | Refused> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const seen = attempt === 0 ? step.seen : undefined;
    const row = seen ?? (await findSession(primary, step.session))?.row;
    if (row === undefined) return { refused: 'gone' };
    const answer = await stampAndConsume(primary, step, row);
    if (!CONSUMED.includes(answer.status)) return refusalIn(answer);
    const reply = await refreshedBy(primary, step, row, answer);
    if (reply !== undefined) return reply;
  }
  throw new StoreError(
    'ERR_STORE_UNAVAILABLE',
    'Too many refreshes of one session at once. Nothing was changed.',
  );
}

/** What CONSUME replied stands last in the answer. */
async function stampAndConsume(primary: Primary, step: RefreshStep, row: SessionRow): Promise<Answer> {
  const key = userKey(userOf(row));
  const claims = step.claims === undefined ? {} : { claims: JSON.stringify(step.claims) };
  const consume = { id: row.id, g: step.generation, ...claims };
  const stamp = stampOf(step, row);
  if (await primary.isOneServer()) return primary.step(REFRESH, { ...stamp, consume }, { keys: [key] });
  const answer = await primary.step(STAMP, stamp);
  if (!CONSUMED.includes(answer.status)) return answer;
  const args = { ...consume, now: answer.now, isStamped: answer.status === 'ok' };
  const [reply] = await run(primary.line, CONSUME, [key], args);
  return { ...answer, rest: [...answer.rest, reply] };
}

function stampOf(step: RefreshStep, row: SessionRow): object {
  const { begun, caller, lives, provedBy, generation: g } = step;
  const { p, c, at, policy, graceMs: grace } = row;
  const more = provedBy === undefined ? [] : [provedBy];
  return {
    ...{ begun, caller, lives, orders: [], user: userOf(row) },
    scopes: [...scopesOfSession(row), ...more],
    family: familyOf(row, more),
    rotation: { g, p, c, at, policy, grace },
  };
}

/** Undefined: others changed the family since its row was read. */
async function refreshedBy(
  primary: Primary,
  step: RefreshStep,
  row: SessionRow,
  answer: Answer,
): Promise<Refreshed | Refused | undefined> {
  const [verdict, p, c, at, kept] = answer.rest.at(-1) as readonly string[];
  if (verdict === 'again') return undefined;
  if (verdict === 'gone' || verdict === 'expired') return { refused: verdict };
  if (verdict === 'reused') return { refused: 'reused', wrote: await endFamily(primary, step) };
  if (row.parent !== '') await touch(primary, row.parent, answer.now);
  const generations = { p: Number(p), c: Number(c), at: Number(at) };
  const session = { ...row, ...generations, used: answer.now, claims: JSON.parse(kept ?? '{}') };
  const { now, stamp } = stampedBy(answer);
  return { now, stamp, verdict: verdict as Verdict, session };
}

async function endFamily(primary: Primary, step: RefreshStep): Promise<Revoked['wrote']> {
  const { session, caller, lives } = step;
  const orders = [{ kind: 'session', session, plane: 's' } as const];
  const reply = await revoke(primary, { orders, caller, lives }, 0);
  if ('wrote' in reply && reply.wrote !== undefined) return reply.wrote;
  throw new StoreError('ERR_STORE_UNAVAILABLE', 'The store is closed until an authority has taken over.');
}

async function revoke(primary: Primary, step: RevokeStep, replicas: number): Promise<Revoked | Refused> {
  const expanded = await expand(primary, step.orders);
  const { orders } = expanded;
  const answer = await cut(primary, step, orders, replicas);
  if (answer.status !== 'ok') return refusalIn(answer);
  const revoked = revokedBy(orders, answer);
  const late = await lateChildren(primary, expanded);
  if (late.length === 0) return revoked;
  const again = await revoke(primary, { ...step, orders: late }, replicas);
  if ('refused' in again) return again;
  return {
    cutoff: Math.max(revoked.cutoff, again.cutoff),
    cursor: again.cursor,
    wrote: [...revoked.wrote, ...again.wrote],
    ended: revoked.ended + again.ended,
  };
}

async function cut(
  primary: Primary,
  { caller, lives }: RevokeStep,
  orders: readonly PlainOrder[],
  replicas: number,
): Promise<Answer> {
  const answer = await primary.step(CUT_STEP, { caller, lives, orders }, { behind: waitFor(replicas) });
  if (answer.status === 'ok') demandReplicas(primary, replicas, answer);
  return answer;
}

const waitFor = (replicas: number): string[][] | undefined =>
  replicas === 0 ? undefined : [['WAIT', String(replicas), String(WAIT_MS)]];

/** @throws {StoreError} ERR_STORE_UNAVAILABLE when fewer have it than were asked for */
function demandReplicas(primary: Primary, wanted: number, { behind }: Answer): void {
  const have = Number(behind[0] ?? 0);
  primary.shortage = have >= wanted ? undefined : `${have} of ${wanted}`;
  if (have >= wanted) return;
  throw new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `The revocation counts, but is not known to be kept: ${have} of ${wanted} replicas of Redis have it. It is safe to repeat.`,
  );
}

function revokedBy(orders: readonly PlainOrder[], answer: Answer): Revoked {
  const wrote = entriesFrom(answer.rest[0] as readonly string[]);
  return {
    cutoff: wrote.reduce((highest, entry, i) => Math.max(highest, entry[orders[i]?.plane ?? 's']), 0),
    cursor: headOf(answer),
    wrote,
    ended: orders.filter(order => order.kind === 'forever' && order.scope.startsWith('s:')).length,
  };
}
