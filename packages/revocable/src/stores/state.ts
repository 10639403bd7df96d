/** What an atomic step reads and writes. Memory answers from maps, the embedded store from rows inside one transaction. */
import type { CutEntry, CutState, Ledger, Scope } from '../revocation/index.ts';
import type { SessionRow } from '../sessions/index.ts';

export interface StepState {
  ledger(): Ledger;
  setLedger(ledger: Ledger): void;
  /** A random one for the next entry of the log. */
  newTag(): string;
  /** A name for whoever takes over a store without servers: as random as the tags. */
  newServer(): string;
  /** The proof of a state; empty where an authority adds it. */
  proofOf(state: CutState): string;
  entry(scope: Scope): CutEntry | undefined;
  /** Appends to the log; the ledger has its tag. */
  putEntry(entry: CutEntry): void;
  /** The newest finite cut of all: what a takeover must lie above. */
  newestCut(): number;
  /** The highest stamp of a user's scope; may have been dropped. */
  last(user: Scope): number | undefined;
  setLast(user: Scope, last: number, expires: number): void;
  session(id: string): SessionRow | undefined;
  putSession(row: SessionRow): void;
  sessionsOf(tenant: string, subject: string): readonly SessionRow[];
  childrenOf(parent: string): readonly SessionRow[];
}
