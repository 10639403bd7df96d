/** Proofs for what was written, and what is given back: how an authority keeps cut-offs from being lost with their store. */
import {
  type Cursor,
  type CutEntry,
  covers,
  decodeEntry,
  INFINITE,
  isCutEntry,
  placeOf,
  type Scope,
  scopeKind,
  type TokenProfile,
} from '../revocation/index.ts';
import type { Journal, Store } from '../store.ts';
import type { Clock } from '../time.ts';
import { isProved, ownedProfile, prove } from './cut-proof.ts';
import type { Emit } from './event.ts';
import type { Settings } from './options.ts';
import type { Roots } from './root.ts';

/** What healing needs of an authority. */
export interface HealingContext {
  readonly settings: Settings;
  readonly store: Store;
  readonly roots: Roots;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly journal: Journal | undefined;
}

const AT_ONCE = 500;

/**
 * Adds the proofs to what a step wrote, and writes it in the journal; on the disk when it resolves.
 * @param cursor where the step left the log
 * @returns where the proofs left it
 * @throws {StoreError} ERR_STORE_UNAVAILABLE: it counts, but is not known to be kept
 */
export async function countersign(
  { store, settings, roots, journal }: HealingContext,
  wrote: readonly CutEntry[],
  cursor: Cursor,
): Promise<Cursor> {
  const newest = new Map(wrote.map(entry => [entry.scope, entry]));
  if (newest.size === 0) return cursor;
  const unproved = [...newest.values()].filter(({ mac }) => mac === '');
  const proved = [...newest.values()].map(entry => prove(entry, settings.issuer, roots));
  const [vouched] = await Promise.all([
    unproved.length === 0 ? { cursor } : store.vouch(proved),
    journal?.append(placeOf(cursor)?.owner ?? '', proved),
  ]);
  return vouched.cursor;
}

/** The same for cuts that a step wrote beside its own business: what cannot be proved now is proved at the next look. */
export async function countersignLater(context: HealingContext, wrote: readonly CutEntry[]): Promise<void> {
  try {
    const { cursor } = await context.store.vouch([]);
    await countersign(context, wrote, cursor);
  } catch {
    // They count, and the business was done.
  }
}

/** Entries whose authority died before it could prove them. */
export async function countersignOld(context: HealingContext): Promise<void> {
  const { store, settings, roots } = context;
  for (let entries = await store.unproved(AT_ONCE); entries.length > 0; ) {
    const { wrote } = await store.vouch(entries.map(entry => prove(entry, settings.issuer, roots)));
    entries = wrote.length === 0 ? [] : await store.unproved(AT_ONCE);
  }
}

/** Says what the tokens are, and proves who owns the store; whoever follows it is its witness from then on. */
export async function declareOwner({ store, settings, roots }: HealingContext): Promise<void> {
  const begun = await store.begin();
  await store.declare('refused' in begun ? settings.profile : ownedProfile(begun.owner, settings, roots));
}

/** Merges entries into the store, proves what came of it, and returns what was news to the store. */
export async function healAll(context: HealingContext, entries: readonly CutEntry[]): Promise<CutEntry[]> {
  const { store, clock, settings, roots } = context;
  const news: CutEntry[] = [];
  for (let from = 0; from === 0 || from < entries.length; from += AT_ONCE) {
    const piece = entries.slice(from, from + AT_ONCE);
    const { wrote } = await store.heal({ entries: piece, caller: clock.wall() });
    const merged = wrote.filter(entry => entry.mac === '');
    if (merged.length > 0) await store.vouch(merged.map(entry => prove(entry, settings.issuer, roots)));
    news.push(...wrote);
  }
  return news;
}

/** Those of these entries that the store does not know. */
export async function lacking(store: Store, entries: readonly CutEntry[]): Promise<CutEntry[]> {
  if (entries.length === 0) return [];
  const known = new Map<Scope, CutEntry>();
  await store.feed.load('all', piece => {
    for (const entry of piece) known.set(entry.scope, entry);
  });
  return entries.filter(entry => {
    const there = known.get(entry.scope);
    return there === undefined || !covers(there, entry);
  });
}

/** What became of entries that were given back. */
export interface GivenBack {
  /** Proved to be ours; whether the store knew them or not. */
  readonly accepted: number;
  /** Not written by an authority of this issuer, or with an end that none gives. */
  readonly refused: number;
}

/** Sorts out what is ours, and heals the store with it. */
export async function takeBack(
  context: HealingContext,
  cuts: readonly unknown[],
): Promise<GivenBack & { readonly news: readonly CutEntry[] }> {
  const { settings, roots, store, clock } = context;
  const profile = (await store.profile()) ?? settings.profile;
  const latest = latestEnd(profile, clock.wall());
  const entries = cuts
    .map(entryFrom)
    .filter(entry => entry !== undefined)
    .filter(entry => isProved(entry, settings.issuer, roots) && endsInTime(entry, latest));
  const news = entries.length === 0 ? [] : await healAll(context, entries);
  return { accepted: entries.length, refused: cuts.length - entries.length, news };
}

/** A takeover sets the floor, and a cut may set the stamps, as far ahead of the clocks as verifiers let a stamp be. */
const AHEAD_MS = 60_000;

const latestEnd = ({ accessMaxMs, refreshMaxMs, leewayMs }: TokenProfile, nowMs: number): number =>
  nowMs + AHEAD_MS + Math.max(accessMaxMs, refreshMaxMs) + leewayMs;

/** A key's cut never ends; every other one does, one longest life after it was written at the latest. */
const endsInTime = ({ scope, expires }: CutEntry, latest: number): boolean =>
  scopeKind(scope) === 'k' ? expires === INFINITE : expires <= latest;

/** As an object, or as a line of the feed. */
function entryFrom(cut: unknown): CutEntry | undefined {
  if (isCutEntry(cut)) return cut;
  try {
    return decodeEntry(cut, 0);
  } catch {
    return undefined;
  }
}
