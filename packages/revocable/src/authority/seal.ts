/** Private keys at rest: AES-256-GCM under a key derived from the root secret (NIST SP 800-38D). */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { StoreError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { Roots } from './root.ts';

const NONCE = 12;
const TAG = 16;

/** base64url of nonce, ciphertext and tag. `label` is bound to it: a sealed text opens only under the name it was sealed for. */
export function seal(plain: string, label: string, roots: Roots, random: Random): string {
  const nonce = random.bytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', roots[0].seal, nonce).setAAD(Buffer.from(label));
  return Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  );
}

/** @throws {StoreError} ERR_STORE_CORRUPT when none of the root secrets opens it */
export function unseal(sealed: string, label: string, roots: Roots): string {
  const bytes = Buffer.from(sealed, 'base64url');
  for (const root of roots) {
    const plain = tryOpen(bytes, label, root.seal);
    if (plain !== undefined) return plain;
  }
  throw new StoreError(
    'ERR_STORE_CORRUPT',
    `The private key "${label}" in the store was encrypted under another root secret. Where the secret has been changed, give ` +
      'the former one behind the new one: secret: [new, former]. A folder keeps its own in the file "secret".',
  );
}

/** Whether it was sealed under the first of the root secrets. */
export function isSealedByFirst(sealed: string, label: string, [first]: Roots): boolean {
  return tryOpen(Buffer.from(sealed, 'base64url'), label, first.seal) !== undefined;
}

function tryOpen(bytes: Buffer, label: string, key: Uint8Array): string | undefined {
  if (bytes.length < NONCE + TAG) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE)).setAAD(Buffer.from(label));
  decipher.setAuthTag(bytes.subarray(-TAG));
  try {
    return decipher.update(bytes.subarray(NONCE, -TAG), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}
