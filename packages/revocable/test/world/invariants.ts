/** What must hold, by the numbers of the list of invariants. Each says what is wrong, or nothing. */

import type { Issued, IssueStep, Refreshed, Refused, Revoked, RevokeStep } from '#store';
import { EPOCH } from './machine.ts';
import type { Revoke, StepSeen, Token } from './oracle.ts';
import type { Connection, VerifierNode, World } from './world.ts';

/** A token at a verifier, and what it said. */
export interface CheckSeen {
  readonly token: Token;
  readonly node: VerifierNode;
  readonly ok: boolean;
  readonly code: string;
  readonly detail: string;
  /** All faults are over, and time enough has passed. */
  readonly isQuiet: boolean;
}

export interface Violation {
  readonly invariant: number;
  readonly text: string;
}

/** How far a clock may be off: the bound between a store and its authorities. */
const DELTA_MS = 2000;
const TOLERANCE_MS = 60_000;

type Judge<T> = (world: World, seen: T) => string | undefined;

/** A token that was begun before a revocation, at a verifier that has applied it. */
const cutStays: Judge<CheckSeen> = (world, { token, node, ok }) => {
  if (!ok || isPast(world, token)) return undefined;
  const cut = world.oracle.covering(token).find(each => isBefore(token, each) && hasApplied(node, each));
  return cut && `${say(token)} passes at ${node.name}, which has applied ${sayCut(cut)}`;
};

/** The same for the time after which no verifier may be behind. */
const cutIsHeard: Judge<CheckSeen> = (world, { token, node, ok }) => {
  if (!ok || isPast(world, token) || !countsTime(node)) return undefined;
  const since = world.queue.now - world.settings.maxStalenessMs;
  const cut = world.oracle
    .covering(token)
    .find(each => isBefore(token, each) && each.returnedAt !== undefined && each.returnedAt < since);
  return (
    cut &&
    `${say(token)} passes at ${node.name}, ${world.queue.now - (cut.returnedAt ?? 0)} ms after ${sayCut(cut)} returned`
  );
};

/** A token that was begun after every revocation that covers it. */
const freshPasses: Judge<CheckSeen> = (world, { token, node, ok, code, detail }) => {
  if (ok || !isWithin(node) || code !== 'ERR_TOKEN_REVOKED') return undefined;
  if (detail.endsWith(' r')) return undefined;
  const covering = world.oracle.covering(token);
  if (!covering.every(each => each.seq < token.begunAt)) return undefined;
  // Plane `s` judges the login: a session that a cut ended, and whose end its store forgot before anybody was told,
  // is refreshed by the store and refused by a verifier that heard of it. Both are right.
  if (covering.some(each => each.isLost && each.wrote.some(({ s }) => s > token.login))) return undefined;
  return `${say(token)} was begun after all that covers it, and ${node.name} says ${code} ${detail}`;
};

/** An access token is not judged by plane `r`. */
const planesApart: Judge<CheckSeen> = (_, { token, node, detail }) =>
  detail.endsWith(' r') ? `${node.name} refuses ${say(token)}, an access token, by ${detail}` : undefined;

const guardPasses: Judge<CheckSeen> = (world, { token, node, ok, code, detail }) => {
  if (ok || world.areClocksApart || !isWithin(node) || code !== 'ERR_TOKEN_CLAIM') return undefined;
  return `${node.name} says ${code} ${detail} of ${say(token)}, which our authority issued`;
};

const factsCount: Judge<CheckSeen> = (world, { token, node, ok }) => {
  if (!ok || isPast(world, token)) return undefined;
  const cut = world.oracle
    .covering(token)
    .find(
      each =>
        each.facts !== undefined &&
        each.returnedAt !== undefined &&
        token.facts < each.facts &&
        hasApplied(node, each),
    );
  return (
    cut &&
    `${say(token)} was built on facts ${token.facts}, and passes at ${node.name}, which has applied ${sayCut(cut)} of facts ${cut.facts}`
  );
};

const settledHolds: Judge<CheckSeen> = (world, { token, node, ok }) => {
  if (!ok || isPast(world, token) || !countsTime(node)) return undefined;
  const cut = world.oracle
    .covering(token)
    .find(each => isBefore(token, each) && each.settledSeq !== undefined);
  return cut && `${say(token)} passes at ${node.name}, though ${sayCut(cut)} is settled everywhere`;
};

/** A cut is heard within one probe interval: what was written just now, by a browser's retry for instance, may be under way. */
const HEARD_WITHIN_MS = 1000;

/** When all is well again, every verifier knows everything. */
const allIsHeard: Judge<CheckSeen> = (world, { token, node, ok, code, isQuiet }) => {
  if (!isQuiet || isPast(world, token)) return undefined;
  if (code === 'ERR_REPLICA_STALE') return `${node.name} is stale though nothing is wrong any more`;
  if (!ok) return undefined;
  const cut = world.oracle
    .covering(token)
    .find(each => isBefore(token, each) && !each.isLost && each.at + HEARD_WITHIN_MS < world.queue.now);
  return (
    cut && `all is well again, and ${say(token)} passes at ${node.name}: it has not heard of ${sayCut(cut)}`
  );
};

