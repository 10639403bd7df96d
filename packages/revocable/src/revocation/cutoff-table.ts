/** What a replica holds: the entries of the log by scope, merged by maximum. */
import { type Cuts, newestFinite } from './cutoff.ts';
import { type CutEntry, mergeEntries } from './entry.ts';
import type { Scope } from './scope.ts';

export interface CutoffTable {
  readonly size: number;
  get(scope: Scope): CutEntry | undefined;
  /** Returns whether anything a token is judged by has changed. */
  put(entry: CutEntry): boolean;
  /** The newest finite cut among these scopes; 0 when there is none. */
  newest(scopes: readonly Scope[]): number;
  entries(): Iterable<CutEntry>;
  /** Forgets what `isOver` says; at most `limit` a call, so that the event loop is never held. */
  forget(isOver: (entry: CutEntry) => boolean, limit: number): number;
}

export function createCutoffTable(): CutoffTable {
  const held = new Map<Scope, CutEntry>();
  return {
    get size() {
      return held.size;
    },
    get: scope => held.get(scope),
    put: entry => put(held, entry),
    newest: scopes => newestFinite(cutsAmong(held, scopes)),
    entries: () => held.values(),
    forget: (isOver, limit) => forget(held, isOver, limit),
  };
}

function put(held: Map<Scope, CutEntry>, entry: CutEntry): boolean {
  const before = held.get(entry.scope);
  const merged = before === undefined ? entry : mergeEntries(before, entry);
  held.set(entry.scope, merged);
  return before === undefined || merged.a > before.a || merged.r > before.r || merged.s > before.s;
}

function* cutsAmong(held: Map<Scope, CutEntry>, scopes: readonly Scope[]): Iterable<Cuts> {
  for (const scope of scopes) {
    const cuts = held.get(scope);
    if (cuts !== undefined) yield cuts;
  }
}

function forget(held: Map<Scope, CutEntry>, isOver: (entry: CutEntry) => boolean, limit: number): number {
  let forgotten = 0;
  for (const entry of held.values()) {
    if (forgotten === limit) break;
    if (!isOver(entry)) continue;
    held.delete(entry.scope);
    forgotten += 1;
  }
  return forgotten;
}
