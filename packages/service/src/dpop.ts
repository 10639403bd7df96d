/** DPoP (RFC 9449): the proof that came with a request, and what the answer says of proofs. */
import { type DpopRequest, type IssueOptions, TokenProofError, type VerifyOptions } from 'revocable';
import { type Call, tokenOf } from './call.ts';
import type { Client } from './clients.ts';
import type { Parts } from './parts.ts';

/** The URL is the one that clients know, whatever a proxy made of it. */
export function dpopOf(call: Call, { settings }: Parts): DpopRequest {
  const proof = call.request.headers.get('dpop') ?? undefined;
  return { proof, method: call.request.method, url: `${settings.issuer}${call.url.pathname}` };
}

/**
 * RFC 9449 section 5: refresh tokens of clients that authenticate are bound by that, their access tokens by the proof.
 * @throws {TokenProofError} ERR_TOKEN_PROOF for a client that said it would always send one (section 5.2)
 */
export function boundBy(call: Call, client: Client, parts: Parts): Pick<IssueOptions, 'dpop' | 'bind'> {
  const dpop = dpopOf(call, parts);
  if (client.alwaysProves && dpop.proof === undefined)
    throw new TokenProofError('form', 'This client is registered to send a DPoP proof with each request.');
  return { dpop, bind: client.isConfidential ? 'access' : 'session' };
}

/** A bound token never passes as a bearer token (section 7.2), and by the scheme DPoP none passes without a proof. */
export function cameWith(call: Call, parts: Parts): VerifyOptions {
  if (tokenOf(call.request)?.scheme !== 'dpop') return {};
  const dpop = dpopOf(call, parts);
  return { dpop: { ...dpop, proof: dpop.proof ?? '' } };
}

/** Section 8.2: the next nonce, for whoever used an older one. */
export function nonceHeader(call: Call, { authority }: Parts): Readonly<Record<string, string>> {
  const proof = call.request.headers.get('dpop');
  const nonce = proof === null ? undefined : authority.dpop.nonce(proof);
  return nonce === undefined ? {} : { 'dpop-nonce': nonce };
}
