/** The front door: what nine users in ten need. */
export * from './authority/index.ts';
export {
  type Action,
  ConfigError,
  type ErrorCode,
  errorCodes,
  KeyError,
  type ProofFault,
  RequestError,
  RevocableError,
  SessionError,
  StoreError,
  TokenClaimError,
  TokenError,
  TokenExpiredError,
  TokenNotYetError,
  TokenProofError,
  TokenRevokedError,
} from './errors.ts';
export {
  type Claims,
  createSigner,
  decode,
  type JoseHeader,
  type Signer,
  type SignerOptions,
  type Unverified,
} from './jose/index.ts';
export {
  type Alg,
  type AsymmetricAlg,
  createKeySet,
  type ExternalKey,
  exportJwk,
  exportPem,
  externalKey,
  generateKey,
  importJwk,
  type Jwk,
  type Jwks,
  type KeySet,
  type PublicKey,
  privateKey,
  publicKey,
  type RemoteKeySet,
  type RemoteKeySetOptions,
  remoteKeySet,
  type SigningKey,
  secretKey,
  thumbprint,
  type VerificationKey,
} from './keys/public.ts';
export type { CloseConnection, CutEntry, FeedEvent, Replica, WatchedToken } from './revocation/index.ts';
export type { Audit, AuditEvent, AuditRow, Records, Store } from './store.ts';
export {
  type FeedFetch,
  type FollowEvent,
  type FollowOptions,
  followRevocations,
  type OpenStoreOptions,
  openStore,
  type RedisLocation,
} from './stores/index.ts';
export type { Duration } from './time.ts';
export {
  type Auth,
  combineVerifiers,
  createVerifier,
  type DpopOptions,
  type DpopRequest,
  type DpopTerms,
  type Register,
  type Schema,
  type Verified,
  type Verifier,
  type VerifierOptions,
  type VerifyOptions,
} from './verifier/index.ts';
