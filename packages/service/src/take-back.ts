/** Taking back by order of an admin: what will happen, doing it, and what did, in figures that were measured. */
import { type AuditRow, type Target, UNHEARD } from 'revocable';
import type { Actor } from './admin-access.ts';
import type { Parts } from './parts.ts';
import { asRequest } from './refusal.ts';
import { verifiers } from './verifiers.ts';
import { clockTime, count, milliseconds, span } from './words.ts';

export type PlaneName = 'access' | 'refresh' | 'session';

export interface Effect {
  readonly sessions: number;
  readonly devices: number;
  readonly subjects: number;
  /** Live ones. */
  readonly verifiers: number;
  /** From the last revocations; null before the first. */
  readonly estimate_ms: number | null;
}

export interface Foreseen {
  readonly effect: Effect;
  readonly summary: string;
}

export interface Applied {
  /** Verifiers that follow the feed. */
  readonly live: number;
  readonly applied: number;
  /** By name. */
  readonly waiting: readonly string[];
  /** Soon after a takeover: there may be others, of whom the store has not heard since. */
  readonly unheard?: true;
  readonly ms: number;
}

export interface TakenBack extends Foreseen {
  /** The entry in the audit log. */
  readonly id: number;
  readonly cursor: string;
  readonly applied: Applied;
}

/** @throws {Refusal} invalid_request for a target that is none */
export async function foresee(parts: Parts, target: Target, plane: PlaneName): Promise<Foreseen> {
  const { sessions, devices, subjects } = await asRequest(() => parts.authority.sessions.count(target));
  const live = (await verifiers(parts)).filter(each => each.state === 'live').length;
  const recent = parts.appliedMs;
  const estimate_ms = recent.length === 0 ? null : Math.ceil(Math.max(...recent));
  const effect = { sessions, devices, subjects, verifiers: live, estimate_ms };
  return { effect, summary: summaryOf(effect, target, plane, parts.settings.access_ttl) };
}

function summaryOf(effect: Effect, target: Target, plane: PlaneName, accessTtl: number): string {
  const devices = count(effect.devices, 'device');
  if ('token' in target) return `Takes back one token; ${refusing(effect, accessTtl)}.`;
  if ('key' in target) return `Takes back every token that this key signed; ${refusing(effect, accessTtl)}.`;
  if (effect.sessions === 0) return `Nobody is signed in; tokens given so far are refused all the same.`;
  switch (plane) {
    case 'access':
      return `${devices} ${effect.devices === 1 ? 'gets' : 'get'} new claims at the next request. Nobody signs in again.`;
    case 'refresh':
      return `${devices} ${effect.devices === 1 ? 'stops when its' : 'stop when their'} access token ends, ${clockTime(Date.now() + accessTtl * 1000)} at the latest.`;
    case 'session':
      return `Signs out ${devices}; ${refusing(effect, accessTtl)}.`;
  }
}

function refusing({ verifiers: live, estimate_ms }: Effect, accessTtl: number): string {
  if (live === 0)
    return `no service follows the feed, so others refuse when the access token ends (${span(accessTtl * 1000)})`;
  const [refuse, hear] = live === 1 ? ['refuses', 'it hears'] : ['refuse', 'they hear'];
  const soon =
    estimate_ms === null ? `as soon as ${hear} of it` : `within about ${milliseconds(estimate_ms)}`;
  return `${count(live, 'service')} ${refuse} ${soon}`;
}

export interface Order {
  readonly target: Target;
  readonly plane: PlaneName;
  readonly reason?: string | undefined;
  /** Whose audit history it belongs to. */
  readonly subject?: string | undefined;
}

/** How long the answer waits for verifiers. */
const LONGEST_WAIT = '2s';
const REMEMBERED = 20;

/** @throws {Refusal} invalid_request for a target that is none */
export async function takeBack(parts: Parts, actor: Actor, order: Order): Promise<TakenBack> {
  const { authority, store, metrics } = parts;
  const { target, plane, reason } = order;
  const foreseen = await foresee(parts, target, plane);
  const started = performance.now();
  const { cursor } = await asRequest(() =>
    authority.revoke(target, { plane, ...(reason !== undefined && { reason }) }),
  );
  const subject = order.subject ?? ('subject' in target ? target.subject : undefined);
  const written = store.audit.append({
    event: 'revoked',
    actor: actor.subject,
    subject,
    detail: {
      by: actor.name,
      target: withoutToken(target),
      plane,
      ...(reason !== undefined && { reason }),
      ...foreseen.effect,
    },
  });
  const [applied, id] = await Promise.all([waitForAll(parts, cursor, started), written]);
  metrics.revocations.inc({ scope: kindOf(target), plane });
  await store.audit.append({
    event: 'revocation.applied',
    actor: actor.subject,
    subject,
    detail: { of: id, ...applied },
  });
  return { ...foreseen, id, cursor, applied };
}

async function waitForAll(parts: Parts, cursor: string, started: number): Promise<Applied> {
  const { applied, missing } = await parts.authority.settled(cursor, { timeout: LONGEST_WAIT });
  const ms = Math.ceil(performance.now() - started);
  if (missing.length === 0 && applied.length > 0) {
    parts.metrics.applied.observe(ms / 1000);
    if (parts.appliedMs.push(ms) > REMEMBERED) parts.appliedMs.shift();
  }
  const waiting = missing.filter(name => name !== UNHEARD);
  const unheard = waiting.length < missing.length && { unheard: true as const };
  return { live: applied.length + waiting.length, applied: applied.length, waiting, ...unheard, ms };
}

/** The same, out of its entry in the audit log. */
export function appliedIn({ detail }: AuditRow): Applied {
  const { live, applied, waiting, unheard, ms } = detail ?? {};
  return {
    live: Number(live),
    applied: Number(applied),
    waiting: Array.isArray(waiting) ? waiting.map(String) : [],
    ...(unheard === true && { unheard }),
    ms: Number(ms),
  };
}

/** The audit log names what was taken back, and never holds a token. */
const withoutToken = (target: Target): object => ('token' in target ? { token: '***' } : target);

const KINDS = ['everyone', 'subject', 'tenant', 'client', 'session', 'token', 'key'] as const;
const kindOf = (target: Target): string => KINDS.find(kind => kind in target) ?? 'none';