/**
 * A cut that was known, here or in the store, and is no more, while a token that it covers is still taken: in the tolerance at
 * its end, or because somebody's clock was believed.
 */
const notDropped: Judge<CheckSeen> = (world, { token, node, ok }) => {
  if (!ok || isPast(world, token)) return undefined;
  const { cuts } = world.cluster.primary.held.tables;
  const isInTolerance = EPOCH + world.queue.now > token.expMs;
  // Two clocks that are both an hour ahead are believed.
  const mayForget = world.areClocksApart && world.coverage.has('act skewStore');
  const dropped = world.oracle.covering(token).find(cut => {
    if (!isBefore(token, cut) || cut.isLost) return false;
    const isInStore = cut.wrote.every(({ scope }) => cuts.has(scope));
    if (isInStore || mayForget) return isInTolerance && hasApplied(node, cut);
    return cut.at + HEARD_WITHIN_MS < world.queue.now;
  });
  return dropped && `${say(token)} passes at ${node.name}, and ${sayCut(dropped)} was dropped`;
};

/** Keys that are taken back: no token proved by one passes. */
const keyIsDead: Judge<CheckSeen> = (world, { token, node, ok }) => {
  if (!ok || isPast(world, token)) return undefined;
  const cut = world.oracle.revokes.find(
    each =>
      each.cuts.some(({ aim }) => aim.kind === 'key' && aim.kid === token.kid) && hasApplied(node, each),
  );
  return (
    cut && `${say(token)} of the key ${token.kid} passes at ${node.name}, which has applied ${sayCut(cut)}`
  );
};

export const ON_CHECK: ReadonlyMap<number, Judge<CheckSeen>> = new Map([
  [1, cutStays],
  [2, cutIsHeard],
  [3, freshPasses],
  [4, planesApart],
  [14, guardPasses],
  [18, allIsHeard],
  [20, settledHolds],
  [22, factsCount],
  [25, keyIsDead],
  [29, notDropped],
]);

/** No stamp and no cut by a server that has not taken over; all above all that was given before. */
const ownerGives: Judge<StepSeen> = (world, { kind, reply, before }) => {
  if ('refused' in reply) return undefined;
  if (before.owner !== before.server)
    return `a ${kind} by ${before.server}, which ${before.owner} still owns`;
  if (kind === 'revoke' && (reply as Revoked).wrote.length === 0) return undefined;
  const given = kind === 'revoke' ? (reply as Revoked).cutoff : (reply as Issued).stamp;
  const takeover = world.oracle.takeovers.at(-1);
  if (takeover === undefined || given > takeover.highest) return undefined;
  return `a ${kind} gives ${given - EPOCH}, not above ${takeover.highest - EPOCH}, which was given before the takeover`;
};

const familyKeepsLogin: Judge<StepSeen> = (world, { kind, reply, before }) => {
  if (kind !== 'refresh' || 'refused' in reply) return undefined;
  const { session, stamp } = reply as Refreshed;
  if (before.session !== undefined && before.session.login !== session.login)
    return `the session ${session.id} has another login after a refresh`;
  const family = { tenant: session.tenant, subject: session.subject, client: session.client };
  const cut = world.oracle.revokes.find(
    each =>
      !each.isLost &&
      each.wrote.some(entry => entry.r > session.login || entry.s > session.login) &&
      each.cuts.some(({ aim, plane }) => plane !== 'a' && aimsAt(aim, session.id, session.parent, family)),
  );
  return cut && `the session ${session.id} got the stamp ${stamp - EPOCH} after ${sayCut(cut)}`;
};

function aimsAt(
  aim: Revoke['cuts'][number]['aim'],
  session: string,
  parent: string,
  family: { readonly tenant: string; readonly subject: string; readonly client: string },
): boolean {
  switch (aim.kind) {
    case 'everyone':
      return true;
    case 'tenant':
      return aim.tenant === family.tenant;
    case 'client':
      return aim.client === family.client;
    case 'user':
      return aim.tenant === family.tenant && aim.subject === family.subject;
    case 'session':
      return aim.session === session || aim.session === parent;
    default:
      return false;
  }
}

/** Login and refresh stop while the clocks of store and authority disagree. */
const clocksAgree: Judge<StepSeen> = (_, { kind, step, reply, server }) => {
  if (kind === 'revoke' || 'refused' in reply) return undefined;
  const apart = Math.abs((step as IssueStep).caller - server.machine.clock.wall());
  return apart > DELTA_MS ? `a ${kind} is answered though the clocks are ${apart} ms apart` : undefined;
};

