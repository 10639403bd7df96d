/** By proofs a store that has lost its past believes whoever brings it back, or says that there was one. */
import { timingSafeEqual } from 'node:crypto';
import {
  type CutEntry,
  ownerProofOf,
  PROOF_BYTES,
  type ProvedCursor,
  placeOf,
  proofOf,
  proofText,
  type TokenProfile,
} from '../revocation/index.ts';
import type { Settings } from './options.ts';
import type { Roots } from './root.ts';

/** The entry with its proof. */
export const prove = (entry: CutEntry, issuer: string, roots: Roots): CutEntry => ({
  ...entry,
  mac: proofText(entry, { issuer, key: roots[0].cut }),
});

/** Whether the entry is as an authority wrote it, under any of the root secrets. */
export function isProved(entry: CutEntry, issuer: string, roots: Roots): boolean {
  return isMac(entry.mac, roots, key => proofOf(entry, { issuer, key }));
}

function isMac(text: string, roots: Roots, macOf: (key: Uint8Array) => Uint8Array): boolean {
  const given = Buffer.from(text, 'base64url');
  if (given.length !== PROOF_BYTES) return false;
  return roots.some(({ cut: key }) => timingSafeEqual(given, macOf(key)));
}

/** The profile as the owner of a store declares it: whoever follows is given the proof that it did. */
export function ownedProfile(
  owner: string,
  { profile, issuer }: Pick<Settings, 'profile' | 'issuer'>,
  roots: Roots,
): TokenProfile {
  const mac = Buffer.from(ownerProofOf(owner, { issuer, key: roots[0].cut })).toString('base64url');
  return { ...profile, ownerProof: `${owner}.${mac}` };
}

/** Whose log somebody has followed and read something in; undefined of whoever cannot prove it. */
export function provedOwner(before: ProvedCursor, issuer: string, roots: Roots): string | undefined {
  const end = before.lastIndexOf('.');
  const place = placeOf(before.slice(0, end));
  if (place === undefined || place.number === 0) return undefined;
  const isProof = isMac(before.slice(end + 1), roots, key => ownerProofOf(place.owner, { issuer, key }));
  return isProof ? place.owner : undefined;
}
