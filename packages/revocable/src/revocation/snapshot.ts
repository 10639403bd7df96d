/** What a replica knows, as bytes: kept between runs, so that the next one loads only what followed. Never counted as fresh. */
import { StoreError } from '../errors.ts';
import { createCutoffTable, isFindable, type TableImage } from './cutoff-table.ts';
import { type Cursor, type Hold, placeOf } from './feed.ts';
import { decodeProfile, encodeProfile } from './feed-lines.ts';
import { type Knowledge, noteProof } from './knowledge.ts';
import type { TokenProfile } from './profile.ts';
import type { Generation } from './scope-sieve.ts';

/** Whole pieces of bytes, checked on the way in by whoever keeps them. */
export interface SnapshotFile {
  /** Undefined where there is none. @throws {StoreError} ERR_STORE_CORRUPT */
  read(): Promise<Uint8Array | undefined>;
  /** All of them, or what was there before. */
  write(pieces: readonly Uint8Array[]): Promise<void>;
}

/** Knowledge of an earlier run. */
export interface Snapshot {
  readonly profile: TokenProfile;
  readonly cursor: Cursor;
  readonly hold: Hold;
  readonly keepMs: number;
  readonly image: TableImage;
}

/** Another one for another layout of the shards' or the sieve's words. */
const FORMAT = 1;
const LINE_FEED = 10;

/** The first line; behind it lie the words of shards and sieve, one after the other. */
interface Head {
  readonly format: number;
  readonly profile: string;
  readonly cursor: Cursor;
  readonly hold: Hold;
  readonly keepMs: number;
  readonly table: Omit<TableImage, 'shards' | 'sieve'>;
  readonly shards: readonly { readonly capacity: number; readonly used: number; readonly words: number }[];
  readonly sieve: readonly (Omit<Generation, 'bits'> & { readonly words: number })[];
}

/**
 * Undefined while there is nothing whole to keep. The cursor is taken first: what arrives meanwhile comes again after it.
 * @param breathe lets others go on, for a large table takes a while
 */
export async function encodeSnapshot(
  knowledge: Knowledge,
  breathe: () => Promise<void>,
): Promise<readonly Uint8Array[] | undefined> {
  const { profile, cursor, hold, keepMs, isLoaded, table, clock } = knowledge;
  if (profile === undefined || cursor === undefined || !isLoaded) return undefined;
  const { shards, sieve, ...rest } = await table.image(() => clock.monotonic(), breathe);
  const head: Head = {
    format: FORMAT,
    profile: encodeProfile(profile),
    cursor,
    hold,
    keepMs,
    table: rest,
    shards: shards.map(shard => ({ ...shard, words: shard.words.length })),
    sieve: sieve.map(({ bits, ...generation }) => ({ ...generation, words: bits.length })),
  };
  const words = [...shards.map(shard => shard.words), ...sieve.map(({ bits }) => bits)];
  return [lineOf(head), ...words.map(bytesOf)];
}

/** Filled with spaces to a whole number of words, so that those behind it can be read where they lie. */
function lineOf(head: Head): Uint8Array {
  const line = new TextEncoder().encode(`${JSON.stringify(head)}   \n`);
  const spare = line.length % 4;
  return Uint8Array.of(...line.subarray(0, line.length - 1 - spare), LINE_FEED);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** @throws {StoreError} ERR_STORE_CORRUPT for what was never written so; ERR_REPLICA_STALE for a newer format */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const end = bytes.indexOf(LINE_FEED);
  const head = headFrom(bytes.subarray(0, Math.max(0, end)));
  const { profile, cursor, hold, keepMs } = head;
  if (!isFindable(head.table)) throw newer('other hashes');
  if (placeOf(cursor) === undefined) throw corrupt('its cursor');
  return {
    profile: decodeProfile(profile),
    cursor,
    hold,
    keepMs,
    image: imageFrom(head, bytes.subarray(end + 1)),
  };
}

function headFrom(line: Uint8Array): Head {
  let head: Head;
  try {
    head = JSON.parse(new TextDecoder().decode(line));
  } catch {
    throw corrupt('its first line');
  }
  if (head?.format !== FORMAT) throw newer(`format ${head?.format}`);
  return head;
}

/** The table goes on in the bytes of the file, where its words stand at fours in memory. */
function imageFrom({ table, shards, sieve }: Head, bytes: Uint8Array): TableImage {
  const body = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  let at = 0;
  const next = (length: number): Uint32Array => {
    const from = at;
    at += length * 4;
    if (at > body.length) throw corrupt('its end');
    return new Uint32Array(body.buffer, body.byteOffset + from, length);
  };
  const image = {
    ...table,
    shards: shards.map(shard => ({ ...shard, words: next(shard.words) })),
    sieve: sieve.map(({ words, ...generation }) => ({ ...generation, bits: next(words) })),
  };
  if (at !== body.length) throw corrupt('its end');
  return image;
}

const newer = (what: string): StoreError =>
  new StoreError('ERR_REPLICA_STALE', `The snapshot has ${what}: another version of "revocable" wrote it.`);
const corrupt = (what: string): StoreError =>
  new StoreError('ERR_STORE_CORRUPT', `The snapshot cannot be read: ${what} is not as it was written.`);

/** Its table and place. How fresh it is, is still to be asked. */
export function restore(knowledge: Knowledge, { profile, cursor, keepMs, image }: Snapshot): Cursor {
  knowledge.table.become(image, knowledge.clock.monotonic());
  Object.assign(knowledge, { profile, cursor, keepMs: Math.max(knowledge.keepMs, keepMs) });
  noteProof(knowledge, profile);
  return cursor;
}

/** As if nothing had been restored: it was not this feed's. */
export async function forgetRestored(knowledge: Knowledge): Promise<void> {
  const nothing = await createCutoffTable().image(
    () => 0,
    async () => {},
  );
  knowledge.table.become(nothing, knowledge.clock.monotonic());
  Object.assign(knowledge, { profile: undefined, cursor: undefined, keepMs: 0 });
}
