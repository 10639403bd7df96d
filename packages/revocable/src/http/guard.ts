/** Judges one request, whatever the framework: finds its token, has it verified, and says yes or how to refuse. */
import { ConfigError, RequestError, RevocableError, refuseUnknown, TokenError } from '../errors.ts';
import type { Auth, Verified, Verifier, VerifyOptions } from '../verifier/index.ts';
import { credentialsOf, type TokenScheme } from './bearer.ts';
import { type Refusal, refusalOf } from './challenge.ts';
import { cookieValues, isCookieName } from './cookies.ts';
import { createDpopGuard, type DpopGuard, type DpopGuardOptions } from './dpop.ts';
import type { GuardRequest } from './request.ts';
import { isForgeable, refuseCrossOrigin } from './same-origin.ts';
import { refuseInsufficientScope, requiredScopes, type ScopeOption } from './scope.ts';

export type { Auth };

/** What `authenticate` takes, in every framework. `Native` is that framework's own request or context. */
export interface AuthenticateOptions<Native, Required extends boolean = boolean> {
  /** Of `createVerifier`, `combineVerifiers`, or an authority. */
  readonly verifier: Pick<Verifier<unknown>, 'verify' | 'dpop'>;
  /**
   * With `false` a request without a token passes and has no `auth`; a bad token is refused all the same.
   * @default true
   */
  readonly credentialsRequired?: Required;
  /**
   * Where the token is, instead of the Authorization header. Do not read a cookie here: only `cookie` applies the
   * rule against cross-site request forgery.
   */
  readonly getToken?: (request: Native) => string | null | undefined | PromiseLike<string | null | undefined>;
  /**
   * Name of a cookie that holds the access token, for requests without a bearer token. Unsafe methods and WebSocket
   * upgrades must then come from a page of this host.
   */
  readonly cookie?: string;
  /**
   * Takes tokens that are bound to a key, sent as `Authorization: DPoP` with a proof in the header `DPoP` (RFC 9449).
   * `true`: also such ones, and the URL of a request is what this server sees; behind a proxy give `origin` or `url`.
   * Without this option a bound token is refused, as it is always when it is sent as a bearer token.
   */
  readonly dpop?: true | DpopGuardOptions<Native>;
  /** Scopes that are all needed: `"read write"` or `["read", "write"]`. */
  readonly scope?: ScopeOption;
  /** The `realm` of a challenge. @default "api" */
  readonly realm?: string;
  /** Hears of each refusal, for logs and counts. What it returns is ignored. */
  readonly onRefused?: (refusal: Refusal, request: Native) => void;
}

/** `auth` is absent only where credentials are not required and none came. */
export interface Accepted<Required extends boolean = true> {
  readonly ok: true;
  readonly auth: Required extends true ? Auth : Auth | undefined;
  /** For the answer, whatever it is: the next nonce, in `dpop-nonce`. Mostly absent. */
  readonly headers?: Readonly<Record<string, string>>;
}
export type Verdict<Required extends boolean = true> = Accepted<Required> | Refusal;

/** The judge of one set of options. It throws only what is no refusal, such as the fault of a `getToken`. */
export type Guard<Native, Required extends boolean = true> = (
  request: GuardRequest,
  native: Native,
) => Promise<Verdict<Required>>;

/** How an `auth` came about, so that a later `requireScope` judges the same claims and answers in the same realm. */
interface Judged {
  /** The token's own, whatever a schema has made of them. */
  readonly claims: { readonly [name: string]: unknown };
  readonly refuse: Refuse;
}
type Refuse = (
  error: RevocableError,
  native: unknown,
  scopes?: readonly string[],
  tried?: TokenScheme,
) => Refusal;
const judged = new WeakMap<object, Judged>();

const OPTIONS = [
  'verifier',
  'credentialsRequired',
  'getToken',
  'cookie',
  'dpop',
  'scope',
  'realm',
  'onRefused',
];

/**
 * Checks the options once.
 * @param where the function that the user called, for the error
 * @throws {ConfigError} ERR_CONFIG_INVALID for an unknown, missing or contradictory option
 */
export function createGuard<Native, Required extends boolean = true>(
  options: AuthenticateOptions<Native, Required>,
  where = 'authenticate',
): Guard<Native, Required> {
  refuseWrong(options, where);
  const scopes = options.scope === undefined ? [] : requiredScopes(options.scope, `"scope" of ${where}`);
  const dpop =
    options.dpop === undefined ? undefined : createDpopGuard(options.dpop, options.verifier.dpop, where);
  const refuse = refuser(options, dpop);
  return async (request, native) => {
    let tried: TokenScheme | undefined;
    try {
      const presented = await presentedBy(options, dpop, request, native);
      tried = presented?.scheme;
      if (presented === undefined && options.credentialsRequired === false)
        return accept<Required>(undefined);
      if (presented === undefined) throw missing();
      const came = dpop?.came(request, native, tried);
      const proof = await options.verifier.verify(presented.token, ...(came === undefined ? [] : [came]));
      const claims = (proof.tokenClaims ?? proof.claims) as Judged['claims'];
      if (scopes.length > 0) refuseInsufficientScope(claims, scopes);
      const auth = authOf(presented.token, proof);
      judged.set(auth, { claims, refuse: (error, native, scopes) => refuse(error, native, scopes, tried) });
      return accept<Required>(auth, nonceHeader(dpop, came));
    } catch (error) {
      return refuse(asRefusable(error), native, scopes, tried);
    }
  };
}

