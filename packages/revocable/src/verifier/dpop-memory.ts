/** Which DPoP proofs have been seen, for as long as each would be taken: RFC 9449 section 11.1. */

export interface DpopMemory {
  /**
   * Whether this is the first time. `forgotten`: nobody knows, for proofs that end as early had to make room.
   * @param id of fixed length, whatever the proof's `jti` is
   * @param until when it is taken no more, in milliseconds
   */
  see(id: string, until: number, nowMs: number): 'first' | 'again' | 'forgotten';
  readonly size: number;
}

/** Proofs that end within one second lie together, and go together. */
const BUCKET_MS = 1000;

/**
 * Bounded without a hole: where there is no room for another, those that end first are forgotten, and from then on none
 * that ends as early is taken. Under a flood the window of honest proofs shrinks; a replay never passes.
 */
export function createDpopMemory(most: number): DpopMemory {
  const buckets = new Map<number, Set<string>>();
  let size = 0;
  let forgotten = Number.NEGATIVE_INFINITY;
  const drop = (bucket: number): void => {
    size -= buckets.get(bucket)?.size ?? 0;
    buckets.delete(bucket);
    forgotten = Math.max(forgotten, bucket);
  };
  const makeRoom = (nowMs: number): void => {
    for (const bucket of buckets.keys()) if ((bucket + 1) * BUCKET_MS <= nowMs) drop(bucket);
    while (size >= most) drop(Math.min(...buckets.keys()));
  };
  return {
    see(id, until, nowMs) {
      const bucket = Math.floor(until / BUCKET_MS);
      if (buckets.get(bucket)?.has(id)) return 'again';
      if (size >= most) makeRoom(nowMs);
      if (bucket <= forgotten) return 'forgotten';
      const ids = buckets.get(bucket) ?? new Set<string>();
      buckets.set(bucket, ids.add(id));
      size += 1;
      return 'first';
    },
    get size() {
      return size;
    },
  };
}
