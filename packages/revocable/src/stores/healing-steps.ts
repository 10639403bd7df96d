/** The atomic steps of healing: proofs that are added, and cut-offs that are given back. A closed store takes back, and no more. */
import { append, type CutEntry, healed, isOpen, isOver, vouched } from '../revocation/index.ts';
import type { Appended, HealStep } from '../store.ts';
import type { StepState } from './state.ts';
import { headOf, put } from './steps.ts';

export function vouchStep(state: StepState, entries: readonly CutEntry[]): Appended {
  return appendAll(state, isOpen(state.ledger()) ? entries : [], vouched);
}

export function healStep(state: StepState, { entries, caller }: HealStep, storeNow: number): Appended {
  const live = entries.filter(entry => !isOver(entry, { store: storeNow, caller }));
  return appendAll(state, live, healed);
}

function appendAll(
  state: StepState,
  entries: readonly CutEntry[],
  rule: (before: CutEntry | undefined, given: CutEntry) => CutEntry | undefined,
): Appended {
  const wrote: CutEntry[] = [];
  for (const given of entries) {
    const after = rule(state.entry(given.scope), given);
    if (after !== undefined) wrote.push(put(state, append(state.ledger(), after, state.newTag())));
  }
  return { cursor: headOf(state.ledger()), wrote };
}
