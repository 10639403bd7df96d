/** Stamps and cuts ordered by the store: pure rules, the same in memory, in SQLite and in Lua. All times in milliseconds. */
import { type Cuts, INFINITE, newestFinite, type Plane } from './cutoff.ts';
import { type CutEntry, isSameState, mergeEntries } from './entry.ts';
import { DELTA_MS } from './profile.ts';
import { type Scope, scopeKind } from './scope.ts';

/** What the store knows of the whole issuer. `server` is who runs now, `owner` who last passed a takeover. */
export interface Ledger {
  readonly server: string;
  readonly owner: string;
  /** It opened itself, as an empty store does that nobody remembers, and nobody has taken it over since. */
  readonly isFirst: boolean;
  /** When its owner took it over, by the store's clock; 0 of a first start. */
  readonly since: number;
  /** No stamp or cut lies below it. */
  readonly floor: number;
  /** The highest stamp given to anyone. */
  readonly top: number;
  /** The number of the log's newest entry, and its random tag; empty while there is none. */
  readonly head: number;
  readonly tag: string;
}

/** The clock of the store and of the authority that asks. */
export interface Moment {
  readonly store: number;
  readonly caller: number;
}

/** Where a login or refresh began: the log's head, before any fact was read. */
export interface Begun {
  readonly owner: string;
  readonly head: number;
}

/** Why a step is not taken; nothing has changed. */
export type StepRefusal = 'closed' | 'clocks' | 'outdated';

/** A server that has not passed a takeover gives no stamp and no cut. */
export const isOpen = (ledger: Ledger): boolean => ledger.owner === ledger.server;

/** Login and refresh stop while the clocks disagree; revocation goes on. */
export const clocksAgree = (moment: Moment): boolean => Math.abs(moment.store - moment.caller) <= DELTA_MS;

/** The time of a step: the earlier of both clocks, never below the floor. */
export function stepTime(ledger: Ledger, moment: Moment): number {
  return Math.max(Math.min(moment.store, moment.caller), ledger.floor);
}

/** Whether a cut that applies is younger than the beginning: the facts read since may be the old ones. */
export function isOutdated(begun: Begun, ledger: Ledger, applying: readonly CutEntry[]): boolean {
  return begun.owner !== ledger.owner || applying.some(entry => entry.number > begun.head);
}

/** A stamp at or above every finite cut that applies, and what store and user remember of it. */
export function issueStamp(
  ledger: Ledger,
  last: number | undefined,
  applying: readonly Cuts[],
  now: number,
): { readonly stamp: number; readonly last: number; readonly ledger: Ledger } {
  const stamp = Math.max(now, newestFinite(applying));
  return {
    stamp,
    last: Math.max(last ?? ledger.top, stamp),
    ledger: { ...ledger, top: Math.max(ledger.top, stamp) },
  };
}

/**
 * The cut that refuses every stamp given so far and none that follows.
 * @param last the highest stamp of the user concerned, undefined when unknown or when more than one user is
 */
export function finiteCut(ledger: Ledger, last: number | undefined, cut: number, now: number): number {
  return Math.max(now, cut, (last ?? ledger.top) + 1);
}

/** An entry takes the next number of the log, and a random tag. */
export function append(
  ledger: Ledger,
  entry: CutEntry,
  tag: string,
): { readonly entry: CutEntry; readonly ledger: Ledger } {
  const number = ledger.head + 1;
  return { entry: { ...entry, number }, ledger: { ...ledger, head: number, tag } };
}

/** The entry that a revocation writes: it always takes a new number, so whoever began before it begins again. */
export function raise(
  ledger: Ledger,
  before: CutEntry | undefined,
  tag: string,
  change: {
    readonly scope: Scope;
    readonly plane: Plane;
    readonly cut: number;
    readonly expires: number;
    readonly at: number;
  },
): { readonly entry: CutEntry; readonly ledger: Ledger } {
  const cuts = { a: before?.a ?? 0, r: before?.r ?? 0, s: before?.s ?? 0 };
  const state = {
    ...cuts,
    [change.plane]: Math.max(cuts[change.plane], change.cut),
    scope: change.scope,
    at: Math.max(change.at, before?.at ?? 0),
    expires: Math.max(change.expires, before?.expires ?? 0),
  };
  const mac = before !== undefined && isSameState(before, state) ? before.mac : '';
  return append(ledger, { ...state, number: 0, mac }, tag);
}

/** What a scope becomes when an authority proves its state; undefined where the state is another by now, or has that proof. */
export function vouched(before: CutEntry | undefined, given: CutEntry): CutEntry | undefined {
  if (before === undefined || !isSameState(before, given) || before.mac === given.mac) return undefined;
  return { ...before, mac: given.mac };
}

/** What a scope becomes when somebody gives an entry back; undefined where the store knows all of it. */
export function healed(before: CutEntry | undefined, given: CutEntry): CutEntry | undefined {
  if (before === undefined) return given;
  const merged = mergeEntries(before, given);
  return isSameState(merged, before) && merged.mac === before.mac ? undefined : merged;
}

/** An entry is over when the clocks of both the store and the authority are past its end. */
export const isOver = (entry: CutEntry, { store, caller }: Moment): boolean =>
  entry.expires <= Math.min(store, caller);

/**
 * After failover, restart, flush or restore: every stamp and cut from now on lies above every one ever given.
 * @param newestCut among those that were healed before
 * @param storeNow the later of the clocks of store and authority: what a lost tail gave lies below one that is right
 * @param server who runs now, and owns from now on
 */
export function takeover(
  ledger: Ledger,
  newestCut: number,
  storeNow: number,
  server: string = ledger.server,
): Ledger {
  const floor = Math.max(storeNow + 2 * DELTA_MS, ledger.floor, ledger.top, newestCut) + 1000;
  return { ...ledger, server, owner: server, isFirst: false, floor, top: floor };
}

/** No server: a store that began anew though somebody remembers another one waits, for all, until it is healed and taken over. */
const NOBODY = '';

/** What somebody's memory of an owner does to a store: one that opened itself as if it were new has lost its past. */
export function remembered(ledger: Ledger, owner: string): Ledger {
  return ledger.isFirst && ledger.owner !== owner ? { ...ledger, server: NOBODY } : ledger;
}

/** Whether it is closed because its past is lost, and not for want of a takeover alone. */
export const isLost = (ledger: Ledger): boolean => ledger.server === NOBODY;

/** How long cuts must be kept, milliseconds. */
export interface Lifetimes {
  readonly accessMs: number;
  readonly refreshMs: number;
  readonly leewayMs: number;
}

/**
 * When a cut may be forgotten: the write plus the longest life it concerns plus the leeway; a key's never.
 * @param tokenExpires the `exp` of the one token that a `j` scope names
 */
export function retainUntil(
  scope: Scope,
  plane: Plane,
  at: number,
  lives: Lifetimes,
  tokenExpires?: number,
): number {
  if (scopeKind(scope) === 'k') return INFINITE;
  if (tokenExpires !== undefined) return tokenExpires + lives.leewayMs;
  return at + (plane === 'a' ? lives.accessMs : lives.refreshMs) + lives.leewayMs;
}
