/** Strict base64url, RFC 4648 section 5 as RFC 7515 section 2 uses it: no padding, no foreign characters, no stray bits. */
import { Buffer } from 'node:buffer';

/** Base64url of bytes, or of a text's UTF-8. */
export function encodeBase64url(data: Uint8Array | string): string {
  if (typeof data === 'string') return Buffer.from(data).toString('base64url');
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64url');
}

/**
 * The bytes of a base64url text, or undefined unless it is the one spelling of them.
 * Node's decoder skips what it does not know, reads `+/` too and takes U+0141 for "A"; encoding back tells.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
