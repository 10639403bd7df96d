/** The one error tree: a stable `code`, the `action` it asks of the caller, and never a token, key or password in any field. */

/** What whoever made the request should do next. `none`: nothing they can do with a token. */
export type Action = 'refresh' | 'login' | 'retry' | 'none';

/** The action that each code asks for. A row here needs a row in `http/challenge.ts` and in the docs. */
const ACTIONS: Readonly<Record<ErrorCode, Action>> = {
  ERR_CONFIG_INVALID: 'none',
  ERR_KEY_INVALID: 'none',
  ERR_KEY_TOO_WEAK: 'none',
  ERR_KEY_NOT_FOUND: 'refresh',
  ERR_KEY_AMBIGUOUS: 'login',
  ERR_JWKS_INVALID: 'retry',
  ERR_JWKS_UNREACHABLE: 'retry',
  ERR_JWKS_TIMEOUT: 'retry',
  ERR_TOKEN_MISSING: 'login',
  ERR_TOKEN_MALFORMED: 'login',
  ERR_TOKEN_SIGNATURE: 'login',
  ERR_TOKEN_ALG_NOT_ALLOWED: 'login',
  ERR_TOKEN_CRIT: 'login',
  ERR_TOKEN_TYPE: 'login',
  ERR_TOKEN_TOO_LARGE: 'login',
  ERR_TOKEN_CLAIM: 'login',
  ERR_TOKEN_EXPIRED: 'refresh',
  ERR_TOKEN_NOT_YET_VALID: 'retry',
  ERR_TOKEN_REVOKED: 'login',
  ERR_TOKEN_PROOF: 'none',
  ERR_TOKEN_NONCE: 'retry',
  ERR_REQUEST_INVALID: 'none',
  ERR_SCOPE_INSUFFICIENT: 'none',
  ERR_CROSS_ORIGIN: 'none',
  ERR_SESSION_NOT_FOUND: 'login',
  ERR_SESSION_EXPIRED: 'login',
  ERR_REFRESH_REUSED: 'login',
  ERR_STORE_UNAVAILABLE: 'retry',
  ERR_STORE_CORRUPT: 'retry',
  ERR_BEGIN_OUTDATED: 'retry',
  ERR_REPLICA_STALE: 'retry',
};

/** Every code this package can give. */
export type ErrorCode =
  | 'ERR_CONFIG_INVALID'
  | 'ERR_KEY_INVALID'
  | 'ERR_KEY_TOO_WEAK'
  | 'ERR_KEY_NOT_FOUND'
  | 'ERR_KEY_AMBIGUOUS'
  | 'ERR_JWKS_INVALID'
  | 'ERR_JWKS_UNREACHABLE'
  | 'ERR_JWKS_TIMEOUT'
  | 'ERR_TOKEN_MISSING'
  | 'ERR_TOKEN_MALFORMED'
  | 'ERR_TOKEN_SIGNATURE'
  | 'ERR_TOKEN_ALG_NOT_ALLOWED'
  | 'ERR_TOKEN_CRIT'
  | 'ERR_TOKEN_TYPE'
  | 'ERR_TOKEN_TOO_LARGE'
  | 'ERR_TOKEN_CLAIM'
  | 'ERR_TOKEN_EXPIRED'
  | 'ERR_TOKEN_NOT_YET_VALID'
  | 'ERR_TOKEN_REVOKED'
  | 'ERR_TOKEN_PROOF'
  | 'ERR_TOKEN_NONCE'
  | 'ERR_REQUEST_INVALID'
  | 'ERR_SCOPE_INSUFFICIENT'
  | 'ERR_CROSS_ORIGIN'
  | 'ERR_SESSION_NOT_FOUND'
  | 'ERR_SESSION_EXPIRED'
  | 'ERR_REFRESH_REUSED'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_STORE_CORRUPT'
  | 'ERR_BEGIN_OUTDATED'
  | 'ERR_REPLICA_STALE';
/** All codes, for documentation and for tables that must be complete. */
export const errorCodes: readonly ErrorCode[] = Object.freeze(Object.keys(ACTIONS) as ErrorCode[]);

export type ConfigErrorCode = 'ERR_CONFIG_INVALID';
export type KeyErrorCode = Extract<ErrorCode, `ERR_KEY_${string}` | `ERR_JWKS_${string}`>;
export type TokenErrorCode = Extract<ErrorCode, `ERR_TOKEN_${string}`>;
export type RequestErrorCode = 'ERR_REQUEST_INVALID' | 'ERR_SCOPE_INSUFFICIENT' | 'ERR_CROSS_ORIGIN';
export type SessionErrorCode = 'ERR_SESSION_NOT_FOUND' | 'ERR_SESSION_EXPIRED' | 'ERR_REFRESH_REUSED';
export type StoreErrorCode = Extract<
  ErrorCode,
  `ERR_STORE_${string}` | 'ERR_BEGIN_OUTDATED' | 'ERR_REPLICA_STALE'
>;

export interface ErrorDetails {
  readonly cause?: unknown;
}

/** The root of the tree. `instanceof RevocableError` holds for everything this package throws on purpose. */
export class RevocableError extends Error {
  readonly code: ErrorCode;
  readonly action: Action;

