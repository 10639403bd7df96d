/**
 * A KeyObject that shares no lock with the job that made it. On Node 20 a generated key and its job share one, and the job takes it
 * once more when it is collected: a collection in the midst of `export({ format: 'jwk' })` then locks up the process for ever.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** The same key anew, out of its DER, which node:crypto writes without a lock; itself where it cannot be written, as in a HSM. */
export function ownHandle(handle: KeyObject): KeyObject {
  const make = (handle.type === 'private' ? createPrivateKey : createPublicKey) as typeof createPublicKey;
  try {
    return make({ key: derOf(handle), format: 'der', type: derType(handle) });
  } catch {
    return handle;
  }
}

/** PKCS #8 of a private key, SPKI of a public one. */
export function derOf(handle: KeyObject): Buffer {
  return handle.export({ format: 'der', type: derType(handle) });
}

/** Its structure; node:crypto types each half apart. */
export const derType = ({ type }: KeyObject): 'spki' => (type === 'private' ? 'pkcs8' : 'spki') as 'spki';
