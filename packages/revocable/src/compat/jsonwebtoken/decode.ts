/** `decode` of `jsonwebtoken`. */
import { decodeJws } from './jws.ts';
import type { DecodeOptions, Jwt, JwtPayload } from './types.ts';

/**
 * Reads a token WITHOUT checking anything: anyone can have written what it says. Null for what has not the form of one.
 * @throws {SyntaxError} when a payload that says to be JSON is none
 */
export function decode(token: string, options: DecodeOptions & { complete: true }): null | Jwt;
export function decode(token: string, options: DecodeOptions & { json: true }): null | JwtPayload;
export function decode(token: string, options?: DecodeOptions): null | JwtPayload | string;
export function decode(token: unknown, options?: DecodeOptions): unknown {
  const given = options || {};
  const decoded = decodeJws(token, given);
  if (decoded === undefined) return null;
  const { header, signature } = decoded;
  const payload = parsedPayload(decoded.payload);
  return given.complete === true ? { header, payload, signature } : payload;
}

/** A text that spells a JSON object or array is that; another text stays one. */
export function parsedPayload(payload: unknown): unknown {
  if (typeof payload !== 'string') return payload;
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? value : payload;
  } catch {
    return payload;
  }
}
