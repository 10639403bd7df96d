/** Keys over time: the ring of an authority, and sets that are fetched. */
export type { JwksFetch, JwksResponse } from './jwks-request.ts';
export {
  dueSteps,
  type KeyState,
  nextDueMs,
  PUBLISH_BEFORE_MS,
  publishedKeys,
  type RingKey,
  type RingStep,
  type RingTerms,
  rotated,
  rotatedByHand,
  rotation,
  signingKey,
  standbyKey,
} from './key-ring.ts';
export {
  createRemoteKeySet,
  type RemoteKeySet,
  type RemoteKeySetOptions,
  remoteKeySet,
} from './remote-key-set.ts';
