/** The compact serialization, taken apart strictly: RFC 7515 sections 3.1 and 7.1. One token, one spelling. */
import { KeyError, TokenError } from '../errors.ts';
import { type HeaderMemory, type ProtectedHeader, provedHeaders } from './header.ts';
import { materialOf, type VerificationKey } from './key.ts';
import { decodeText, holdAscii, isStrictFrom } from './octets.ts';
import { checkText } from './signature.ts';

/** A token that has the form of one. Nothing in it is proved. */
export interface Compact {
  readonly token: string;
  readonly protected: ProtectedHeader;
  /** The payload as text; null when it is no UTF-8, which is said only after the signature. */
  readonly text: string | null;
  /** In strict base64url. */
  readonly signature: string;
  /** Where the payload and the signature begin. */
  readonly payloadAt: number;
  readonly signatureAt: number;
  /** Whether its octets are still at hand; see `heldOctets`. */
  readonly hold: number;
}

/**
 * Takes a token apart.
 * @throws {TokenError} ERR_TOKEN_MISSING for undefined, null and ''; ERR_TOKEN_TOO_LARGE; ERR_TOKEN_MALFORMED
 */
export function parseCompact(
  token: unknown,
  maxLength: number = Number.POSITIVE_INFINITY,
  memory: HeaderMemory = provedHeaders,
): Compact {
  if (typeof token !== 'string' || token === '') throw missingOrNone(token);
  if (token.length > maxLength)
    throw new TokenError('ERR_TOKEN_TOO_LARGE', `The token has more than ${maxLength} characters.`);
  const payloadAt = token.indexOf('.') + 1;
  const signatureAt = token.indexOf('.', payloadAt) + 1;
  if (payloadAt === 0 || signatureAt === 0) throw notThreeParts();
  const hold = holdAscii(token);
  if (hold === 0 || token.indexOf('+') !== -1 || token.indexOf('/') !== -1) throw notBase64url();
  const signature = token.slice(signatureAt);
  const text = decodeText(token.slice(payloadAt, signatureAt - 1));
  if (text === undefined) throw notBase64url();
  // No dot is strict base64url: a third one is looked for only to say so.
  if (!isStrictFrom(token, signatureAt, hold))
    throw token.indexOf('.', signatureAt) === -1 ? notBase64url() : notThreeParts();
  const header = memory.headerOf(token, payloadAt);
  return { token, protected: header, text, signature, payloadAt, signatureAt, hold };
}

function missingOrNone(token: unknown): TokenError {
  if (token === undefined || token === null || token === '')
    return new TokenError('ERR_TOKEN_MISSING', 'There is no token.');
  return malformed('The token is no string.');
}

function notThreeParts(): TokenError {
  return malformed('A token has three parts between exactly two dots.');
}

function notBase64url(): TokenError {
  return malformed('A part of the token is not in strict base64url.');
}

/** The error of a token without the form of one. */
export function malformed(message: string): TokenError {
  return new TokenError('ERR_TOKEN_MALFORMED', message);
}

/**
 * The candidate whose signature the token bears.
 * @throws {TokenError} ERR_TOKEN_SIGNATURE when none of them made it
 */
export function proveCompact(compact: Compact, candidates: readonly VerificationKey[]): VerificationKey {
  const { token, signature, signatureAt, payloadAt, hold } = compact;
  for (const key of candidates) {
    if (!checkText(materialOf(key), token, signatureAt - 1, hold, signature)) continue;
    if (!compact.protected.isRemembered)
      provedHeaders.remember(token.slice(0, payloadAt - 1), compact.protected);
    return key;
  }
  if (candidates.length === 0) throw new KeyError('ERR_KEY_NOT_FOUND', 'There is no key to try.');
  throw new TokenError('ERR_TOKEN_SIGNATURE', 'The signature does not prove the token.');
}
