/** The proof that an authority of an issuer wrote a cut-off, under a key that is derived from its root secret. */
import { createHmac } from 'node:crypto';
import type { CutState } from './entry.ts';

/** 128 bits of HMAC with SHA-256; RFC 2104 section 5 allows half of the hash and no less. */
export const PROOF_BYTES = 16;

/** Whose proofs are made, and with which key. */
export interface Prover {
  readonly issuer: string;
  readonly key: Uint8Array;
}

export function proofOf(state: CutState, { issuer, key }: Prover): Uint8Array {
  return createHmac('sha256', key).update(provedText(state, issuer)).digest().subarray(0, PROOF_BYTES);
}

/** As an entry carries it. */
export const proofText = (state: CutState, prover: Prover): string =>
  Buffer.from(proofOf(state, prover)).toString('base64url');

/** JSON of an array of texts and whole numbers: two states never have one text. Identifiers are well-formed, so UTF-8 keeps them apart. */
export function provedText({ scope, a, r, s, at, expires }: CutState, issuer: string): string {
  return JSON.stringify([issuer, scope, a, r, s, at, expires]);
}
