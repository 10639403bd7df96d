/** The proof that came with a request, judged at this moment: RFC 9449 section 4.3, points 8 to 12. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { ConfigError, refuseUnknown, TokenProofError } from '../errors.ts';
import { type AsymmetricAlg, DPOP_ALGORITHMS, type DpopProof, proveDpop, targetUri } from '../jose/index.ts';
import { type Duration, milliseconds } from '../time.ts';
import { createDpopMemory } from './dpop-memory.ts';
import { createDpopNonces, type DpopNonces } from './dpop-nonces.ts';

/** The `DPoP` header of a request, and what the request was. */
export interface DpopRequest {
  /** The header's value; undefined where there is none, an array where it was sent twice, which is refused. */
  readonly proof: string | readonly string[] | undefined;
  /** Such as `POST`. */
  readonly method: string;
  /** Absolute, text or `URL`, as the client asked for it: behind a proxy not what this server sees. The query may stay. */
  readonly url: string | { readonly href: string };
}

export interface DpopOptions {
  /** How far the `iat` of a proof may lie from this clock, either way. With nonces they count instead. @default '60s' */
  readonly window?: Duration;
  /**
   * Asks for nonces, made from this secret: 32 bytes or more, or text of that length. Machines that share it take each
   * other's. Several: the first gives, all are taken. Each is taken for two minutes. @default no nonces
   */
  readonly nonceSecret?: Uint8Array | string | readonly (Uint8Array | string)[];
  /** How many proofs are remembered, so that none is used twice. @default 100000 */
  readonly maxProofs?: number;
}

/** What a client must know to make a proof that is taken. */
export interface DpopTerms {
  readonly algorithms: readonly AsymmetricAlg[];
  /**
   * The nonce to send as `DPoP-Nonce`; undefined where there are none.
   * @param proof one that was taken: undefined too where its nonce is the newest already
   */
  nonce(proof?: string): string | undefined;
}

/** A proof that holds now, but may have been used before. */
export interface JudgedDpop extends DpopProof {
  /** Of fixed length, for whoever remembers it. */
  readonly id: string;
  /** When it is taken no more, in milliseconds. */
  readonly until: number;
}

/** Judges proofs, without remembering them. */
export interface DpopJudge {
  readonly terms: DpopTerms;
  /** @throws {TokenProofError} ERR_TOKEN_PROOF, ERR_TOKEN_NONCE */
  judge(request: DpopRequest, accessToken?: string): JudgedDpop;
}

const DEFAULT_WINDOW = '60s';
const DEFAULT_MOST = 100_000;
const LEAST_SECRET = 32;
const NOT_RECENT = 'The nonce of the DPoP proof is not a recent one of this server.';

/** @throws {ConfigError} ERR_CONFIG_INVALID */
export function createDpopJudge(options: DpopOptions, now: () => number): DpopJudge {
  refuseUnknown(options, ['window', 'nonceSecret', 'maxProofs'], '"dpop"');
  const windowMs = milliseconds(options.window ?? DEFAULT_WINDOW, 'dpop.window');
  const nonces = noncesOf(options.nonceSecret);
  return {
    terms: termsOf(nonces, now),
    judge(request, accessToken) {
      const proof = proveDpop(onlyProof(request), { ...targetOf(request), accessToken });
      const nowMs = now();
      if (proof.exp !== undefined && nowMs >= proof.exp * 1000)
        throw new TokenProofError('exp', 'The DPoP proof has expired.');
      const until =
        nonces === undefined ? endOfWindow(proof, windowMs, nowMs) : endOfNonce(proof, nonces, nowMs);
      return { ...proof, id: idOf(proof), until };
    },
  };
}

/** Also remembers each proof. @throws {ConfigError} ERR_CONFIG_INVALID */
export function createDpopChecks(options: DpopOptions, now: () => number): DpopJudge {
  const { terms, judge } = createDpopJudge(options, now);
  const most = options.maxProofs ?? DEFAULT_MOST;
  if (!Number.isSafeInteger(most) || most < 1)
    throw new ConfigError('"dpop.maxProofs" is a whole number above 0.');
  const memory = createDpopMemory(most);
  return {
    terms,
    judge(request, accessToken) {
      const judged = judge(request, accessToken);
      const seen = memory.see(judged.id, judged.until, now());
      if (seen === 'again') throw replayed();
      if (seen === 'forgotten') throw tooOld(terms.nonce());
      return judged;
    },
  };
}