function nonceHeader<Native>(
  dpop: DpopGuard<Native> | undefined,
  came: VerifyOptions | undefined,
): Accepted['headers'] {
  const nonce = came && dpop?.newNonce(came);
  return nonce === undefined ? undefined : { 'dpop-nonce': nonce };
}

/** The judge of scopes alone, behind an `authenticate` that has put `auth` in its place. */
export type ScopeGuard<Native> = (auth: unknown, native: Native) => Verdict;

/**
 * @param scopes each is needed
 * @throws {ConfigError} ERR_CONFIG_INVALID for no scope; later, when something else than `authenticate` made the `auth`
 */
export function createScopeGuard<Native>(scopes: readonly string[]): ScopeGuard<Native> {
  const needed = requiredScopes(scopes, 'requireScope');
  return (auth, native) => {
    const known = typeof auth === 'object' && auth !== null ? judged.get(auth) : undefined;
    if (known === undefined) return refusalOf(whyUnknown(auth));
    try {
      refuseInsufficientScope(known.claims, needed);
      return accept(auth as Auth);
    } catch (error) {
      return known.refuse(asRefusable(error), native, needed);
    }
  };
}

function whyUnknown(auth: unknown): RevocableError {
  if (auth === undefined || auth === null) return missing();
  throw new ConfigError(
    'requireScope wants the "auth" that authenticate made; something else has put another one there.',
  );
}

function accept<Required extends boolean = true>(
  auth: Auth | undefined,
  headers?: Accepted['headers'],
): Accepted<Required> {
  return { ok: true, auth, ...(headers && { headers }) } as Accepted<Required>;
}

function refuser<Native>(options: AuthenticateOptions<Native>, dpop: DpopGuard<Native> | undefined): Refuse {
  return (error, native, scopes, tried) => {
    const refusal = refusalOf(error, { realm: options.realm, scopes, dpop: dpop?.challenge(tried) });
    options.onRefused?.(refusal, native as Native);
    return refusal;
  };
}

/** Anything but our own errors is a fault of the program, never a verdict on the token. */
function asRefusable(error: unknown): RevocableError {
  if (error instanceof RevocableError) return error;
  throw error;
}

function missing(): TokenError {
  return new TokenError('ERR_TOKEN_MISSING', 'The request has no token.');
}

function authOf(token: string, { header, claims, key }: Verified<unknown>): Auth {
  return Object.freeze({ token, header, claims, key, payload: claims }) as Auth;
}

interface Presented {
  readonly token: string;
  /** Undefined for one that the Authorization header did not bring. */
  readonly scheme: TokenScheme | undefined;
}

const BEARER: readonly TokenScheme[] = ['Bearer'];

async function presentedBy<Native>(
  options: AuthenticateOptions<Native>,
  dpop: DpopGuard<Native> | undefined,
  request: GuardRequest,
  native: Native,
): Promise<Presented | undefined> {
  if (options.getToken) return withoutScheme(await options.getToken(native));
  const credentials = credentialsOf(request.header('authorization'), dpop?.schemes ?? BEARER);
  if (credentials !== undefined) return refuseQueryToken(request, credentials);
  return withoutScheme(options.cookie === undefined ? undefined : cookieToken(options.cookie, request));
}

const withoutScheme = (token: string | null | undefined): Presented | undefined =>
  token ? { token, scheme: undefined } : undefined;

/** RFC 6750 section 2: one method a request. A token in a query is never read, for logs keep queries. */
function refuseQueryToken(request: GuardRequest, presented: Presented): Presented {
  const query = request.url?.split('#')[0]?.split('?').slice(1).join('?') ?? '';
  if (query.includes('access_token') && new URLSearchParams(query).has('access_token'))
    throw new RequestError(
      'ERR_REQUEST_INVALID',
      'There is a token in the Authorization header and one in the query.',
    );
  return presented;
}

function cookieToken(name: string, request: GuardRequest): string | undefined {
  const header = request.header('cookie');
  const values = cookieValues(typeof header === 'object' ? header.join(';') : header, name);
  if (values.length > 1)
    throw new RequestError('ERR_REQUEST_INVALID', `There are two cookies of the name ${name}.`);
  if (values.length > 0 && isForgeable(request)) refuseCrossOrigin(request);
  return values[0];
}

function refuseWrong<Native>(options: AuthenticateOptions<Native>, where: string): void {
  refuseUnknown(options, OPTIONS, where);
  if (typeof options.verifier?.verify !== 'function')
    throw new ConfigError(`"verifier" of ${where} is missing: createVerifier makes one.`);
  const required: unknown = options.credentialsRequired;
  if (required !== undefined && typeof required !== 'boolean')
    throw new ConfigError(`"credentialsRequired" of ${where} is true or false.`);
  for (const name of ['getToken', 'onRefused'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw new ConfigError(`"${name}" of ${where} is a function.`);
  if (options.cookie !== undefined && !isCookieName(options.cookie))
    throw new ConfigError(`"cookie" of ${where} is the name of a cookie.`);
  if (options.cookie !== undefined && options.getToken !== undefined)
    throw new ConfigError(
      `${where} takes "cookie" or "getToken", not both: only "cookie" guards against forged requests.`,
    );
  if (options.realm !== undefined && !isRealm(options.realm))
    throw new ConfigError(`"realm" of ${where} is a text of visible ASCII without quotes and backslashes.`);
}

function isRealm(realm: unknown): boolean {
  return typeof realm === 'string' && [...realm].every(c => c >= ' ' && c <= '~' && c !== '"' && c !== '\\');
}
