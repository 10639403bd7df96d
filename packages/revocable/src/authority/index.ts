/** Who signs and revokes. */
export type { Session } from '../sessions/index.ts';
export {
  type Authority,
  type AuthorityStatus,
  createAuthority,
  type ReplicaIdentity,
  type Sessions,
} from './authority.ts';
export type { CutoffCounts } from './cutoff-counts.ts';
export type { AlarmKind, AuthorityEvent } from './event.ts';
export type { FeedOptions } from './feed-events.ts';
export type { GivenBack } from './healing.ts';
export type { Introspection } from './introspection.ts';
export type { AccessToken, IssueOptions, TokenPair } from './issuer.ts';
export type { AuthorityOptions, SigningOptions, StoreLoss } from './options.ts';
export type { ClaimsOf, RefreshOptions } from './refresher.ts';
export type { Revocation, RevokeOptions } from './revoker.ts';
export type { RootSecret } from './root.ts';
export type { Binding } from './sender-proof.ts';
export { type Settled, type SettledOptions, UNHEARD } from './settled.ts';
export type { KeyRotation, KeyStatus, RotateOptions } from './signing-keys.ts';
export type { Target } from './target.ts';
