/** What `jsonwebtoken` accepts as a key, read as it reads it: as a key pair's half if it can be, and else as a secret. */
import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from 'node:crypto';
import { remembering } from './memo.ts';

/** A key, and whether it is a secret that is the text of a public key: then it is none. */
export interface ReadKey {
  readonly key: KeyObject;
  readonly isPublished: boolean;
}

type Purpose = 'signing' | 'verifying';

const readers: Readonly<Record<Purpose, (material: string | Uint8Array) => ReadKey>> = {
  signing: remembering(material => readText(material, createPrivateKey as ReadHalf)),
  verifying: remembering(material => readText(material, createPublicKey as ReadHalf)),
};

type ReadHalf = (material: unknown) => KeyObject;

/**
 * Reads a key for signing (private half first) or verifying (public half first).
 * @throws whatever node:crypto throws for what is no key material
 */
export function readKey(material: unknown, purpose: Purpose): ReadKey {
  if (material instanceof KeyObject) return { key: material, isPublished: false };
  if (typeof material === 'string' || material instanceof Uint8Array) return readers[purpose](material);
  const half = (purpose === 'signing' ? createPrivateKey : createPublicKey) as ReadHalf;
  return { key: halfOf(material, half) ?? createSecretKey(material as Uint8Array), isPublished: false };
}

const PEM = '-----BEGIN ';

/** Text without PEM is spared the attempt, which costs more than all the rest of a call. */
function readText(material: string | Uint8Array, half: ReadHalf): ReadKey {
  const octets = typeof material === 'string' ? Buffer.from(material) : material;
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
  const key = text.includes(PEM) ? halfOf(material, half) : undefined;
  if (key !== undefined) return { key, isPublished: false };
  return { key: createSecretKey(octets), isPublished: looksPublished(text.trim()) };
}

function halfOf(material: unknown, half: ReadHalf): KeyObject | undefined {
  try {
    return half(material);
  } catch {
    return undefined;
  }
}

const SSH_TYPES = ['ssh-', 'ecdsa-sha2-', 'sk-ssh-', 'sk-ecdsa-'];

/**
 * PEM that this runtime cannot read, an OpenSSH public key or a JWK as text: anyone may hold it, so anyone could make
 * tokens of an HMAC with it (CVE-2022-29217, CVE-2023-48223). It is a mistake of set-up, such as a PEM with literal `\n`.
 */
function looksPublished(text: string): boolean {
  if (text.includes(PEM) || SSH_TYPES.some(type => text.startsWith(type))) return true;
  return text.startsWith('{') && text.includes('"kty"') && !text.includes('"oct"');
}

/** A secret that proves nothing: of no octets, or published. */
export function isNoSecret({ key, isPublished }: ReadKey): boolean {
  return key.type === 'secret' && (isPublished || key.symmetricKeySize === 0);
}