/** A proof is good once. */
export function replayed(): TokenProofError {
  return new TokenProofError('replay', 'The DPoP proof has been used before: each request has its own.');
}

function termsOf(nonces: DpopNonces | undefined, now: () => number): DpopTerms {
  return Object.freeze({
    algorithms: DPOP_ALGORITHMS,
    nonce(proof?: string) {
      const newest = nonces?.current(now());
      return proof !== undefined && newest !== undefined && hasNonce(proof, newest) ? undefined : newest;
    },
  });
}

/** Of a proof that was taken, so its form is known to be good. */
function hasNonce(proof: string, nonce: string): boolean {
  return Buffer.from(proof.split('.')[1] ?? '', 'base64url').includes(`"${nonce}"`);
}

function noncesOf(secret: DpopOptions['nonceSecret']): DpopNonces | undefined {
  if (secret === undefined) return undefined;
  const secrets = typeof secret === 'string' || secret instanceof Uint8Array ? [secret] : secret;
  const [first, ...others] = secrets.map(secretBytes);
  if (first === undefined) throw new ConfigError('"dpop.nonceSecret" is an empty list.');
  return createDpopNonces([first, ...others]);
}

function secretBytes(secret: unknown): Uint8Array {
  const bytes = typeof secret === 'string' ? Buffer.from(secret, 'utf8') : secret;
  if (!(bytes instanceof Uint8Array) || bytes.length < LEAST_SECRET)
    throw new ConfigError(`"dpop.nonceSecret" needs ${LEAST_SECRET} bytes or more, from a random source.`);
  return bytes;
}

/** Section 4.3, point 1. */
function onlyProof({ proof }: DpopRequest): unknown {
  if (!Array.isArray(proof)) return proof;
  if (proof.length > 1) throw new TokenProofError('form', 'There are two DPoP headers.');
  return proof[0];
}

function targetOf(request: DpopRequest): { readonly method: string; readonly uri: string } {
  const { method, url } = request;
  const uri = targetUri(typeof url === 'string' ? url : String(url?.href));
  if (uri === undefined)
    throw new ConfigError('"url" of "dpop" is the absolute http(s) URL that the client asked for.');
  if (typeof method !== 'string' || method === '')
    throw new ConfigError('"method" of "dpop" is that of the request, such as "GET".');
  return { method, uri };
}

function tooOld(nonce: string | undefined): TokenProofError {
  return nonce === undefined
    ? new TokenProofError('iat', 'The DPoP proof is too old: it is made anew for each request.')
    : new TokenProofError('nonce', NOT_RECENT, nonce);
}

/** Section 11.1: a clock that is ahead is as good as one that is behind. */
function endOfWindow({ iat }: DpopProof, windowMs: number, nowMs: number): number {
  const age = nowMs - iat * 1000;
  if (age > windowMs) throw tooOld(undefined);
  if (-age > windowMs)
    throw new TokenProofError('iat', 'The DPoP proof is from the future: is the clock of the client right?');
  return iat * 1000 + windowMs + 1;
}

/** Sections 8 and 11.1: the nonce holds the server's time, so the client's clock does not matter. */
function endOfNonce({ nonce }: DpopProof, nonces: DpopNonces, nowMs: number): number {
  const until = nonce === undefined ? undefined : nonces.until(nonce, nowMs);
  if (until !== undefined) return until;
  const message = nonce === undefined ? 'A nonce is needed in the DPoP proof.' : NOT_RECENT;
  throw new TokenProofError('nonce', message, nonces.current(nowMs));
}

/** A hash, so that no `jti` is long; with the key, so that nobody can use up another's. */
function idOf({ jkt, jti }: DpopProof): string {
  return createHash('sha256').update(`${jkt}.${jti}`, 'utf8').digest('base64url').slice(0, 22);
}
