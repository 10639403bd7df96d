/** Keys of DPoP proofs, by the exact text of the header that holds them: to import one costs more than to check with it. */
import { Buffer } from 'node:buffer';
import type { PublicKey } from './key.ts';

export interface ProofKeys {
  recall(header: string): PublicKey | undefined;
  /** After a signature has proved that somebody has the key. */
  remember(header: string, key: PublicKey): void;
}

/** Longer ones hold keys that are slow anyway. */
const LONGEST = 1024;

/** Bounded; the oldest makes room. Nothing in it grows old, for a header says all that its key is. */
export function createProofKeys(most: number): ProofKeys {
  const keys = new Map<string, PublicKey>();
  return {
    recall: header => keys.get(header),
    remember(header, key) {
      if (header.length > LONGEST || keys.has(header)) return;
      if (keys.size >= most) keys.delete(keys.keys().next().value as string);
      keys.set(Buffer.from(header, 'latin1').toString('latin1'), key); // a slice would keep the whole proof alive
    },
  };
}
