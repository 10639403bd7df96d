/** What an authority tells its owner: ids, never tokens. */
import { type CutEntry, INFINITE } from '../revocation/index.ts';

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
  /** By this authority; the others of the store follow silently. */
  | { readonly type: 'key.rotated'; readonly kid: string; readonly before: string };

export type SessionEnd = 'revoked' | 'reuse' | 'limit';

export type Emit = (event: AuthorityEvent) => void;

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
