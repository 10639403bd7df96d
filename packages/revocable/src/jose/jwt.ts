/** JSON Web Tokens to be signed, and read without proof: RFC 7519 section 7. */
import { ConfigError } from '../errors.ts';
import type { Claims } from './claims.ts';
import { readPayload } from './claims.ts';
import { parseCompact } from './compact.ts';
import { type JoseHeader, readHeaders } from './header.ts';
import { type ExternalKey, materialOf, type SigningKey } from './key.ts';
import { asciiOctets, encodeText } from './octets.ts';
import { signBytesAsync, signText } from './signature.ts';

declare const unverified: unique symbol;

/** What a token says of itself. Nothing is proved; it does not compile where a `Verified` is wanted. */
export interface Unverified {
  readonly header: JoseHeader;
  readonly claims: Claims;
  /** In base64url. */
  readonly signature: string;
  readonly [unverified]: true;
}

/**
 * Reads a token WITHOUT verifying it: anyone can have written what it says. For debugging and for choosing a verifier.
 * @throws {TokenError} ERR_TOKEN_MISSING, ERR_TOKEN_MALFORMED
 */
export function decode(token: string): Unverified {
  const {
    protected: parsed,
    text,
    signature,
    payloadAt,
  } = parseCompact(token, Number.POSITIVE_INFINITY, readHeaders);
  if (!parsed.isRemembered) readHeaders.remember(token.slice(0, payloadAt - 1), parsed);
  return { header: parsed.header, claims: readPayload(text), signature } as Unverified;
}

/** The members of a header in base64url with its dot, to be made once and used for many tokens. */
export function encodeHeader(header: JoseHeader): string {
  return `${encodeText(JSON.stringify(header))}.`;
}

/**
 * Signs exactly this header and these claims: nothing is added or checked but what the key demands.
 * `header.alg` must be the key's. For users there is `createSigner`.
 * @throws {ConfigError} ERR_CONFIG_INVALID for a key that does not sign at hand, or is for another algorithm
 */
export function signJwt(header: JoseHeader, claims: Claims, key: SigningKey): string {
  return signInput(inputOf(header, claims, key), key);
}

/** The same by promise: RSA off the event loop, external keys too. */
export async function signJwtAsync(
  header: JoseHeader,
  claims: Claims,
  key: SigningKey | ExternalKey,
): Promise<string> {
  return signInputAsync(inputOf(header, claims, key), key);
}

function inputOf(header: JoseHeader, claims: Claims, key: SigningKey | ExternalKey): string {
  if (header?.alg !== materialOf(key).algorithm.name)
    throw new ConfigError('The "alg" of the header is that of the key.');
  return encodeHeader(header) + encodeText(JSON.stringify(claims));
}

/** `input` is a header and a payload in base64url, with the dot between them (RFC 7515 section 5.1). */
export function signInput(input: string, key: SigningKey | ExternalKey): string {
  return `${input}.${signText(materialOf(key), input)}`;
}

export async function signInputAsync(input: string, key: SigningKey | ExternalKey): Promise<string> {
  return `${input}.${await signBytesAsync(materialOf(key), Uint8Array.from(asciiOctets(input)))}`;
}
