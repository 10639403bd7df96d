/** What a healer keeps beside the compact table: the entries themselves, and which of them the store has not shown since its log broke off. */
import { type CutEntry, covers, isSameState, mergeEntries } from './entry.ts';
import { type Scope, scopeKind } from './scope.ts';
import { isOver, type Moment } from './stamps.ts';

export interface Healer {
  /** From the feed. */
  take(entries: readonly CutEntry[]): void;
  /** From elsewhere: the store has yet to show that it knows them. */
  remember(entries: readonly CutEntry[]): void;
  /** The log broke off: what the store does not show again, it lacks. */
  doubt(): void;
  /** What the store has not shown, at most `limit`; those without a proof are no use to it. */
  missing(limit: number): CutEntry[];
  /** They were given back, again and again, and the store does not show them: it is not asked any more. */
  giveUp(entries: readonly CutEntry[]): void;
  /** All of it, shown or not. */
  all(): CutEntry[];
  /** How many scopes of a kind the store has shown cut. */
  count(kind: string): number;
  /** Drops what is over, a slice at a call. */
  forget(moment: Moment): void;
}

/** Entries looked at by one `forget`: no step is long. */
const LOOKED_AT = 2000;

export function createHealer(): Healer {
  let shown = new Map<Scope, CutEntry>();
  /** More than one of a scope where logs broke off twice and neither knows all. */
  const doubted = new Map<Scope, CutEntry[]>();
  let place: IterableIterator<[Scope, CutEntry]> = shown.entries();
  const counts = new Map<string, number>();
  const count = (scope: Scope, more: number): void => {
    const kind = scopeKind(scope);
    counts.set(kind, (counts.get(kind) ?? 0) + more);
  };

  const show = (entry: CutEntry): void => {
    const before = shown.get(entry.scope);
    if (before === undefined) count(entry.scope, 1);
    shown.set(entry.scope, before === undefined ? entry : newer(before, entry));
    const left = doubted.get(entry.scope)?.filter(each => !covers(entry, each));
    if (left?.length === 0) doubted.delete(entry.scope);
    else if (left !== undefined) doubted.set(entry.scope, left);
  };
  const doubtOne = (entry: CutEntry): void => {
    const others = (doubted.get(entry.scope) ?? []).filter(each => !isWithin(each, entry));
    if (!others.some(each => isWithin(entry, each))) others.push(entry);
    doubted.set(entry.scope, others);
  };
  return {
    take: entries => entries.forEach(show),
    remember(entries) {
      for (const entry of entries) {
        const known = shown.get(entry.scope);
        if (known === undefined || !covers(known, entry)) doubtOne(entry);
      }
    },
    doubt() {
      const before = shown;
      shown = new Map();
      counts.clear();
      place = shown.entries();
      for (const entry of before.values()) doubtOne(entry);
    },
    missing(limit) {
      const found: CutEntry[] = [];
      for (const entries of doubted.values()) {
        if (found.length >= limit) break;
        found.push(...entries.filter(entry => entry.mac !== ''));
      }
      return found;
    },
    giveUp: entries => entries.forEach(show),
    count: kind => counts.get(kind) ?? 0,
    all: () => [...shown.values(), ...[...doubted.values()].flat()],
    forget(moment) {
      for (let i = 0; i < LOOKED_AT; i += 1) {
        const next = place.next();
        if (next.done) {
          place = shown.entries();
          break;
        }
        const [scope, entry] = next.value;
        if (isOver(entry, moment) && shown.delete(scope)) count(scope, -1);
      }
      for (const [scope, entries] of doubted)
        if (entries.every(entry => isOver(entry, moment))) doubted.delete(scope);
    },
  };
}

/** Entries of one log: the later one says all that the earlier one does. The log is read again from a cursor, so either may come first. */
function newer(x: CutEntry, y: CutEntry): CutEntry {
  if (isWithin(y, x)) return x;
  return isWithin(x, y) ? y : mergeEntries(x, y);
}

/** Whether keeping `y` makes `x` needless. */
const isWithin = (x: CutEntry, y: CutEntry): boolean =>
  covers(y, x) && (y.mac !== '' || x.mac === '' || !isSameState(x, y));
