/** Nonces for DPoP proofs without state: RFC 9449 sections 8 and 9. Whoever has the secret gives and takes the same ones. */
import { createHmac } from 'node:crypto';

export interface DpopNonces {
  /** The newest. */
  current(nowMs: number): string;
  /** Until when a proof with this nonce is taken, in milliseconds; undefined for one that is not taken now. */
  until(nonce: string, nowMs: number): number | undefined;
}

/** A new one every ten seconds; each is taken for two minutes, so no proof is older, whatever its `iat`. */
const SLOT_MS = 10_000;
const TAKEN_SLOTS = 12;
const LENGTH = 22;

/** @param secrets the first gives, all are taken */
export function createDpopNonces(secrets: readonly [Uint8Array, ...Uint8Array[]]): DpopNonces {
  const made = new Map<number, readonly string[]>();
  const ofSlot = (slot: number): readonly string[] => {
    const known = made.get(slot);
    if (known !== undefined) return known;
    if (made.size > 2 * TAKEN_SLOTS) made.clear();
    const nonces = secrets.map(secret => nonceOf(secret, slot));
    made.set(slot, nonces);
    return nonces;
  };
  return {
    current: nowMs => ofSlot(slotAt(nowMs))[0] as string,
    until(nonce, nowMs) {
      const now = slotAt(nowMs);
      // The next one too: the clock of the machine that gave it may be ahead. None is a secret, so they compare plainly.
      for (let slot = now + 1; slot > now - TAKEN_SLOTS; slot--)
        if (ofSlot(slot).includes(nonce)) return (slot + TAKEN_SLOTS) * SLOT_MS;
      return undefined;
    },
  };
}

const slotAt = (nowMs: number): number => Math.floor(nowMs / SLOT_MS);

function nonceOf(secret: Uint8Array, slot: number): string {
  return createHmac('sha256', secret).update(`dpop nonce ${slot}`).digest('base64url').slice(0, LENGTH);
}
