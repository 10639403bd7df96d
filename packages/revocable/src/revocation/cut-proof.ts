/** Proofs of an issuer's authorities, under a key that is derived from their root secret: who wrote a cut-off, whose log it was. */
import { createHmac } from 'node:crypto';
import type { CutState } from './entry.ts';

/** 128 bits of HMAC with SHA-256; RFC 2104 section 5 allows half of the hash and no less. */
export const PROOF_BYTES = 16;

/** Whose proofs are made, and with which key. */
export interface Prover {
  readonly issuer: string;
  readonly key: Uint8Array;
}

export const proofOf = (state: CutState, { issuer, key }: Prover): Uint8Array =>
  macOf(provedText(state, issuer), key);

const macOf = (text: string, key: Uint8Array): Uint8Array =>
  createHmac('sha256', key).update(text).digest().subarray(0, PROOF_BYTES);

/** As an entry carries it. */
export const proofText = (state: CutState, prover: Prover): string =>
  Buffer.from(proofOf(state, prover)).toString('base64url');

/** JSON of an array of texts and whole numbers: two states never have one text. Identifiers are well-formed, so UTF-8 keeps them apart. */
export function provedText({ scope, a, r, s, at, expires }: CutState, issuer: string): string {
  return JSON.stringify([issuer, scope, a, r, s, at, expires]);
}

/** That a store had this owner. A state's text has seven members, so that neither proves the other. */
export const ownerProofOf = (owner: string, { issuer, key }: Prover): Uint8Array =>
  macOf(JSON.stringify([issuer, owner]), key);
