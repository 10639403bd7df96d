/** What the parts of one authority share. */
import { SessionError, StoreError, TokenRevokedError } from '../errors.ts';
import type { Random } from '../random.ts';
import { DELTA_MS, type LocalReplica } from '../revocation/index.ts';
import type { Journal, Refused, Store } from '../store.ts';
import { type Clock, pause, type Timers } from '../time.ts';
import type { Alarms } from './alarms.ts';
import type { Emit } from './event.ts';
import type { Settings } from './options.ts';
import type { Roots } from './root.ts';
import type { Sender, SenderProofs } from './sender-proof.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { TokenCuts } from './token-cuts.ts';

export interface Context {
  readonly settings: Settings;
  readonly store: Store;
  readonly roots: Roots;
  /** Undefined where another issuer signs. */
  readonly keys: SigningKeys | undefined;
  /** The authority's own copy of the cut-offs. */
  readonly replica: LocalReplica;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly emit: Emit;
  /** This authority's own revocations, where it has a place for them. */
  readonly journal: Journal | undefined;
  /** Heals and opens a store that is closed. */
  takeOver(): Promise<void>;
  readonly alarms: Alarms;
  readonly senderProofs: SenderProofs;
  readonly tokenCuts: TokenCuts;
}

/** The error of a step that was not taken. */
export function refusedError(refused: Refused): StoreError | SessionError | TokenRevokedError {
  switch (refused.refused) {
    case 'closed':
      return new StoreError(
        'ERR_STORE_UNAVAILABLE',
        'The store has a new server, or has lost its past, and is not yet healed and taken over. Nothing has changed.',
      );
    case 'clocks':
      return new StoreError(
        'ERR_STORE_UNAVAILABLE',
        'The clocks of the store and of this authority are more than 2 s apart. Nothing has changed.',
      );
    case 'outdated':
      return new StoreError(
        'ERR_BEGIN_OUTDATED',
        'Something was taken back since this began: begin again and look again.',
      );
    case 'revoked':
      return new TokenRevokedError(refused.refusal?.scope ?? '', refused.refusal?.plane ?? 's', 'login');
    case 'expired':
      return new SessionError('ERR_SESSION_EXPIRED', 'The session is over.');
    case 'gone':
      return new SessionError('ERR_SESSION_NOT_FOUND', 'There is no such session.');
    case 'reused':
      return new SessionError('ERR_REFRESH_REUSED', 'Two hold this refresh token; the session has ended.');
  }
}

/** How long one waits for a store to be healed; it goes on without them. */
const PATIENCE_MS = 3000;

/** How often a step begins again before the caller is asked to come back. */
const TRIES = 3;

/** Begins, looks, steps; and again from the beginning when a cut came between. A new server is taken over on the way. */
export async function beginningAgain<T extends object>(
  context: Context,
  attempt: () => Promise<T | Refused>,
): Promise<T | Refused> {
  let reply = await attempt();
  for (let tries = 1; tries < TRIES && isRefused(reply); tries++) {
    if (reply.refused === 'closed')
      await Promise.race([context.takeOver(), pause(context.timers, PATIENCE_MS)]);
    else if (reply.refused !== 'outdated') return reply;
    reply = await attempt();
  }
  return reply;
}

/** Takes a step for somebody. Where nothing came of it the proof of who they are is not used up: a caller may try again. */
export async function stepFor<T extends object>(
  sender: Sender,
  step: () => Promise<T | Refused>,
): Promise<T | Refused> {
  try {
    const reply = await step();
    if (isRefused(reply)) await sender.giveBack();
    return reply;
  } catch (error) {
    if (!(error instanceof StoreError)) await sender.giveBack(); // of an outage nobody knows what came
    throw error;
  }
}

export const isRefused = (reply: object): reply is Refused => 'refused' in reply;

/**
 * A step that compares clocks. The caller's is read last of all; where the step then waited for longer than clocks may be apart,
 * in a queue of the store or on the way to it, the wait is what has to be mended, and not a clock.
 * @throws {StoreError} ERR_STORE_UNAVAILABLE
 */
export async function atOnce<T extends object>(
  { clock }: Context,
  step: (caller: number) => Promise<T | Refused>,
): Promise<T | Refused> {
  const sent = clock.monotonic();
  const reply = await step(clock.wall());
  const waited = clock.monotonic() - sent;
  if (!isRefused(reply) || reply.refused !== 'clocks' || waited < DELTA_MS) return reply;
  throw new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `The store answers too slowly: it took ${(waited / 1000).toFixed(1)} s for one step. Nothing has changed.`,
  );
}
