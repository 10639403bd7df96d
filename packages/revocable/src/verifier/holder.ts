/** Whether whoever sent a token is the one it is bound to: RFC 7800 section 3.1, RFC 9449 sections 6.1 and 7.1. */
import { TokenClaimError } from '../errors.ts';
import type { DpopJudge, DpopRequest } from './dpop.ts';

/**
 * Confirms the holder of a token. One that is bound to a key is never taken without a proof, and one that is bound to
 * none never with one. Other confirmation methods are for whoever understands them.
 * @param proofs null: the binding is judged elsewhere
 * @throws {TokenClaimError} ERR_TOKEN_CLAIM for `cnf`
 * @throws {TokenProofError} ERR_TOKEN_PROOF, ERR_TOKEN_NONCE
 */
export function confirmHolder(
  cnf: unknown,
  token: string,
  dpop: DpopRequest | undefined,
  proofs: DpopJudge | null,
): void {
  if (proofs === null) return;
  const jkt = boundKey(cnf);
  const isProved = dpop?.proof !== undefined;
  if (jkt === undefined && !isProved) return;
  if (jkt === undefined)
    throw new TokenClaimError(
      'cnf',
      'missing',
      'The token is bound to no key that a DPoP proof could be of.',
    );
  if (!isProved) throw unproved();
  if (proofs.judge(dpop, token).jkt !== jkt) throw foreignKey();
}

/** `jkt` of a `cnf` claim; undefined where there is none. @throws {TokenClaimError} ERR_TOKEN_CLAIM of another form */
export function boundKey(cnf: unknown): string | undefined {
  if (cnf === undefined) return undefined;
  const jkt = typeof cnf === 'object' && cnf !== null ? (cnf as { readonly jkt?: unknown }).jkt : null;
  if (jkt !== undefined && typeof jkt !== 'string') throw new TokenClaimError('cnf', 'invalid');
  return jkt;
}

/** RFC 9449 section 7.2: else a stolen token would do as a bearer token. */
export function unproved(): TokenClaimError {
  return new TokenClaimError(
    'cnf',
    'mismatch',
    'The token is bound to a key: it is taken only with a DPoP proof, which is given as "dpop".',
  );
}

export function foreignKey(): TokenClaimError {
  return new TokenClaimError(
    'cnf',
    'mismatch',
    'The DPoP proof is of another key than the token is bound to.',
  );
}
