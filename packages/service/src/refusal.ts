/** From errors to HTTP, in one place: status, OAuth error (RFC 6749 section 5.2, RFC 6750 section 3.1) and what to do next. */
import { randomInt } from 'node:crypto';
import {
  type Action,
  ConfigError,
  RequestError,
  type RevocableError,
  SessionError,
  StoreError,
  TokenError,
  TokenProofError,
} from 'revocable';

type Headers = Readonly<Record<string, string>>;

export interface RefusalParts {
  readonly status: number;
  readonly error: string;
  readonly description: string;
  readonly action?: Action;
  /** The library's code, where one of its errors is behind this. */
  readonly code?: string;
  readonly headers?: Headers;
  /** The field of a form that is wrong, so that a page can say it beside it. */
  readonly field?: string;
}

/** A request that gets no for an answer. Thrown by endpoints, answered in one place. */
export class Refusal extends Error {
  readonly status: number;
  readonly error: string;
  readonly action: Action;
  readonly code: string | undefined;
  readonly headers: Headers;
  readonly field: string | undefined;

  constructor({ status, error, description, action = 'none', code, headers = {}, field }: RefusalParts) {
    super(description);
    this.name = 'Refusal';
    this.status = status;
    this.error = error;
    this.action = action;
    this.code = code;
    this.headers = headers;
    this.field = field;
  }
}

/** As JSON: RFC 6749 section 5.2, with our `action` and `code`. */
export function refusalBody(refusal: Refusal): Readonly<Record<string, string>> {
  const { error, message, action, code } = refusal;
  return { error, error_description: message, ...(code !== undefined && { code }), action };
}

export const invalidRequest = (description: string): Refusal =>
  new Refusal({ status: 400, error: 'invalid_request', description });

/** An OAuth error of RFC 6749 sections 4.1.2.1 and 5.2. */
export const refusedRequest = (error: string, description: string): Refusal =>
  new Refusal({ status: 400, error, description });

/** Something that a person typed is wrong. */
export const wrongField = (field: string, description: string): Refusal =>
  new Refusal({ status: 400, error: 'invalid_request', description, field });

export const notFound = (description: string): Refusal =>
  new Refusal({ status: 404, error: 'not_found', description });

export const forbidden = (description: string): Refusal =>
  new Refusal({ status: 403, error: 'access_denied', description });

export const conflict = (description: string): Refusal =>
  new Refusal({ status: 409, error: 'conflict', description });

/** Too many wrong tries, or more work than there is room for. @param seconds until the next try may succeed */
export const slowDown = (seconds: number): Refusal =>
  new Refusal({
    status: 429,
    error: 'slow_down',
    description: `Too many wrong tries. Try again in ${seconds} s.`,
    action: 'retry',
    headers: { 'retry-after': String(seconds) },
  });

export const busy = (): Refusal =>
  outage('More people are signing in than this service can check at once.', undefined);

/** Jittered, so that they do not all come back in one instant. */
function outage(description: string, code: string | undefined): Refusal {
  return new Refusal({
    status: 503,
    error: 'temporarily_unavailable',
    description,
    action: 'retry',
    ...(code !== undefined && { code }),
    headers: { 'retry-after': String(randomInt(1, 6)) },
  });
}

/** RFC 6750 section 3: a bearer token that is missing (no error code then), not valid, or too narrow. */
export function bearerRefusal(kind: 'missing' | 'invalid' | 'scope', scope = ''): Refusal {
  if (kind === 'missing')
    return new Refusal({
      status: 401,
      error: 'invalid_token',
      description: 'A bearer token is needed.',
      action: 'login',
      headers: { 'www-authenticate': 'Bearer realm="revocable"' },
    });
  const [status, error, description] =
    kind === 'scope'
      ? ([403, 'insufficient_scope', `The scope ${scope} is needed.`] as const)
      : ([401, 'invalid_token', 'token not valid'] as const);
  const more = kind === 'scope' ? `, scope="${scope}"` : '';
  const challenge = `Bearer realm="revocable", error="${error}", error_description="${description}"${more}`;
  const action = kind === 'scope' ? 'none' : 'refresh';
  return new Refusal({ status, error, description, action, headers: { 'www-authenticate': challenge } });
}

/** RFC 9449 section 7.1: the token may be good, but whoever sent it did not show to be the one it is bound to. */
export function boundRefusal(error: TokenError, algorithms: readonly string[]): Refusal {
  const { code, action } = error;
  const parts =
    error instanceof TokenProofError
      ? proofParts(error)
      : { error: 'invalid_token', description: 'token not valid' };
  const challenge = `DPoP realm="revocable", error="${parts.error}", error_description="${parts.description}", algs="${algorithms.join(' ')}"`;
  const headers = { 'www-authenticate': challenge, ...(error instanceof TokenProofError && nonceOf(error)) };
  return new Refusal({ ...parts, status: 401, code, action, headers });
}

/** RFC 9449 sections 5 and 8; its messages say what is wrong, and nothing that came. */
function proofParts(error: TokenProofError): Pick<RefusalParts, 'error' | 'description'> {
  const isNonce = error.code === 'ERR_TOKEN_NONCE';
  return {
    error: isNonce ? 'use_dpop_nonce' : 'invalid_dpop_proof',
    description: error.message.replaceAll('"', "'"),
  };
}

const nonceOf = ({ nonce }: TokenProofError): Headers => (nonce === undefined ? {} : { 'dpop-nonce': nonce });

/** Words for the client: those of the library's errors may name settings, and are for the log. */
const REQUEST_STATUS = {
  ERR_REQUEST_INVALID: 400,
  ERR_SCOPE_INSUFFICIENT: 403,
  ERR_CROSS_ORIGIN: 403,
} as const;
const REQUEST_ERROR = {
  ERR_REQUEST_INVALID: 'invalid_request',
  ERR_SCOPE_INSUFFICIENT: 'insufficient_scope',
  ERR_CROSS_ORIGIN: 'cross_origin',
} as const;

/** The refusal that an error asks for; undefined for one that nobody foresaw. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof RequestError)
    return new Refusal({
      status: REQUEST_STATUS[error.code],
      error: REQUEST_ERROR[error.code],
      description: error.message,
      code: error.code,
    });
  if (error instanceof StoreError)
    return outage('The store does not answer at the moment. Nothing has changed.', error.code);
  if (error instanceof TokenProofError) {
    const { code, action } = error;
    return new Refusal({ ...proofParts(error), status: 400, code, action, headers: nonceOf(error) });
  }
  if (isRefusedGrant(error)) return invalidGrant(400, error);
  return undefined;
}

/** A token or session that is no good, in contrast to an outage or a mistake of ours. */
export const isRefusedGrant = (error: unknown): error is TokenError | SessionError =>
  error instanceof TokenError || error instanceof SessionError;

/** A refused refresh: on the wire each is `invalid_grant`, and leads to the login page. */
export function invalidGrant(status: 400 | 401, error: RevocableError): Refusal {
  return new Refusal({
    status,
    error: 'invalid_grant',
    description: error.code === 'ERR_TOKEN_MISSING' ? 'No refresh token was sent.' : 'The session is over.',
    code: error.code,
    action: 'login',
  });
}

/** For calls whose arguments a request brings: what is wrong with them is the request's fault. */
export async function asRequest<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ConfigError) throw invalidRequest(error.message);
    throw error;
  }
}
