/** DPoP at a resource: RFC 9449 section 7. What came with the request, the URL it was sent to, and the challenge. */
import { ConfigError, refuseUnknown, TokenProofError } from '../errors.ts';
import type { DpopTerms, VerifyOptions } from '../verifier/index.ts';
import type { TokenScheme } from './bearer.ts';
import type { DpopChallenge } from './challenge.ts';
import type { GuardRequest } from './request.ts';

export interface DpopGuardOptions<Native> {
  /** Takes no bearer tokens. @default false */
  readonly required?: boolean;
  /** Where clients reach this server, such as `https://api.example`. @default as this server sees it: scheme and Host */
  readonly origin?: string;
  /** The whole URL that the client asked for, where `origin` is not enough: a proxy that changes paths. */
  readonly url?: (request: Native) => string;
}

export interface DpopGuard<Native> {
  readonly schemes: readonly TokenScheme[];
  /**
   * What a verifier must know of the request.
   * @throws {TokenProofError} ERR_TOKEN_PROOF for a token of the scheme DPoP without a proof
   */
  came(request: GuardRequest, native: Native, tried: TokenScheme | undefined): VerifyOptions | undefined;
  challenge(tried: TokenScheme | undefined): DpopChallenge;
  /** To be told to the sender of a proof that was taken; undefined while its own is the newest. */
  newNonce(came: VerifyOptions): string | undefined;
}

/** @throws {ConfigError} ERR_CONFIG_INVALID */
export function createDpopGuard<Native>(
  options: true | DpopGuardOptions<Native>,
  terms: DpopTerms | undefined,
  where: string,
): DpopGuard<Native> {
  const given: DpopGuardOptions<Native> = options === true ? {} : options;
  refuseWrong(given, terms, where);
  const { required: isRequired = false, origin, url } = given;
  const urlOf = (request: GuardRequest, native: Native): string => url?.(native) ?? seenUrl(request, origin);
  return {
    schemes: isRequired ? ['DPoP'] : ['Bearer', 'DPoP'],
    came(request, native, tried) {
      if (tried === 'Bearer') return undefined;
      const proof = request.header('dpop');
      if (proof === undefined && (tried === 'DPoP' || isRequired)) throw unproved();
      if (proof === undefined) return undefined;
      return { dpop: { proof, method: request.method, url: urlOf(request, native) } };
    },
    challenge: tried => ({ algorithms: terms?.algorithms ?? [], isRequired, tried }),
    newNonce: ({ dpop }) => terms?.nonce(String(dpop?.proof)),
  };
}

function unproved(): TokenProofError {
  return new TokenProofError('form', 'The request has no DPoP header.');
}

/** A Host header that makes no URL, or none, is nothing that a proof could be for. */
function seenUrl({ url = '', isSecure, header }: GuardRequest, origin: string | undefined): string {
  const asked = URL.canParse(url) ? new URL(url) : undefined;
  const path = asked === undefined ? url : asked.pathname;
  const host = header('host');
  const seen = asked?.origin ?? `${isSecure ? 'https' : 'http'}://${typeof host === 'string' ? host : ''}`;
  const whole = `${origin ?? seen}${path}`;
  if (!URL.canParse(whole)) throw new TokenProofError('htu', 'The request does not say which URL it is for.');
  return whole;
}

function refuseWrong(options: DpopGuardOptions<never>, terms: DpopTerms | undefined, where: string): void {
  refuseUnknown(options, ['required', 'origin', 'url'], `"dpop" of ${where}`);
  const { required, origin, url } = options;
  if (terms === undefined)
    throw new ConfigError(
      `"dpop" of ${where} needs a verifier that judges proofs: one without "dpop: null".`,
    );
  if (required !== undefined && typeof required !== 'boolean')
    throw new ConfigError(`"dpop.required" of ${where} is true or false.`);
  if (url !== undefined && typeof url !== 'function')
    throw new ConfigError(`"dpop.url" of ${where} is a function that returns the URL of a request.`);
  if (origin === undefined) return;
  if (url !== undefined) throw new ConfigError(`${where} takes "dpop.origin" or "dpop.url", not both.`);
  if (!URL.canParse(origin) || new URL(origin).origin !== origin)
    throw new ConfigError(
      `"dpop.origin" of ${where} is an origin such as "https://api.example", without a path.`,
    );
}
