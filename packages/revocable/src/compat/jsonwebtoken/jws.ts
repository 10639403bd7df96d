/** The compact serialization as the package `jws` under `jsonwebtoken` reads and writes it: laxer than RFC 7515. */
import { Buffer } from 'node:buffer';
import { format } from 'node:util';

/** What a token says; `header` is any JSON value but `null`, `false`, `0` and `""`. */
export interface DecodedJws {
  header: { alg?: unknown; typ?: unknown };
  payload: unknown;
  signature: string;
}

const FORM = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/**
 * Takes a token apart; undefined for what has not the form of one.
 * @throws {SyntaxError} when a payload that says to be JSON is none
 */
export function decodeJws(
  token: unknown,
  options: { json?: unknown; encoding?: unknown },
): DecodedJws | undefined {
  const text = textOf(token);
  if (text === undefined || !FORM.test(text)) return undefined;
  const [first = '', second = '', signature = ''] = text.split('.');
  const header = parseHeader(first);
  if (!header) return undefined;
  const payload = Buffer.from(second, 'base64').toString('utf8');
  if (header.typ !== 'JWT' && !options.json) return { header, payload, signature };
  // `jws` hands its `encoding` to JSON.parse, where a function is a reviver.
  return { header, payload: JSON.parse(payload, options.encoding as () => unknown), signature };
}

function parseHeader(text: string): DecodedJws['header'] | undefined {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString('latin1'));
  } catch {
    return undefined;
  }
}

/** The signing input: header in latin1, payload in `encoding`. */
export function encodeJws(header: object, payload: unknown, encoding: string): string {
  const first = Buffer.from(JSON.stringify(header), 'latin1').toString('base64url');
  // The type is a promise that a payload of an unserializable kind breaks: then node says so.
  return `${first}.${Buffer.from(textOf(payload) as string, encoding as 'utf8').toString('base64url')}`;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || Buffer.isBuffer(value)) return value.toString();
  return JSON.stringify(value);
}

/** The `TypeError` for an algorithm that `jws` does not know. */
export function unknownAlgorithm(alg: unknown): TypeError {
  return new TypeError(
    format(
      '"%s" is not a valid algorithm.\n  Supported algorithms are:\n  "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512" and "none".',
      alg,
    ),
  );
}
