/** A replica's snapshot on the disk: a mark, a SHA-256, and the bytes. */
import { createHash } from 'node:crypto';
import { StoreError } from '../errors.ts';
import type { SnapshotFile } from '../revocation/index.ts';
import { pause, type Timers } from '../time.ts';
import type { Disk } from './disk.ts';

/** With the digest a whole number of words. */
const MARK = new TextEncoder().encode('a snapshot of revocable, form 1\n');
const DIGEST = 32;
/** Hashed at once: about a millisecond. */
const PIECE = 1_048_576;

export function createSnapshotFile(
  path: string,
  { disk, timers }: { readonly disk: Pick<Disk, 'read' | 'replace'>; readonly timers: Timers },
): SnapshotFile {
  return {
    async read() {
      const bytes = await disk.read(path);
      if (bytes === undefined) return undefined;
      const start = MARK.length + DIGEST;
      const isOurs = bytes.length > start && MARK.every((byte, at) => bytes[at] === byte);
      if (!isOurs) throw corrupt(path, 'it is no snapshot of ours');
      const payload = bytes.subarray(start);
      const digest = await digestOf([payload], timers);
      if (!digest.every((byte, at) => bytes[MARK.length + at] === byte))
        throw corrupt(path, 'its checksum is another');
      return payload;
    },
    async write(pieces) {
      const all = [MARK, await digestOf(pieces, timers), ...pieces];
      const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const piece of all) {
        bytes.set(piece, at);
        at += piece.length;
      }
      await disk.replace(path, bytes);
    },
  };
}

async function digestOf(pieces: readonly Uint8Array[], timers: Timers): Promise<Uint8Array> {
  const hash = createHash('sha256');
  let since = 0;
  for (const piece of pieces)
    for (let at = 0; at < piece.length; at += PIECE) {
      const part = piece.subarray(at, at + PIECE);
      hash.update(part);
      since += part.length;
      if (since < PIECE) continue;
      since = 0;
      await pause(timers, 0);
    }
  return hash.digest();
}

const corrupt = (path: string, why: string): StoreError =>
  new StoreError('ERR_STORE_CORRUPT', `The snapshot ${path} is passed over, and all is loaded: ${why}.`);
