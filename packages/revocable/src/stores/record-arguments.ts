/** Arguments of records and audit, judged the same by every store. */
import { ConfigError, refuseUnknown } from '../errors.ts';
import { identifier } from '../revocation/index.ts';

/** The most that one call lists, and what it lists unless told otherwise. */
const MOST = 1000;
const USUAL = 100;

/** @throws {ConfigError} ERR_CONFIG_INVALID for a text that a store could not give back as it was */
export function recordKey(value: unknown, name: string): string {
  return identifier(value, name);
}

/** @throws {ConfigError} ERR_CONFIG_INVALID for what JSON cannot hold */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new ConfigError('A record holds a value that JSON can hold.');
  return text;
}

export interface RecordPage {
  readonly prefix: string;
  readonly after: string;
  readonly limit: number;
}

export function recordPage(options: { prefix?: string; after?: string; limit?: number } = {}): RecordPage {
  refuseUnknown(options, ['prefix', 'after', 'limit'], 'records.list');
  const { prefix = '', after = '' } = options;
  return { prefix, after, limit: limited(options.limit) };
}

export interface AuditPage {
  readonly before: number;
  readonly limit: number;
  readonly subject: string | undefined;
  readonly actor: string | undefined;
  readonly event: string | undefined;
}

type AuditListing = { before?: number; limit?: number; subject?: string; actor?: string; event?: string };

export function auditPage(options: AuditListing = {}): AuditPage {
  refuseUnknown(options, ['before', 'limit', 'subject', 'actor', 'event'], 'audit.list');
  const { before = Number.MAX_SAFE_INTEGER, subject, actor, event } = options;
  if (!Number.isSafeInteger(before) || before < 0)
    throw new ConfigError('"before" is the "seq" of an audit row.');
  return { before, limit: limited(options.limit), subject, actor, event };
}

function limited(limit: number = USUAL): number {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST)
    throw new ConfigError(`"limit" is a whole number from 1 to ${MOST}.`);
  return limit;
}
