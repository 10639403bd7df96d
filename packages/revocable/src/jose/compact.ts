/** The compact serialization, taken apart strictly: RFC 7515 sections 3.1 and 7.1. One token, one spelling. */
import { Buffer } from 'node:buffer';
import { KeyError, TokenError } from '../errors.ts';
import { decodeBase64url } from './base64url.ts';
import { type ProtectedHeader, parseHeader, rememberHeader } from './header.ts';
import { materialOf, type VerificationKey } from './key.ts';
import { checkBytes } from './signature.ts';

/** A token that has the form of one. Nothing in it is proved. */
export interface Compact extends ProtectedHeader {
  readonly token: string;
  readonly payload: Uint8Array;
  /** In strict base64url. */
  readonly signature: string;
  /** Where the payload and the signature begin. */
  readonly payloadAt: number;
  readonly signatureAt: number;
}

/**
 * Takes a token apart.
 * @throws {TokenError} ERR_TOKEN_MISSING for undefined, null and ''; ERR_TOKEN_TOO_LARGE; ERR_TOKEN_MALFORMED
 */
export function parseCompact(token: unknown, maxLength: number = Number.POSITIVE_INFINITY): Compact {
  if (token === undefined || token === null || token === '')
    throw new TokenError('ERR_TOKEN_MISSING', 'There is no token.');
  if (typeof token !== 'string') throw malformed('The token is no string.');
  if (token.length > maxLength)
    throw new TokenError('ERR_TOKEN_TOO_LARGE', `The token has more than ${maxLength} characters.`);
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first === -1 || second === -1 || token.indexOf('.', second + 1) !== -1)
    throw malformed('A token has three parts between exactly two dots.');
  const payload = decodeBase64url(token.slice(first + 1, second));
  const signature = token.slice(second + 1);
  if (payload === undefined || decodeBase64url(signature) === undefined)
    throw malformed('The payload or the signature is not in strict base64url.');
  const { header, type } = parseHeader(token.slice(0, first));
  return { token, header, type, payload, signature, payloadAt: first + 1, signatureAt: second + 1 };
}

/** @throws nothing: makes the error of a token without the form of one */
export function malformed(message: string): TokenError {
  return new TokenError('ERR_TOKEN_MALFORMED', message);
}

/**
 * The candidate whose signature the token bears.
 * @throws {TokenError} ERR_TOKEN_SIGNATURE when none of them made it
 */
export function proveCompact(compact: Compact, candidates: readonly VerificationKey[]): VerificationKey {
  const input = Buffer.from(compact.token.slice(0, compact.signatureAt - 1), 'latin1');
  for (const key of candidates) {
    if (!checkBytes(materialOf(key), input, compact.signature)) continue;
    rememberHeader(compact.token.slice(0, compact.payloadAt - 1), compact);
    return key;
  }
  if (candidates.length === 0) throw new KeyError('ERR_KEY_NOT_FOUND', 'There is no key to try.');
  throw new TokenError('ERR_TOKEN_SIGNATURE', 'The signature does not prove the token.');
}
