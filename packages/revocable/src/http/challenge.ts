/** What a refusal looks like: ONE table from code to status, OAuth error and challenge (RFC 6750 section 3, RFC 9449 section 7.1). */
import {
  type ErrorCode,
  RequestError,
  type RevocableError,
  TokenClaimError,
  TokenProofError,
} from '../errors.ts';
import type { OauthError, RefusalBody } from './wire.ts';

/**
 * `error`: the challenge says what was wrong. `bare`: it says only that a token is wanted, as RFC 6750 section 3.1
 * asks where none came. `none`: no other token would help.
 */
type Challenge = 'error' | 'bare' | 'none';

interface Row {
  readonly status: 400 | 401 | 403 | 500 | 503;
  readonly error: OauthError;
  /** The words for the client. Those of the error itself may name hosts and settings, and are for the log. */
  readonly description: string;
  readonly challenge: Challenge;
  /** Seconds to wait before the next try; every 503 has it. */
  readonly retryAfter?: number;
}

const badToken = (description: string): Row => ({
  status: 401,
  error: 'invalid_token',
  description,
  challenge: 'error',
});
const outage = (description: string, retryAfter: number): Row => ({
  status: 503,
  error: 'temporarily_unavailable',
  description,
  challenge: 'none',
  retryAfter,
});
const badGrant = (description: string): Row => ({
  status: 400,
  error: 'invalid_grant',
  description,
  challenge: 'none',
});
const ourMistake: Row = {
  status: 500,
  error: 'server_error',
  description: 'this service is set up wrongly',
  challenge: 'none',
};

/** A code without a row does not compile. */
const ROWS: Readonly<Record<ErrorCode, Row>> = {
  ERR_CONFIG_INVALID: ourMistake,
  ERR_KEY_INVALID: ourMistake,
  ERR_KEY_TOO_WEAK: ourMistake,
  ERR_KEY_NOT_FOUND: badToken('no known key has signed the token'),
  ERR_KEY_AMBIGUOUS: badToken('the key of the token is ambiguous'),
  ERR_JWKS_INVALID: outage('the keys cannot be had at the moment', 5),
  ERR_JWKS_UNREACHABLE: outage('the keys cannot be had at the moment', 5),
  ERR_JWKS_TIMEOUT: outage('the keys cannot be had at the moment', 5),
  ERR_TOKEN_MISSING: { ...badToken('no token was sent'), challenge: 'bare' },
  ERR_TOKEN_MALFORMED: badToken('token malformed'),
  ERR_TOKEN_SIGNATURE: badToken('signature not valid'),
  ERR_TOKEN_ALG_NOT_ALLOWED: badToken('algorithm not allowed'),
  ERR_TOKEN_CRIT: badToken('critical header not understood'),
  ERR_TOKEN_TYPE: badToken('another type of token is needed'),
  ERR_TOKEN_TOO_LARGE: badToken('token too large'),
  ERR_TOKEN_CLAIM: badToken('claim not valid'),
  ERR_TOKEN_EXPIRED: badToken('token expired'),
  ERR_TOKEN_NOT_YET_VALID: badToken('token not valid yet'),
  ERR_TOKEN_REVOKED: badToken('token not valid'),
  ERR_TOKEN_PROOF: { ...badToken('the DPoP proof is not valid'), error: 'invalid_dpop_proof' },
  ERR_TOKEN_NONCE: { ...badToken('a nonce is needed in the DPoP proof'), error: 'use_dpop_nonce' },
  ERR_REQUEST_INVALID: {
    status: 400,
    error: 'invalid_request',
    description: 'malformed request',
    challenge: 'error',
  },
  ERR_SCOPE_INSUFFICIENT: {
    status: 403,
    error: 'insufficient_scope',
    description: 'the token lacks a scope',
    challenge: 'error',
  },
  // A bearer token, which no foreign page can add, would make the request pass: hence the bare challenge.
  ERR_CROSS_ORIGIN: {
    status: 403,
    error: 'cross_origin',
    description: 'a page of another origin sent this request',
    challenge: 'bare',
  },
  ERR_SESSION_NOT_FOUND: badGrant('no such session'),
  ERR_SESSION_EXPIRED: badGrant('the session is over'),
  ERR_REFRESH_REUSED: badGrant('the session is over'),
  ERR_STORE_UNAVAILABLE: outage('the store does not answer at the moment', 2),
  ERR_STORE_CORRUPT: outage('the store cannot be read at the moment', 30),
  ERR_BEGIN_OUTDATED: outage('something changed meanwhile', 1),
  ERR_REPLICA_STALE: outage('it is not known at the moment whether the token is still valid', 2),
};

