/** The claims that `verify` checks, in the order of `jsonwebtoken`. */
import { JsonWebTokenError, NotBeforeError, TokenExpiredError } from './error.ts';
import { after } from './timespan.ts';
import type { VerifyOptions } from './types.ts';

/** A payload that is no object has no claims. */
export interface Payload {
  readonly [claim: string]: unknown;
}

/** @throws {JsonWebTokenError} NotBeforeError and TokenExpiredError among them */
export function checkClaims(payload: Payload, options: VerifyOptions, clock: number): void {
  checkTimes(payload, options, clock);
  if (options.audience) checkAudience(payload['aud'], options.audience);
  if (options.issuer) checkIssuer(payload['iss'], options.issuer);
  checkEqual('subject', payload['sub'], options.subject);
  checkEqual('jwtid', payload['jti'], options.jwtid);
  checkEqual('nonce', payload['nonce'], options.nonce);
  if (options.maxAge) checkAge(payload['iat'], options, clock);
}

function checkTimes(payload: Payload, options: VerifyOptions, clock: number): void {
  const { exp, nbf } = payload;
  const tolerance = options.clockTolerance || 0;
  if (nbf !== undefined && !options.ignoreNotBefore) {
    if (typeof nbf !== 'number') throw new JsonWebTokenError('invalid nbf value');
    if (nbf > clock + tolerance) throw new NotBeforeError('jwt not active', new Date(nbf * 1000));
  }
  if (exp !== undefined && !options.ignoreExpiration) {
    if (typeof exp !== 'number') throw new JsonWebTokenError('invalid exp value');
    if (clock >= exp + tolerance) throw new TokenExpiredError('jwt expired', new Date(exp * 1000));
  }
}

/** A RegExp is tried on strings alone: on a missing `aud` it would be tried on the text "undefined". */
function checkAudience(aud: unknown, wanted: NonNullable<VerifyOptions['audience']>): void {
  const audiences: readonly (string | RegExp)[] = Array.isArray(wanted) ? wanted : [wanted];
  const found: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const isMatch = (value: unknown, audience: string | RegExp): boolean =>
    audience instanceof RegExp ? typeof value === 'string' && audience.test(value) : audience === value;
  if (!found.some(value => audiences.some(audience => isMatch(value, audience))))
    throw new JsonWebTokenError(`jwt audience invalid. expected: ${audiences.join(' or ')}`);
}

/** What is neither a string nor an array cannot be compared, so nothing passes. */
function checkIssuer(iss: unknown, wanted: NonNullable<VerifyOptions['issuer']>): void {
  const isExpected = Array.isArray(wanted)
    ? (wanted as readonly unknown[]).includes(iss)
    : typeof wanted === 'string' && iss === wanted;
  if (!isExpected) throw new JsonWebTokenError(`jwt issuer invalid. expected: ${wanted}`);
}

function checkEqual(name: string, value: unknown, wanted: string | undefined): void {
  if (wanted && value !== wanted) throw new JsonWebTokenError(`jwt ${name} invalid. expected: ${wanted}`);
}

function checkAge(iat: unknown, options: VerifyOptions, clock: number): void {
  if (typeof iat !== 'number') throw new JsonWebTokenError('iat required when maxAge is specified');
  const end = after(iat, options.maxAge);
  if (end === undefined)
    throw new JsonWebTokenError(
      '"maxAge" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60',
    );
  if (clock >= end + (options.clockTolerance || 0))
    throw new TokenExpiredError('maxAge exceeded', new Date(end * 1000));
}
