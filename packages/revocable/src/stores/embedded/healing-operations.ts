/** What the worker does for healing: proofs, what is given back, and where the log can be continued. */
import {
  type Cursor,
  type CutEntry,
  decodeEntries,
  encodeEntries,
  type Prover,
} from '../../revocation/index.ts';
import type { Appended, HealStep, Offers } from '../../store.ts';
import { healStep, vouchStep } from '../healing-steps.ts';
import { positionIn } from '../position.ts';
import { rememberStep } from '../steps.ts';
import type { Statement } from './engine.ts';
import { cutOf, type SqliteState } from './sqlite-state.ts';

export interface HealingOperations {
  remember(owner: string, now: number): { readonly lost: boolean };
  proveWith(prover: Prover, now: number): void;
  vouch(entries: readonly CutEntry[], now: number): Appended;
  unproved(limit: number, now: number): CutEntry[];
  heal(step: HealStep, now: number): Appended;
  offer(entries: readonly CutEntry[], now: number): void;
  offers(args: undefined, now: number): Offers;
  dropOffers(place: string, now: number): void;
  continues(cursor: Cursor, now: number): boolean;
}

/** Pieces that wait to be judged: anybody who follows may offer. */
const MOST_OFFERS = 200;

export function healingOperations(sql: (text: string) => Statement, state: SqliteState): HealingOperations {
  return {
    remember: owner => rememberStep(state, owner),
    proveWith: prover => state.proveWith(prover),
    vouch: entries => vouchStep(state, entries),
    unproved: limit => state.unproved(limit).map(cutOf),
    heal: (step, now) => healStep(state, step, now),
    offer(entries) {
      sql('INSERT INTO offers(entries) VALUES (?)').run(encodeEntries(entries));
      sql('DELETE FROM offers WHERE number <= (SELECT max(number) FROM offers) - ?').run(MOST_OFFERS);
    },
    offers() {
      const rows = sql('SELECT number, entries FROM offers ORDER BY number LIMIT ?').all(MOST_OFFERS);
      const entries = rows.flatMap(([, text]) => decodeEntries(String(text)));
      return { entries, place: String(rows.at(-1)?.[0] ?? 0) };
    },
    dropOffers: place => void sql('DELETE FROM offers WHERE number <= ?').run(Number(place)),
    continues: cursor => continuedAt(state, cursor) !== undefined,
  };
}

/** Where the log goes on behind a cursor; undefined where it does not. */
export const continuedAt = (state: SqliteState, cursor: Cursor): number | undefined =>
  positionIn(state.ledger(), cursor, number => state.tagAt(number));