/** Whoever is refused comes again with what it has: nothing was consumed. What two held is another matter. */
const refusedKeeps: Judge<StepSeen> = (_, { kind, reply, before, server }) => {
  if (kind !== 'refresh' || !('refused' in reply) || (reply as Refused).refused === 'reused')
    return undefined;
  const { session } = before;
  const after = session && server.held.tables.sessions.get(session.id);
  return JSON.stringify(after) === JSON.stringify(session)
    ? undefined
    : `a refresh is refused (${(reply as Refused).refused}), and the session ${session?.id} is changed`;
};

/** The same revocation in the same moment, with no stamp between, is the same cut. */
const repeatsAreOne: Judge<StepSeen> = (world, { kind, reply, step }) => {
  if (kind !== 'revoke' || 'refused' in reply) return undefined;
  const [before, now] = world.oracle.revokes.slice(-2);
  if (before === undefined || now === undefined || before.at !== now.at || before.owner !== now.owner)
    return undefined;
  // Without what the user was last given, the store can only go above everyone's: once more than the cut before.
  const wasForgotten = world.oracle.forgotAt >= before.seq;
  const wasStamped = world.oracle.stamps.some(each => each.seq > before.seq);
  const isSame =
    JSON.stringify(before.cuts) === JSON.stringify(now.cuts) &&
    before.caller === (step as RevokeStep).caller &&
    before.clock === now.clock;
  if (wasForgotten || wasStamped || !isSame || now.cutoff === before.cutoff) return undefined;
  return `${sayCut(now)} gives ${now.cutoff - EPOCH}, and the same a moment before ${before.cutoff - EPOCH}`;
};

/** What a token says of its end. */
const endsInTime: Judge<Token> = (world, { expMs, iatMs, ...token }) =>
  expMs - iatMs > world.settings.accessS * 1000
    ? `token ${token.id} lives ${(expMs - iatMs) / 1000} s from its step on`
    : undefined;

const endsWithSession: Judge<Token> = (_, { expMs, endsMs, id }) =>
  expMs > endsMs ? `token ${id} outlives its session by ${expMs - endsMs} ms` : undefined;

export const ON_TOKEN: ReadonlyMap<number, Judge<Token>> = new Map([
  [11, endsWithSession],
  [29, endsInTime],
]);

export const ON_STEP: ReadonlyMap<number, Judge<StepSeen>> = new Map([
  [14, clocksAgree],
  [15, refusedKeeps],
  [27, repeatsAreOne],
  [7, familyKeepsLogin],
  [19, ownerGives],
]);

/** Live connections, after each event. */
const connectionsClose: Judge<Connection> = (world, { token, node, isOpen }) => {
  if (!isOpen || node.machine.state !== 'up' || isPast(world, token)) return undefined;
  const cut = world.oracle.covering(token).find(each => isBefore(token, each) && hasApplied(node, each));
  return cut && `a connection of ${say(token)} is open at ${node.name}, which has applied ${sayCut(cut)}`;
};

/** A timer looks once a second: it is given that long. */
const LOOKS_WITHIN_MS = 1100;

const connectionsAge: Judge<Connection> = (world, { token, node, isOpen }) => {
  if (!isOpen || node.machine.state !== 'up' || isPast(world, token) || !countsTime(node)) return undefined;
  const { now } = world.queue;
  if (now - node.upSince < LOOKS_WITHIN_MS) return undefined;
  const since = now - world.settings.maxStalenessMs - LOOKS_WITHIN_MS;
  const cut = world.oracle
    .covering(token)
    .find(each => isBefore(token, each) && each.returnedAt !== undefined && each.returnedAt < since);
  return cut && `a connection of ${say(token)} is open at ${node.name}, long after ${sayCut(cut)} returned`;
};

export const ON_CONNECTION: ReadonlyMap<number, Judge<Connection>> = new Map([
  [2, connectionsAge],
  [21, connectionsClose],
]);

/** Begun before the step of the revocation. */
const isBefore = (token: Token, cut: Revoke): boolean => token.begunAt < cut.seq;

export const hasApplied = (node: VerifierNode, cut: Revoke): boolean =>
  cut.isLost ? cut.heardBy.has(node.heard) : (node.heard.get(cut.owner) ?? -1) >= cut.number;

/** Nothing is said of a token whose time is over. */
const isPast = (world: World, token: Token): boolean => EPOCH + world.queue.now > token.expMs + TOLERANCE_MS;

/** Its clock is right. */
const isWithin = (node: VerifierNode): boolean => Math.abs(node.machine.skewMs) <= DELTA_MS;

/** One of its clocks has seen all the time that passed. */
const countsTime = (node: VerifierNode): boolean =>
  node.settings.whenStale === 'reject' && !(node.hasSlept && node.hasStepped);

export const say = (token: Token): string =>
  `token ${token.id} (${token.subject}${token.session ? `, session ${token.session.slice(0, 4)}` : ''}, stamp ${token.stamp - EPOCH})`;

export const sayCut = (cut: Revoke): string =>
  `revocation ${cut.id} (${cut.cuts.map(({ aim, plane }) => `${JSON.stringify(aim)}.${plane}`).join(' ')}, number ${cut.number} of ${cut.owner})`;
