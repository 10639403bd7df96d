/** Whom or what to take back: everyone, a tenant, client, user, session, one token or a signing key. */
import { ConfigError, refuseUnknown } from '../errors.ts';
import { identifier } from '../revocation/index.ts';
import type { SessionFilter } from '../store.ts';

export type Target =
  | { readonly everyone: true }
  | { readonly tenant: string }
  | { readonly client: string }
  | { readonly subject: string; readonly tenant?: string }
  | { readonly session: string }
  | { readonly token: string }
  | { readonly key: string };

/** A target with its kind told. The empty tenant is no tenant. */
export type NamedTarget =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'tenant'; readonly tenant: string }
  | { readonly kind: 'client'; readonly client: string }
  | { readonly kind: 'user'; readonly tenant: string; readonly subject: string }
  | { readonly kind: 'session'; readonly session: string }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'key'; readonly key: string };

const MEMBERS = ['everyone', 'tenant', 'client', 'subject', 'session', 'token', 'key'];

/**
 * @throws {ConfigError} ERR_CONFIG_INVALID for no or two targets, an unknown member, or a member that is there but undefined:
 * a name that was not found must not take back somebody else
 */
export function namedTarget(target: Target): NamedTarget {
  refuseUnknown(target, MEMBERS, 'A target');
  const given = Object.entries(target) as [string, unknown][];
  const empty = given.find(([, value]) => value === undefined || value === null);
  if (empty !== undefined) throw new ConfigError(`The target's "${empty[0]}" is ${String(empty[1])}.`);
  const members = Object.fromEntries(given);
  if ('subject' in members) return userTarget(members, given.length);
  if (given.length !== 1)
    throw new ConfigError(
      `A target names one of: ${MEMBERS.join(', ')}; "tenant" may stand beside "subject".`,
    );
  const [name, value] = given[0] as [string, unknown];
  return singleTarget(name, value);
}

function userTarget(members: Record<string, unknown>, count: number): NamedTarget {
  if (count !== ('tenant' in members ? 2 : 1))
    throw new ConfigError('Beside "subject" a target may have "tenant" alone.');
  const tenant =
    members.tenant === undefined || members.tenant === '' ? '' : identifier(members.tenant, 'tenant');
  return { kind: 'user', tenant, subject: identifier(members.subject, 'subject') };
}

function singleTarget(name: string, value: unknown): NamedTarget {
  switch (name) {
    case 'everyone':
      if (value !== true) throw new ConfigError('The target "everyone" is written { everyone: true }.');
      return { kind: 'everyone' };
    case 'tenant':
      return { kind: 'tenant', tenant: identifier(value, name) };
    case 'client':
      return { kind: 'client', client: identifier(value, name) };
    case 'session':
      return { kind: 'session', session: identifier(value, name) };
    case 'key':
      return { kind: 'key', key: identifier(value, name) };
    default:
      if (typeof value !== 'string' || value === '')
        throw new ConfigError('The target "token" is a token, as text.');
      return { kind: 'token', token: value };
  }
}

/** Whose sessions a target concerns; undefined for one token or a key. */
export function filterOf(target: NamedTarget): SessionFilter | undefined {
  return target.kind === 'token' || target.kind === 'key' ? undefined : target;
}
