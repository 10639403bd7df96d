/**
 * RSA keys under `rsaEncryption` and under `id-RSASSA-PSS` (RFC 4055 section 1.2). A key of the second kind carries
 * hash and salt length, so node:crypto takes it bare, which is what every runtime accepts and what is fast.
 */
import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { KeyError } from '../errors.ts';
import type { Algorithm } from './algorithms.ts';
import { derElement, derSequence } from './der.ts';
import { derOf } from './own-handle.ts';

const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const BIT_STRING = 0x03;
const VERSION_0 = Buffer.from([0x02, 0x01, 0x00]);
const NULL = Buffer.from([0x05, 0x00]);
const ID_RSASSA_PSS = Buffer.from('06092a864886f70d01010a', 'hex');
const ID_MGF1 = Buffer.from('06092a864886f70d010108', 'hex');
const ID_HASH: Readonly<Record<string, Buffer>> = {
  sha256: Buffer.from('0609608648016503040201', 'hex'),
  sha384: Buffer.from('0609608648016503040202', 'hex'),
  sha512: Buffer.from('0609608648016503040203', 'hex'),
};

/**
 * The same key as a plain RSA key, which JWK can express.
 * @throws {KeyError} ERR_KEY_INVALID when the key is bound to another hash or scheme than the algorithm's
 */
export function plainRsa(handle: KeyObject, row: Algorithm): KeyObject {
  if (handle.asymmetricKeyType !== 'rsa-pss') return handle;
  const bound = handle.asymmetricKeyDetails?.hashAlgorithm;
  if (row.scheme !== 'pss' || (bound !== undefined && bound !== row.hash))
    throw new KeyError(
      'ERR_KEY_INVALID',
      `This RSASSA-PSS key is bound to ${bound ?? 'PSS'}, which ${row.name} contradicts.`,
    );
  const key = innerKey(handle);
  if (handle.type === 'private') return createPrivateKey({ key, format: 'der', type: 'pkcs1' });
  return createPublicKey({ key, format: 'der', type: 'pkcs1' });
}

/** The RSAPrivateKey of a PKCS #8, or the RSAPublicKey of an SPKI. (Node 24 does not export as PKCS #1 what came as that.) */
function innerKey(handle: KeyObject): Buffer {
  const outer = derOf(handle);
  const members = derSequence(derSequence(outer)?.[0] ?? outer);
  return Buffer.from((handle.type === 'private' ? members?.[2] : members?.[1]?.subarray(1)) ?? []);
}

/** The key bound to the algorithm's hash, MGF1 hash and salt length; the plain one where the runtime cannot, or cannot undo it (Deno). */
export function pssBound(handle: KeyObject, row: Algorithm): KeyObject {
  try {
    const bound = handle.type === 'private' ? boundPrivate(handle, row) : boundPublic(handle, row);
    plainRsa(bound, row);
    return bound;
  } catch {
    return handle;
  }
}

function boundPrivate(handle: KeyObject, row: Algorithm): KeyObject {
  const inner = derElement(OCTET_STRING, innerKey(handle));
  const key = derElement(SEQUENCE, VERSION_0, algorithmIdentifier(row), inner);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

function boundPublic(handle: KeyObject, row: Algorithm): KeyObject {
  const inner = derElement(BIT_STRING, Buffer.from([0]), innerKey(handle));
  return createPublicKey({
    key: derElement(SEQUENCE, algorithmIdentifier(row), inner),
    format: 'der',
    type: 'spki',
  });
}

/** RSASSA-PSS-params, RFC 4055 section 3.1. */
function algorithmIdentifier(row: Algorithm): Buffer {
  const hash = derElement(SEQUENCE, ID_HASH[row.hash ?? ''] ?? NULL, NULL);
  const params = derElement(
    SEQUENCE,
    derElement(0xa0, hash),
    derElement(0xa1, derElement(SEQUENCE, ID_MGF1, hash)),
    derElement(0xa2, derElement(0x02, Buffer.from([row.saltLength]))),
  );
  return derElement(SEQUENCE, ID_RSASSA_PSS, params);
}
