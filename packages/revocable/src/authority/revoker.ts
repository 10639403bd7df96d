/** Takes back: a cut in the store, in this authority's own replica, and then the word that it is done. */
import { ConfigError, type RevocableError, refuseUnknown } from '../errors.ts';
import {
  clientScope,
  EVERYONE,
  keyScope,
  type Plane,
  sessionScope,
  tenantScope,
  tokenScope,
  userScope,
} from '../revocation/index.ts';
import type { CutOrder, Refused, Revoked } from '../store.ts';
import { beginningAgain, type Context, isRefused, refusedError } from './context.ts';
import { emitEnded } from './event.ts';
import { countersign } from './healing.ts';
import { isRefreshToken } from './refresh-token.ts';
import { provedSession } from './refresher.ts';
import { filterOf, type NamedTarget, namedTarget, type Target } from './target.ts';
import type { TokenProver } from './token-prover.ts';

export interface RevokeOptions {
  /** `access`, `refresh`, or `session`: both. @default 'session' */
  readonly plane?: 'access' | 'refresh' | 'session';
  /** For the event and the audit log; it never leaves the authority. */
  readonly reason?: string;
}

export interface Revocation {
  /** The highest cut, milliseconds: tokens below it are refused. */
  readonly cutoff: number;
  /** For `settled`. */
  readonly cursor: string;
  /** Whether every target was found. */
  readonly known: boolean;
}

const PLANES = { access: 'a', refresh: 'r', session: 's' } as const;

export async function revoke(
  context: Context,
  prover: TokenProver,
  target: Target | readonly Target[],
  options: RevokeOptions = {},
): Promise<Revocation> {
  if ('spread' in options)
    throw new ConfigError('"spread" is not supported: a cut-off counts at once, wherever it has arrived.');
  refuseUnknown(options, ['plane', 'reason'], 'revoke');
  const plane = planeOf(options.plane);
  const targets = (Array.isArray(target) ? target : [target]).map(namedTarget);
  if (targets.length === 0) throw new ConfigError('revoke was given an empty list of targets.');
  const plans: Plan[] = [];
  for (const each of targets) plans.push(await planOf(context, prover, each, plane));
  for (const each of targets) if (each.kind === 'key') await context.keys?.giveWay(each.key);
  const written = await write(
    context,
    plans.map(plan => plan.order),
    options.reason,
  );
  for (const each of targets) if (each.kind === 'key') await context.keys?.drop(each.key);
  return { cutoff: written.cutoff, cursor: written.cursor, known: plans.every(plan => plan.known) };
}

/** Ends the other sessions of this one's user; this one goes on and renews its access tokens. */
export async function endOthers(
  context: Context,
  session: string,
): Promise<{ readonly ended: number; readonly cursor: string }> {
  const { ended, cursor } = await write(context, [{ kind: 'others', session }]);
  return { ended, cursor };
}

interface Plan {
  readonly order: CutOrder;
  readonly known: boolean;
}

function planeOf(plane: RevokeOptions['plane']): Plane {
  const letter = PLANES[plane ?? 'session'];
  if (letter === undefined) throw new ConfigError('"plane" is "access", "refresh" or "session" (both).');
  return letter;
}

async function planOf(
  context: Context,
  prover: TokenProver,
  target: NamedTarget,
  plane: Plane,
): Promise<Plan> {
  if (target.kind === 'token') return planOfToken(context, prover, target.token, plane);
  if (target.kind === 'key') return planOfKey(context, target.key);
  return { order: orderOf(target, plane), known: await isKnown(context, target) };
}

async function isKnown(context: Context, target: NamedTarget): Promise<boolean> {
  if (target.kind === 'session') return (await context.store.session(target.session)) !== undefined;
  const filter = filterOf(target);
  return filter !== undefined && (await context.store.count(filter)).sessions > 0;
}

function orderOf(target: Exclude<NamedTarget, { kind: 'token' | 'key' }>, plane: Plane): CutOrder {
  switch (target.kind) {
    case 'everyone':
      return { kind: 'finite', scope: EVERYONE, plane };
    case 'tenant':
      return { kind: 'finite', scope: tenantScope(target.tenant), plane };
    case 'client':
      return { kind: 'finite', scope: clientScope(target.client), plane };
    case 'session':
      return { kind: 'session', session: target.session, plane };
    case 'user': {
      const scope = userScope(target.tenant, target.subject);
      return { kind: 'finite', scope, plane, user: scope };
    }
  }
}

/** A key thief can forge any stamp, so the cut is for ever. */
function planOfKey(context: Context, kid: string): Plan {
  const isRoot = context.roots.some(root => root.name === kid);
  if (context.roots[0].name === kid)
    throw new ConfigError(
      'The root secret to cut off is the one that makes: put a newer one before it in "secret" first.',
    );
  const known = isRoot || (context.keys?.has(kid) ?? false);
  return { order: { kind: 'forever', scope: keyScope(kid), plane: 's' }, known };
}

/** Proved before anything is written; a refresh token means its session. */
async function planOfToken(
  context: Context,
  prover: TokenProver,
  token: string,
  plane: Plane,
): Promise<Plan> {
  if (isRefreshToken(token)) {
    const { session } = await provedSession(context, token);
    return { order: { kind: 'session', session: session.id, plane }, known: true };
  }
  const { jti, expiresMs, session } = await prover(token);
  if (plane === 'r')
    throw new ConfigError('An access token has no refresh plane: revoke its session or its subject.');
  // Many of one session are one cut: its access tokens are refreshed, and nobody fills the verifiers' tables token by token.
  if (session !== undefined && context.tokenCuts.areMany(session, jti, expiresMs))
    return { order: { kind: 'finite', scope: sessionScope(session), plane: 'a' }, known: true };
  return {
    order: { kind: 'forever', scope: tokenScope(jti), plane: 'a', tokenExpires: expiresMs },
    known: true,
  };
}

async function write(context: Context, orders: readonly CutOrder[], reason?: string): Promise<Revoked> {
  const { store, clock, settings, replica, emit, alarms } = context;
  const reply: Revoked | Refused = await beginningAgain(context, () =>
    store.revoke({ orders, caller: clock.wall(), lives: settings.lives }),
  ).catch(error => {
    void alarms.look().catch(() => undefined); // whoever has to mend it hears of it now
    throw error;
  });
  if (isRefused(reply)) throw refusedError(reply) satisfies RevocableError;
  replica.apply(reply.wrote);
  const cursor = await countersign(context, reply.wrote, reply.cursor);
  const scopes = reply.wrote.map(entry => entry.scope);
  emit({ type: 'revoked', scopes, cutoff: reply.cutoff, ...(reason !== undefined && { reason }) });
  if (reply.ended > 0) emitEnded(emit, reply.wrote, 'revoked');
  return { ...reply, cursor };
}
