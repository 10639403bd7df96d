/** What a key of a key pair looks like as text or DER. Anyone may have it, so it is no secret, whatever a caller takes it for. */
import { Buffer } from 'node:buffer';
import { createPublicKey } from 'node:crypto';

const BEGINNINGS: readonly string[] = ['-----BEGIN ', 'ssh-', 'ecdsa-sha2-'];
const SEQUENCE = 0x30;

/** True for PEM, a JWK or JWK Set, a key of SSH, and DER of a public key. */
export function looksLikeKey(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1').trimStart();
  if (BEGINNINGS.some(beginning => text.startsWith(beginning))) return true;
  return (text.startsWith('{') && text.includes('"kty"')) || isPublicDer(bytes);
}

function isPublicDer(bytes: Uint8Array): boolean {
  if (bytes[0] !== SEQUENCE) return false;
  return (['spki', 'pkcs1'] as const).some(type => {
    try {
      return createPublicKey({ key: Buffer.from(bytes), format: 'der', type }) !== undefined;
    } catch {
      return false;
    }
  });
}
