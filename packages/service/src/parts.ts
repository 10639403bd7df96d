/** What the endpoints of one service share. */
import type { Authority, Store } from 'revocable';
import type { Accounts } from './accounts.ts';
import type { Attempts } from './attempts.ts';
import type { Clients } from './clients.ts';
import type { Codes } from './codes.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Settings } from './settings.ts';

export interface Parts {
  readonly settings: Settings;
  readonly store: Store;
  readonly authority: Authority;
  readonly accounts: Accounts;
  readonly clients: Clients;
  readonly codes: Codes;
  /** Of names at the login form, and of client secrets. */
  readonly signInAttempts: Attempts;
  readonly clientAttempts: Attempts;
  readonly metrics: Metrics;
  readonly log: Log;
  /** How long the last revocations took to be applied by all, milliseconds; the newest last. */
  readonly appliedMs: number[];
  /** Aborted when the service closes: streams end. */
  readonly closing: AbortSignal;
}
