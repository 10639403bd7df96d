/** What an authority tells its owner: ids, never tokens. */
export type AuthorityEvent =
  | {
      readonly type: 'token.issued';
      readonly subject: string;
      readonly tenant?: string;
      readonly client?: string;
      readonly session?: string;
    }
  | {
      readonly type: 'refresh.rotated' | 'refresh.late_recovery' | 'store.amnesia';
      readonly subject: string;
      readonly session: string;
    }
  | { readonly type: 'refresh.reuse' | 'session.ended'; readonly subject: string; readonly session: string }
  | {
      readonly type: 'revoked';
      readonly scopes: readonly string[];
      readonly cutoff: number;
      readonly reason?: string;
    }
  | { readonly type: 'key.rotated'; readonly kid: string; readonly before?: string };

export type Emit = (event: AuthorityEvent) => void;
