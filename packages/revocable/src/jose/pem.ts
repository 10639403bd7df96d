/** PEM text to one block: RFC 7468, with real or literal `\n`, and anything before the block passed over. */
import { KeyError } from '../errors.ts';

const PRIVATE = ['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];
const PUBLIC = ['PUBLIC KEY', 'RSA PUBLIC KEY'];
const CERTIFICATE = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'];

export interface PemBlock {
  readonly kind: 'private' | 'public' | 'certificate';
  readonly text: string;
}

/** True for text or bytes that begin like PEM. */
export function looksLikePem(material: string | Uint8Array): boolean {
  const text = typeof material === 'string' ? material : String.fromCharCode(...material.subarray(0, 64));
  return text.trimStart().startsWith('-----BEGIN ');
}

/**
 * The first block of a PEM text that holds a key or certificate.
 * @throws {KeyError} ERR_KEY_INVALID when there is none
 */
export function readPem(material: string): PemBlock {
  const text = material.includes('\\n') ? material.replaceAll('\\r', '').replaceAll('\\n', '\n') : material;
  for (
    let begin = text.indexOf('-----BEGIN ');
    begin !== -1;
    begin = text.indexOf('-----BEGIN ', begin + 1)
  ) {
    const label = text.slice(begin + 11, text.indexOf('-----', begin + 11));
    const kind = kindOf(label);
    const end = text.indexOf(`-----END ${label}-----`, begin);
    if (kind !== undefined && end !== -1)
      return { kind, text: `${text.slice(begin, end)}-----END ${label}-----\n` };
  }
  throw new KeyError('ERR_KEY_INVALID', 'The text holds no complete PEM block of a key or certificate.');
}

function kindOf(label: string): PemBlock['kind'] | undefined {
  if (PRIVATE.includes(label)) return 'private';
  if (PUBLIC.includes(label)) return 'public';
  return CERTIFICATE.includes(label) ? 'certificate' : undefined;
}
