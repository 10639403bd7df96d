/** The Claims Set: built, typed and checked. RFC 7519 section 4, RFC 8725 sections 3.8 to 3.11. */
import { ConfigError, TokenClaimError, TokenExpiredError, TokenNotYetError } from '../errors.ts';
import { malformed } from './compact.ts';
import { type JsonObject, parseJsonText, readJsonText } from './json.ts';

/** The claims of a token. Registered ones have the type of the standard; of the others nothing is known. */
export interface Claims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  /** Seconds since 1970, as `nbf` and `iat`. */
  readonly exp?: number;
  readonly nbf?: number;
  readonly iat?: number;
  readonly jti?: string;
  readonly [claim: string]: unknown;
}

/** Seconds of the last year with four digits. What is later was written in milliseconds. */
const LATEST = 253_402_300_799;

type Form = 'text' | 'audience' | 'date';
const FORMS: readonly (readonly [name: string, form: Form])[] = [
  ...(['iss', 'sub', 'jti'] as const).map(name => [name, 'text'] as const),
  ['aud', 'audience'],
  ...(['exp', 'nbf', 'iat'] as const).map(name => [name, 'date'] as const),
];
const WORDS: Readonly<Record<Form, string>> = {
  text: 'a string',
  audience: 'a string or an array of strings',
  date: 'a number of seconds since 1970',
};

const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isDate = (value: unknown): boolean =>
  value === undefined || (typeof value === 'number' && value >= 0 && value <= LATEST);
const isAudience = (value: unknown): boolean =>
  isText(value) || (Array.isArray(value) && value.every(one => typeof one === 'string'));
const IS: Readonly<Record<Form, (value: unknown) => boolean>> = {
  text: isText,
  audience: isAudience,
  date: isDate,
};

/** Whether all registered claims that are there have their form; written out, for it runs on every token. */
function areWellFormed(claims: Readonly<Record<string, unknown>>): boolean {
  const { iss, sub, aud, exp, nbf, iat, jti } = claims;
  return (
    isText(iss) && isText(sub) && isAudience(aud) && isDate(exp) && isDate(nbf) && isDate(iat) && isText(jti)
  );
}

/** The first claim that has not its form. */
function malformedClaim(claims: Readonly<Record<string, unknown>>): readonly [name: string, form: string] {
  const [name, form] = FORMS.find(([name, form]) => !IS[form](claims[name])) ?? ['', 'text' as const];
  return [name, WORDS[form]];
}

/**
 * The claims that a payload spells, deeply frozen, registered ones of the right type.
 * @param text null for a payload that is no UTF-8
 * @throws {TokenError} ERR_TOKEN_MALFORMED when it is no JSON object
 * @throws {TokenClaimError} ERR_TOKEN_CLAIM when a registered claim has a wrong type: it never counts as absent
 */
export function parseClaims(text: string | null): Claims {
  const claims = payloadOf(text, parseJsonText);
  if (!areWellFormed(claims)) throw new TokenClaimError(malformedClaim(claims)[0], 'invalid');
  return claims as Claims;
}

/**
 * The JSON object that a payload spells, whatever its members are, and not frozen.
 * @throws {TokenError} ERR_TOKEN_MALFORMED
 */
export function readPayload(text: string | null): JsonObject {
  return payloadOf(text, readJsonText);
}

function payloadOf(text: string | null, read: (text: string) => JsonObject | undefined): JsonObject {
  const object = text === null ? undefined : read(text);
  if (object === undefined) throw malformed('The payload is no JSON object in UTF-8 with distinct members.');
  return object;
}

/**
 * Claims to be signed must be ones that a verifier takes.
 * @throws {ConfigError} ERR_CONFIG_INVALID
 */
export function checkOwnClaims(claims: Claims): void {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw new ConfigError('The claims to sign are an object.');
  if (Object.hasOwn(claims, '__proto__')) throw new ConfigError('No claim is named "__proto__".');
  if (areWellFormed(claims)) return;
  const [name, form] = malformedClaim(claims);
  throw new ConfigError(`The claim "${name}" is ${form}.`);
}

/** What a verifier asks of claims; made once, from its options. Times in milliseconds. */
export interface Expectations {
  readonly issuers: readonly string[] | null;
  readonly audiences: readonly string[] | null;
  readonly subjects: readonly string[] | null;
  readonly required: readonly string[];
  readonly toleranceMs: number;
  readonly maxAgeMs: number | null;
}

/**
 * Judges claims of the right types at a moment: who it is for first, then whether it is time.
 * @throws {TokenClaimError} ERR_TOKEN_CLAIM
 * @throws {TokenExpiredError} ERR_TOKEN_EXPIRED
 * @throws {TokenNotYetError} ERR_TOKEN_NOT_YET_VALID
 */
export function checkClaims(claims: Claims, expected: Expectations, nowMs: number): void {
  for (let i = 0; i < expected.required.length; i++) {
    const name = expected.required[i] as string;
    if (!Object.hasOwn(claims, name)) throw new TokenClaimError(name, 'missing');
  }
  if (expected.issuers !== null) checkMember('iss', claims.iss, expected.issuers);
  if (expected.audiences !== null) checkAudience(claims.aud, expected.audiences);
  if (expected.subjects !== null) checkMember('sub', claims.sub, expected.subjects);
  checkTimes(claims, expected, nowMs);
}

function checkMember(name: string, value: string | undefined, accepted: readonly string[]): void {
  if (value === undefined) throw new TokenClaimError(name, 'missing');
  if (!accepted.includes(value)) throw new TokenClaimError(name, 'mismatch');
}

/** RFC 7519 section 4.1.3: one of ours among the token's. */
function checkAudience(value: Claims['aud'], accepted: readonly string[]): void {
  if (value === undefined) throw new TokenClaimError('aud', 'missing');
  const named =
    typeof value === 'string' ? accepted.includes(value) : value.some(one => accepted.includes(one));
  if (!named) throw new TokenClaimError('aud', 'mismatch');
}

/** RFC 7519 section 4.1.4: "on or after" `exp` it is over. */
function checkTimes(claims: Claims, expected: Expectations, nowMs: number): void {
  const { exp, nbf, iat } = claims;
  const { toleranceMs, maxAgeMs } = expected;
  if (exp !== undefined && nowMs - toleranceMs >= exp * 1000)
    throw new TokenExpiredError(new Date(exp * 1000));
  if (nbf !== undefined && nowMs + toleranceMs < nbf * 1000) throw new TokenNotYetError(new Date(nbf * 1000));
  if (maxAgeMs === null) return;
  if (iat === undefined) throw new TokenClaimError('iat', 'missing');
  if (nowMs + toleranceMs < iat * 1000)
    throw new TokenClaimError('iat', 'invalid', 'The token says it was issued in the future.');
  if (nowMs - toleranceMs >= iat * 1000 + maxAgeMs)
    throw new TokenExpiredError(
      new Date(iat * 1000 + maxAgeMs),
      'The token is older than this verifier takes.',
    );
}
