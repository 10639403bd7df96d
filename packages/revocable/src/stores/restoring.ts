/** What makes a store of a copy: it is older than what verifiers have heard, and lacks what was taken back since. */
import { EVERYONE, type Lifetimes, raise, retainUntil, takeover } from '../revocation/index.ts';
import type { StepState } from './state.ts';
import { put } from './steps.ts';

/** As far ahead as verifiers let a stamp be: what the lost store gave lies below. */
const CUT_AHEAD_MS = 60_000;

/**
 * Gives a copy an owner of its own, so that whoever followed the store reads all of it again, and puts its floor above every stamp
 * and cut in it.
 * @param lives of the tokens that were given; undefined where the sessions go on, else everyone is cut off
 */
export function restoreStep(state: StepState, lives: Lifetimes | undefined, storeNow: number): void {
  if (lives !== undefined) cutEveryone(state, lives, storeNow);
  const ledger = takeover(state.ledger(), state.newestCut(), storeNow, state.newServer());
  state.setLedger({ ...ledger, since: storeNow });
}

function cutEveryone(state: StepState, lives: Lifetimes, storeNow: number): void {
  const ledger = state.ledger();
  const before = state.entry(EVERYONE);
  const cut = Math.max(storeNow + CUT_AHEAD_MS, ledger.top + 1);
  const at = Math.max(storeNow, ledger.top);
  const expires = retainUntil(EVERYONE, 's', Math.max(at, cut), lives);
  put(state, raise(ledger, before, state.newTag(), { scope: EVERYONE, plane: 's', cut, expires, at }));
}
