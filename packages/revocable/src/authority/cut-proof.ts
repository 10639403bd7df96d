/** By its proof a store that has lost an entry believes whoever brings it back. */
import { timingSafeEqual } from 'node:crypto';
import { type CutEntry, PROOF_BYTES, proofOf, proofText } from '../revocation/index.ts';
import type { Roots } from './root.ts';

/** The entry with its proof. */
export const prove = (entry: CutEntry, issuer: string, roots: Roots): CutEntry => ({
  ...entry,
  mac: proofText(entry, { issuer, key: roots[0].cut }),
});

/** Whether the entry is as an authority wrote it, under any of the root secrets. */
export function isProved(entry: CutEntry, issuer: string, roots: Roots): boolean {
  const given = Buffer.from(entry.mac, 'base64url');
  if (given.length !== PROOF_BYTES) return false;
  return roots.some(({ cut: key }) => timingSafeEqual(given, proofOf(entry, { issuer, key })));
}
