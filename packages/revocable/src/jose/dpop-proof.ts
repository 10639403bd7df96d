/** DPoP proofs, as far as they speak for themselves: RFC 9449 section 4.2, and section 4.3 but for time and memory. */
import { createHash } from 'node:crypto';
import { KeyError, type ProofFault, TokenError, TokenProofError } from '../errors.ts';
import type { Algorithm, AsymmetricAlg } from './algorithms.ts';
import { type Compact, parseCompact } from './compact.ts';
import { type JoseHeader, readHeaders } from './header.ts';
import { type JsonObject, parseJsonText } from './json.ts';
import { isPrivateJwk, type Jwk } from './jwk.ts';
import { makeKey, materialOf, type PublicKey } from './key.ts';
import { publicJwkHandle } from './native-key.ts';
import { heldOctets } from './octets.ts';
import { publicParts } from './pair.ts';
import { createProofKeys } from './proof-keys.ts';
import { checkBytes } from './signature.ts';
import { targetUri } from './target-uri.ts';

/** Algorithms of proofs that are taken: those that every supported runtime has. Never a shared secret. */
export const DPOP_ALGORITHMS: readonly AsymmetricAlg[] = Object.freeze([
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
  ...(['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'] as const),
]);

/** A proof whose signature holds. That its sender has the key is all that is proved. */
export interface DpopProof {
  /** RFC 7638 thumbprint of that key: what `cnf.jkt` of a token is compared with. */
  readonly jkt: string;
  readonly jti: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number | undefined;
  readonly nonce: string | undefined;
}

/** What the proof must be of. */
export interface DpopTarget {
  readonly method: string;
  /** Normalized: see `targetUri`. */
  readonly uri: string;
  /** The access token that came with it; at a token endpoint there is none. */
  readonly accessToken?: string | undefined;
}

/** Enough for RSA of 4096 bits and a long URI. Keys are a stranger's choice here, and must not cost much. */
const LONGEST = 4096;

const known = createProofKeys(1024);

/**
 * Proves a DPoP proof by the key in it, and compares it with the request.
 * @throws {TokenProofError} ERR_TOKEN_PROOF; `fault` says what does not hold
 */
export function proveDpop(proof: unknown, target: DpopTarget): DpopProof {
  const compact = parsedProof(proof);
  const header = compact.token.slice(0, compact.payloadAt - 1);
  const key = known.recall(header) ?? keyOf(compact.protected.header, algorithmOf(compact));
  const input = heldOctets(compact.token, compact.signatureAt - 1, compact.hold);
  if (!checkBytes(materialOf(key), input, compact.signature))
    throw refused('signature', 'The signature of the DPoP proof is not of the key in it.');
  known.remember(header, key);
  const claims = claimsOf(compact.text);
  checkTarget(claims, target);
  return {
    jkt: materialOf(key).thumbprint as string,
    jti: textOf(claims, 'jti'),
    iat: timeOf(claims, 'iat') ?? missing('iat'),
    exp: timeOf(claims, 'exp'),
    nonce: claims['nonce'] === undefined ? undefined : textOf(claims, 'nonce'),
  };
}

/** Its header is not remembered beside those of tokens: strangers make them, with keys of their own. */
function parsedProof(proof: unknown): Compact {
  try {
    return parseCompact(proof, LONGEST, readHeaders);
  } catch (error) {
    if (error instanceof TokenError)
      throw refused('form', `The DPoP header is not one compact JWT of at most ${LONGEST} characters.`);
    throw error;
  }
}

function algorithmOf({ protected: { type, algorithm, isExtended } }: Compact): Algorithm {
  if (type !== 'dpop+jwt') throw refused('typ', 'The "typ" of a DPoP proof is "dpop+jwt".');
  if (isExtended) throw refused('form', 'A DPoP proof has no "crit" and no "b64".');
  if (algorithm === undefined || !(DPOP_ALGORITHMS as readonly string[]).includes(algorithm.name))
    throw refused('alg', `The "alg" of a DPoP proof is one of: ${DPOP_ALGORITHMS.join(', ')}.`);
  return algorithm;
}

function keyOf(header: JoseHeader, algorithm: Algorithm): PublicKey {
  const jwk = header['jwk'] as Jwk | undefined;
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk))
    throw refused('jwk', 'The header of a DPoP proof has the public key as "jwk".');
  if (isPrivateJwk(jwk)) throw refused('jwk', 'The "jwk" of the DPoP proof gives a private key away.');
  try {
    return makeKey<PublicKey>({
      type: 'public',
      ...publicParts(publicJwkHandle(jwk, algorithm), algorithm, {}),
    });
  } catch (error) {
    if (error instanceof KeyError)
      throw refused('jwk', `The "jwk" of the DPoP proof is no public key for ${algorithm.name}.`);
    throw error;
  }
}

function claimsOf(text: string | null): JsonObject {
  const claims = text === null ? undefined : parseJsonText(text);
  if (claims === undefined) throw refused('form', 'The payload of the DPoP proof is no JSON object.');
  return claims;
}

/** Section 4.3, points 8, 9 and 12. Methods are compared with case (RFC 9110 section 9.1). */
function checkTarget(claims: JsonObject, { method, uri, accessToken }: DpopTarget): void {
  if (textOf(claims, 'htm') !== method) throw refused('htm', 'The DPoP proof is for another method.');
  if (targetUri(textOf(claims, 'htu')) !== uri) throw refused('htu', 'The DPoP proof is for another URI.');
  if (accessToken !== undefined && textOf(claims, 'ath') !== accessTokenHash(accessToken))
    throw refused('ath', 'The DPoP proof is for another access token.');
}

/** `ath`: RFC 9449 section 4.2. */
export function accessTokenHash(accessToken: string): string {
  return createHash('sha256').update(accessToken, 'utf8').digest('base64url');
}

function textOf(claims: JsonObject, name: ProofFault): string {
  const value = claims[name];
  if (value === undefined) return missing(name);
  if (typeof value !== 'string' || value === '')
    throw refused(name, `"${name}" of the DPoP proof is a text that is not empty.`);
  return value;
}

function timeOf(claims: JsonObject, name: 'iat' | 'exp'): number | undefined {
  const value = claims[name];
  if (value !== undefined && !(typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER))
    throw refused(name, `"${name}" of the DPoP proof is a number of seconds since 1970.`);
  return value;
}

function missing(name: ProofFault): never {
  throw refused(name, `The DPoP proof has no "${name}".`);
}

function refused(fault: ProofFault, message: string): TokenProofError {
  return new TokenProofError(fault, message);
}
