/** Tokens that no signer of ours makes: exact header and payload bytes under a true signature. */
import type { SigningKey, VerificationKey } from 'revocable';
import { materialOf } from '#jose/key';
import { signBytes } from '#jose/signature';

export const b64 = (data: string | Uint8Array): string => Buffer.from(data as string).toString('base64url');

/** A token of this header and this payload, as objects or as the very bytes, signed truly. */
export function forge(key: SigningKey, header: unknown, payload: unknown): string {
  const input = `${b64(bytes(header))}.${b64(bytes(payload))}`;
  return `${input}.${signBytes(materialOf(key as VerificationKey), Buffer.from(input))}`;
}

function bytes(part: unknown): string | Uint8Array {
  return typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part);
}

/** A header for a key. */
export const headerOf = (key: VerificationKey, more: object = {}): object => ({
  alg: key.alg,
  typ: 'JWT',
  ...more,
});

/** The token with one character of its signature changed: never the same, whatever it was. The last one may have unused bits. */
export const withOtherSignature = (token: string): string =>
  token.replace(/.(?=.{5}$)/, character => (character === 'A' ? 'B' : 'A'));
