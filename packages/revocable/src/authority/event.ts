/** What an authority tells its owner: ids, never tokens. */
import { type CutEntry, INFINITE } from '../revocation/index.ts';
import type { StoreAlarm } from '../store.ts';

/** Whose session it is. */
interface OfSession {
  readonly subject: string;
  readonly tenant?: string;
  readonly client?: string;
  readonly session: string;
}

export type AuthorityEvent =
  /** An access token, at a login or at a refresh. */
  | {
      readonly type: 'token.issued';
      readonly subject: string;
      readonly tenant?: string;
      readonly client?: string;
      readonly session?: string;
      /** Its `jti`. */
      readonly token: string;
    }
  /** A refresh token was replaced; again because the first reply was lost; after the store had lost a rotation. */
  | ({ readonly type: 'refresh.rotated' | 'refresh.late_recovery' | 'store.amnesia' } & OfSession)
  /** Two hold one refresh token: the session has ended. */
  | ({ readonly type: 'refresh.reuse' } & OfSession)
  /** For ever: taken back, held by two, or the longest idle one of a user with too many. Once for each child too. */
  | {
      readonly type: 'session.ended';
      readonly session: string;
      readonly cause: SessionEnd;
      /** Where the cause names one. */
      readonly subject?: string;
    }
  | {
      readonly type: 'revoked';
      readonly scopes: readonly string[];
      /** Milliseconds. */
      readonly cutoff: number;
      readonly reason?: string;
    }
  /** The store is empty of what somebody remembers of it. */
  | { readonly type: 'store.lost'; readonly policy: 'rebuild' | 'cutAll' | 'ignore' }
  /** Cut-offs were given back: so many were news to the store, and so many were none that an authority wrote. */
  | { readonly type: 'store.healed'; readonly cuts: number; readonly refused: number }
  /** This authority opened a store whose server had changed, or whose past was lost. */
  | { readonly type: 'store.takeover'; readonly lost: boolean }
  /**
   * Somebody has to look at the store, told again once an hour while it lasts. `eviction`: it may drop revocations when its memory
   * is full. `replicas`: it takes no writes for want of replicas, takes them without any, or too few had the newest revocation.
   * `clocks`: its clock and this authority's are more than 2 s apart, so nobody can log in or refresh.
   */
  | {
      readonly type: 'store.alarm';
      readonly alarm: AlarmKind;
      /** A sentence for an operator. */
      readonly message: string;
    }
  | { readonly type: 'store.alarm_over'; readonly alarm: AlarmKind }
  /** What is done once a minute did not succeed; it is tried again, and told again once an hour. */
  | {
      readonly type: 'upkeep.failed';
      readonly task: UpkeepTask;
      /** How often in a row. */
      readonly failures: number;
      /** Where it is an error of this library. */
      readonly code?: string;
    }
  | { readonly type: 'upkeep.recovered'; readonly task: UpkeepTask; readonly failures: number }
  /** By this authority; the others of the store follow silently. */
  | { readonly type: 'key.rotated'; readonly kid: string; readonly before: string };

/** `clocks`: those of store and authority are further apart than logins and refreshes allow. */
export type AlarmKind = StoreAlarm['alarm'] | 'clocks';

/** `purge`: what is past its end is removed. `keys`: the signing keys are made, rotated and forgotten. */
export type UpkeepTask = 'purge' | 'keys';

export type SessionEnd = 'revoked' | 'reuse' | 'limit';

export type Emit = (event: AuthorityEvent) => void;

/** Where nobody listens, what somebody has to look at is a warning of the process. */
export function warnOf(event: AuthorityEvent): void {
  const sentence = sentenceOf(event);
  if (sentence !== undefined) process.emitWarning(sentence, 'RevocableWarning');
}

function sentenceOf(event: AuthorityEvent): string | undefined {
  switch (event.type) {
    case 'store.lost':
      return `The store has lost its past; with "storeLoss" ${event.policy} it is opened again.`;
    case 'store.amnesia':
      return 'The store has lost a rotation, and a refresh token proved it: look at its replicas and backups.';
    case 'store.alarm':
      return event.message;
    case 'upkeep.failed':
      return event.task === 'keys'
        ? `The signing keys could not be looked after (${event.code ?? 'no error of this library'}): the one that signs goes on until this succeeds again.`
        : `What is past its end could not be removed from the store (${event.code ?? 'no error of this library'}): it grows until this succeeds again.`;
    default:
      return undefined;
  }
}

/** Tells of the sessions among these cuts that never come back. */
export function emitEnded(emit: Emit, wrote: readonly CutEntry[], cause: SessionEnd, subject?: string): void {
  const whose = subject === undefined ? {} : { subject };
  for (const { scope, s } of wrote)
    if (scope.startsWith('s:') && s === INFINITE)
      emit({ type: 'session.ended', session: scope.slice(2), cause, ...whose });
}

/** The members that say whose session it is. */
export function ofSession(row: {
  readonly id: string;
  readonly subject: string;
  readonly tenant: string;
  readonly client: string;
}): OfSession {
  return {
    subject: row.subject,
    ...(row.tenant && { tenant: row.tenant }),
    ...(row.client && { client: row.client }),
    session: row.id,
  };
}
