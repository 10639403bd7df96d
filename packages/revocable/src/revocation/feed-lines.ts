/** The feed's lines: how profile and entries look between a token service and those who follow it. */
import { StoreError } from '../errors.ts';
import { type CutEntry, isCutEntry } from './entry.ts';
import { FEED_FORMAT, type TokenProfile } from './profile.ts';
import { SCOPE_KINDS } from './scope.ts';

/** One event of the feed, as text: `id` is the cursor behind it. */
export interface FeedEvent {
  readonly event: 'profile' | 'snapshot' | 'ready' | 'cut' | 'key';
  readonly id?: string;
  readonly data: string;
}

export function encodeProfile(profile: TokenProfile): string {
  return JSON.stringify({
    issuer: profile.issuer,
    format: profile.format,
    scopes: profile.scopes,
    access_max_ms: profile.accessMaxMs,
    refresh_max_ms: profile.refreshMaxMs,
    leeway_ms: profile.leewayMs,
    stamps: profile.stamps,
    owner_proof: profile.ownerProof,
  });
}

/**
 * @throws {StoreError} ERR_STORE_CORRUPT for a line that is none, ERR_REPLICA_STALE for a newer format or an unknown scope:
 * whoever cannot understand all of it must not go on as if there were nothing more
 */
export const decodeProfile = (line: string): TokenProfile => profileFrom(parse(line, 'profile'));

/** The same of a line that has been parsed. */
export function profileFrom(value: unknown): TokenProfile {
  const members = (value ?? {}) as Record<string, unknown>;
  const { issuer, format, scopes, access_max_ms, refresh_max_ms, leeway_ms, stamps, owner_proof } = members;
  if (format !== FEED_FORMAT) throw stale(`format ${String(format)}`);
  const foreign = Array.isArray(scopes) ? scopes.find(kind => !SCOPE_KINDS.includes(kind)) : '(none)';
  if (foreign !== undefined) throw stale(`the scope "${String(foreign)}"`);
  const maxima = [access_max_ms, refresh_max_ms, leeway_ms];
  if (typeof issuer !== 'string' || typeof stamps !== 'boolean' || !maxima.every(isSpan))
    throw corrupt('profile');
  const [accessMaxMs, refreshMaxMs, leewayMs] = maxima as [number, number, number];
  const profile = { issuer, format, scopes: scopes as string[], accessMaxMs, refreshMaxMs, leewayMs, stamps };
  return typeof owner_proof === 'string' ? { ...profile, ownerProof: owner_proof } : profile;
}

const isSpan = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** An entry without a MAC is a member shorter. */
export type EntryLine = readonly [
  scope: string,
  number: number,
  at: number,
  expires: number,
  a: number,
  r: number,
  s: number,
  mac?: string,
];

export function encodeEntry({ scope, number, at, expires, a, r, s, mac }: CutEntry): EntryLine {
  return mac === '' ? [scope, number, at, expires, a, r, s] : [scope, number, at, expires, a, r, s, mac];
}

export const encodeEntries = (entries: readonly CutEntry[]): string =>
  JSON.stringify(entries.map(encodeEntry));

/** @throws {StoreError} ERR_STORE_CORRUPT naming the place, ERR_REPLICA_STALE for an unknown scope */
export const decodeEntries = (line: string): CutEntry[] => entriesFrom(parse(line, 'cut'));

/** The same of a line that has been parsed. */
export function entriesFrom(rows: unknown): CutEntry[] {
  if (!Array.isArray(rows)) throw corrupt('cut');
  return rows.map(decodeEntry);
}

/** @throws {StoreError} ERR_STORE_CORRUPT naming the place, ERR_REPLICA_STALE for an unknown scope */
export function decodeEntry(row: unknown, index: number): CutEntry {
  const [scope, number, at, expires, a, r, s, mac = ''] = Array.isArray(row) ? row : [];
  if (typeof scope === 'string' && scope !== '' && !SCOPE_KINDS.includes(scope[0] ?? ''))
    throw stale(`the scope "${scope[0]}"`);
  const entry = { scope, number, at, expires, a, r, s, mac };
  if (!isCutEntry(entry)) throw corrupt('cut', ` (entry ${index + 1})`);
  return entry;
}

function parse(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw corrupt(where);
  }
}

const corrupt = (where: string, entry = ''): StoreError =>
  new StoreError('ERR_STORE_CORRUPT', `The feed's "${where}" line cannot be read${entry}.`);

const stale = (what: string): StoreError =>
  new StoreError(
    'ERR_REPLICA_STALE',
    `The feed has ${what}, which this version does not know: update "revocable" here.`,
  );
