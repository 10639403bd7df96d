/** The proof that an authority of this issuer wrote a cut-off: by it a store that has lost the entry believes whoever brings it back. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CutEntry, CutState } from '../revocation/index.ts';
import type { RootKeys, Roots } from './root.ts';

/** 128 bits of HMAC with SHA-256; RFC 2104 section 5 allows half of the hash and no less. */
const BYTES = 16;

/** The entry with its proof. */
export function prove(entry: CutEntry, issuer: string, roots: Roots): CutEntry {
  return { ...entry, mac: Buffer.from(macOf(entry, issuer, roots[0])).toString('base64url') };
}

/** Whether the entry is as an authority wrote it, under any of the root secrets. */
export function isProved(entry: CutEntry, issuer: string, roots: Roots): boolean {
  const given = Buffer.from(entry.mac, 'base64url');
  return given.length === BYTES && roots.some(root => timingSafeEqual(given, macOf(entry, issuer, root)));
}

function macOf(state: CutState, issuer: string, { cut }: RootKeys): Uint8Array {
  return createHmac('sha256', cut).update(provedText(state, issuer)).digest().subarray(0, BYTES);
}

/** JSON of an array of texts and whole numbers: two states never have one text. Identifiers are well-formed, so UTF-8 keeps them apart. */
export function provedText({ scope, a, r, s, at, expires }: CutState, issuer: string): string {
  return JSON.stringify([issuer, scope, a, r, s, at, expires]);
}