  constructor(code: ErrorCode, message: string, details: ErrorDetails & { readonly action?: Action } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.action = details.action ?? ACTIONS[code];
  }
}

/** Wrong use of a factory or a call: an unknown, missing or contradictory option. */
export class ConfigError extends RevocableError {
  declare readonly code: ConfigErrorCode;
  constructor(message: string, details: ErrorDetails = {}) {
    super('ERR_CONFIG_INVALID', message, details);
  }
}

/** A key that cannot be made, found or chosen, or a JWK Set that cannot be had. */
export class KeyError extends RevocableError {
  declare readonly code: KeyErrorCode;
  constructor(code: KeyErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
  }
}

/** A token that is refused. */
export class TokenError extends RevocableError {
  declare readonly code: TokenErrorCode;
  constructor(
    code: TokenErrorCode,
    message: string,
    details: ErrorDetails & { readonly action?: Action } = {},
  ) {
    super(code, message, details);
  }
}

/** A claim that is missing, of the wrong type or form, or not what was asked for. */
export class TokenClaimError extends TokenError {
  declare readonly code: 'ERR_TOKEN_CLAIM';
  readonly claim: string;
  readonly reason: 'missing' | 'invalid' | 'mismatch';
  constructor(claim: string, reason: 'missing' | 'invalid' | 'mismatch', message?: string) {
    super('ERR_TOKEN_CLAIM', message ?? `The claim "${claim}" is ${REASONS[reason]}.`);
    this.claim = claim;
    this.reason = reason;
  }
}
const REASONS = {
  missing: 'missing',
  invalid: 'of the wrong type or form',
  mismatch: 'not the expected one',
};

/** `exp` has come: RFC 7519 section 4.1.4, "on or after which". */
export class TokenExpiredError extends TokenError {
  declare readonly code: 'ERR_TOKEN_EXPIRED';
  readonly expiredAt: Date;
  constructor(expiredAt: Date, message = 'The token has expired.') {
    super('ERR_TOKEN_EXPIRED', message);
    this.expiredAt = expiredAt;
  }
}

/** `nbf` has not come yet: RFC 7519 section 4.1.5. */
export class TokenNotYetError extends TokenError {
  declare readonly code: 'ERR_TOKEN_NOT_YET_VALID';
  readonly notBefore: Date;
  constructor(notBefore: Date) {
    super('ERR_TOKEN_NOT_YET_VALID', 'The token is not valid yet.');
    this.notBefore = notBefore;
  }
}

/** A cut-off refuses the token. `scope` and `plane` are for logs, not for the client. */
export class TokenRevokedError extends TokenError {
  declare readonly code: 'ERR_TOKEN_REVOKED';
  readonly scope: string;
  readonly plane: 'a' | 'r' | 's';
  constructor(scope: string, plane: 'a' | 'r' | 's', action: 'refresh' | 'login') {
    super('ERR_TOKEN_REVOKED', 'The token has been revoked.', { action });
    this.scope = scope;
    this.plane = plane;
  }
}

/** What of a DPoP proof does not hold: a member of its header or its payload, its form, or that it has been seen before. */
export type ProofFault =
  | 'form'
  | 'typ'
  | 'alg'
  | 'jwk'
  | 'signature'
  | 'jti'
  | 'htm'
  | 'htu'
  | 'iat'
  | 'exp'
  | 'nonce'
  | 'ath'
  | 'replay';

/**
 * A DPoP proof that is refused: RFC 9449 section 4.3. With ERR_TOKEN_NONCE it lacks a nonce that this server has given,
 * and `nonce` is one to send it again with, in the header `DPoP-Nonce` (sections 8 and 9).
 */
export class TokenProofError extends TokenError {
  declare readonly code: 'ERR_TOKEN_PROOF' | 'ERR_TOKEN_NONCE';
  readonly fault: ProofFault;
  readonly nonce: string | undefined;
  constructor(fault: ProofFault, message: string, nonce?: string) {
    super(nonce === undefined ? 'ERR_TOKEN_PROOF' : 'ERR_TOKEN_NONCE', message);
    this.fault = fault;
    this.nonce = nonce;
  }
}

/** A request that cannot be judged, reaches too far, or comes from a foreign page. */
export class RequestError extends RevocableError {
  declare readonly code: RequestErrorCode;
  constructor(code: RequestErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
  }
}

/** A refresh that its session does not allow. On the wire each is `invalid_grant`. */
export class SessionError extends RevocableError {
  declare readonly code: SessionErrorCode;
  constructor(code: SessionErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
  }
}

/** The store or the replica cannot answer: an outage is no verdict. */
export class StoreError extends RevocableError {
  declare readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
  }
}

/**
 * Refuses unknown members of an options object, so that a misspelt option cannot be silently without effect.
 * @throws {ConfigError} ERR_CONFIG_INVALID naming the option
 */
export function refuseUnknown(options: object, known: readonly string[], where: string): void {
  if (options === null || typeof options !== 'object' || Array.isArray(options))
    throw new ConfigError(`${where} takes an options object.`);
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new ConfigError(`${where} has no option "${name}". It has: ${known.join(', ')}.`);
}