/** An answer that refuses, as any framework can send it. Header names are in lower case. */
export interface Refusal {
  readonly ok: false;
  /** For the log; the client is told less. */
  readonly error: RevocableError;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RefusalBody;
}

export interface ChallengeOptions {
  /** @default "api" */
  readonly realm?: string | undefined;
  /** The scopes that were needed, for a 403. */
  readonly scopes?: readonly string[] | undefined;
  /** Where DPoP is spoken. */
  readonly dpop?: DpopChallenge | undefined;
}

export interface DpopChallenge {
  /** Of proofs that are taken. */
  readonly algorithms: readonly string[];
  /** Bearer tokens are not taken. */
  readonly isRequired: boolean;
  /** The scheme that the request tried, which is told what was wrong: RFC 9449 section 7.2. */
  readonly tried: 'Bearer' | 'DPoP' | undefined;
}

/** The answer that a refused request gets. It never holds the token, nor the message of the server's own errors. */
export function refusalOf(error: RevocableError, options: ChallengeOptions = {}): Refusal {
  const row = ROWS[error.code];
  const description = describe(error, row);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
  };
  const challenge = challengeOf(row, description, options);
  if (challenge !== undefined) headers['www-authenticate'] = challenge;
  if (row.retryAfter !== undefined) headers['retry-after'] = String(row.retryAfter);
  if (error instanceof TokenProofError && error.nonce !== undefined) headers['dpop-nonce'] = error.nonce;
  const body = { error: row.error, error_description: description, code: error.code, action: error.action };
  return Object.freeze({ ok: false, error, status: row.status, headers, body });
}

/** One challenge for each scheme that is spoken; only the one that was tried says what was wrong. */
function challengeOf(row: Row, description: string, options: ChallengeOptions): string | undefined {
  if (row.challenge === 'none') return undefined;
  const { dpop } = options;
  const isProof = row.error === 'invalid_dpop_proof' || row.error === 'use_dpop_nonce';
  const told =
    row.challenge === 'bare' ? undefined : isProof || dpop?.isRequired ? 'DPoP' : (dpop?.tried ?? 'Bearer');
  const parameters = told === undefined ? [] : faultOf(row, description, options);
  const realm = `realm="${options.realm ?? 'api'}"`;
  const of = (scheme: string, ...more: string[]): string =>
    `${scheme} ${[realm, ...(scheme === told ? parameters : []), ...more].join(', ')}`;
  if (dpop === undefined) return of(told ?? 'Bearer');
  const proving = of('DPoP', `algs="${dpop.algorithms.join(' ')}"`);
  return dpop.isRequired ? proving : `${of('Bearer')}, ${proving}`;
}

/** RFC 6750 section 3: `error_description` within %x20-21 / %x23-5B / %x5D-7E. */
function faultOf(row: Row, description: string, { scopes }: ChallengeOptions): string[] {
  const scope = row.error === 'insufficient_scope' && scopes ? [`scope="${scopes.join(' ')}"`] : [];
  return [`error="${row.error}"`, `error_description="${description}"`, ...scope];
}

const CLAIM_FAULTS = {
  missing: 'is missing',
  invalid: 'has the wrong type or form',
  mismatch: 'is not the expected one',
};

function describe(error: RevocableError, row: Row): string {
  if (error instanceof TokenClaimError) return quotable(`claim ${error.claim} ${CLAIM_FAULTS[error.reason]}`);
  if (error instanceof RequestError || error instanceof TokenProofError) return quotable(error.message);
  return row.description;
}

/** A schema's path may hold names from the token, so anything that could leave the quotes is replaced. */
function quotable(text: string): string {
  return [...text.slice(0, 200)].map(c => (c < ' ' || c > '~' || c === '"' || c === '\\' ? '?' : c)).join('');
}
