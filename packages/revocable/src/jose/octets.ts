/**
 * Texts as octets, in buffers that are used again and again: an allocation each would cost more than the work.
 * What a function here returns is good until the next call of any; never hold it across an `await`.
 */
import { Buffer, isUtf8 } from 'node:buffer';

/** Room for three octets of UTF-8 a character of a token of the default greatest length. */
const ROOM = 49_152;
/** No character of one UTF-16 unit takes more; a pair takes four. */
const MOST_PER_UNIT = 3;
const scratch: Buffer = Buffer.allocUnsafeSlow(ROOM);
/** For the text that is held, apart from what is decoded meanwhile, with room for a block before it. */
const MARGIN = 128;
const held: Buffer = Buffer.allocUnsafeSlow(MARGIN + ROOM);
let holding = 0;

/** Methods that Buffer's own ones end in; without them, where a runtime has others, it is only slower. */
interface Inner {
  utf8Write(text: string, at: number, length: number): number;
  latin1Write(text: string, at: number, length: number): number;
  base64urlWrite(text: string, at: number, length: number): number;
  utf8Slice(start: number, end: number): string;
  base64urlSlice(start: number, end: number): string;
}
const NAMES = ['utf8Write', 'latin1Write', 'base64urlWrite', 'utf8Slice', 'base64urlSlice'] as const;
const hasInner: boolean = NAMES.every(
  name => typeof (scratch as unknown as Partial<Inner>)[name] === 'function',
);
const inner = (room: Buffer): Inner => room as unknown as Inner;

type Write = (room: Buffer, text: string, at: number) => number;
const writeUtf8: Write = hasInner
  ? (room, text, at) => inner(room).utf8Write(text, at, room.length - at)
  : (room, text, at) => room.write(text, at, 'utf8');
/** Writes a text of octets. */
export const writeLatin1: Write = hasInner
  ? (room, text, at) => inner(room).latin1Write(text, at, room.length - at)
  : (room, text, at) => room.write(text, at, 'latin1');
const writeBase64url: Write = hasInner
  ? (room, text, at) => inner(room).base64urlWrite(text, at, room.length - at)
  : (room, text, at) => room.write(text, at, 'base64url');
const readUtf8: (room: Buffer, end: number) => string = hasInner
  ? (room, end) => inner(room).utf8Slice(0, end)
  : (room, end) => room.toString('utf8', 0, end);
const readBase64url: (room: Buffer, end: number) => string = hasInner
  ? (room, end) => inner(room).base64urlSlice(0, end)
  : (room, end) => room.toString('base64url', 0, end);

/** Beginnings of one buffer, all on the same octets: few lengths come often, and the view of each is made once. */
export function reusedRoom(size: number): (length: number) => Buffer {
  const room = Buffer.allocUnsafeSlow(size);
  const views: (Buffer | undefined)[] = [];
  return length => {
    if (length > size) return Buffer.allocUnsafeSlow(length);
    const known = views[length];
    if (known !== undefined) return known;
    const view = room.subarray(0, length);
    views[length] = view;
    return view;
  };
}

function roomFor(units: number): Buffer {
  return units * MOST_PER_UNIT <= ROOM ? scratch : Buffer.allocUnsafeSlow(units * MOST_PER_UNIT);
}

/**
 * Holds an ASCII text, of which UTF-8 takes one octet a character; 0 for any other.
 * The number tells `heldOctets` whether it is still the one that is held.
 */
export function holdAscii(text: string): number {
  if (text.length * MOST_PER_UNIT > ROOM)
    return writeUtf8(Buffer.allocUnsafeSlow(text.length * MOST_PER_UNIT), text, 0) === text.length ? -1 : 0;
  holding = (holding + 1) & 0x3fffffff || 1;
  return writeUtf8(held, text, MARGIN) === text.length ? holding : 0;
}

/** The first octets of a text that `holdAscii` took; of one that is held no more, again. */
export function heldOctets(text: string, end: number, hold: number): Uint8Array {
  return hold === holding ? heldView(MARGIN, MARGIN + end) : asciiOctets(text.slice(0, end));
}

let blockBefore: Uint8Array | undefined;

/** The same behind a block of other octets, 128 at most. */
export function heldBehind(block: Uint8Array, text: string, end: number, hold: number): Uint8Array {
  if (hold !== holding) return Buffer.concat([block, asciiOctets(text.slice(0, end))]);
  if (block !== blockBefore) {
    held.set(block, MARGIN - block.length);
    blockBefore = block;
  }
  return heldView(MARGIN - block.length, MARGIN + end);
}

/** Tokens of a service have few lengths, and a view that node:crypto has seen costs a third less than a new one. */
const views: Uint8Array[] = new Array<Uint8Array>(64).fill(held.subarray(0, 0));

function heldView(start: number, end: number): Uint8Array {
  const known = views[end & 63] as Uint8Array;
  if (known.length === end - start && known.byteOffset === start) return known;
  const view = held.subarray(start, end);
  views[end & 63] = view;
  return view;
}

/** The octets of a text that is known to be ASCII. */
export function asciiOctets(text: string): Uint8Array {
  const room = roomFor(text.length);
  return room.subarray(0, writeLatin1(room, text, 0));
}

const signatureRoom = reusedRoom(8192);

/** The octets that a text in strict base64url spells; apart from those of any text. */
export function signatureOctets(text: string): Buffer {
  const room = signatureRoom((text.length * 3) >> 2);
  writeBase64url(room, text, 0);
  return room;
}

/** Base64url of a text's UTF-8. */
export function encodeText(text: string): string {
  const room = roomFor(text.length);
  return readBase64url(room, writeUtf8(room, text, 0));
}

/** The value of a base64url character, by its code; 64 for any other. */
const VALUES: Uint8Array = new Uint8Array(128).fill(64);
for (const [value, char] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].entries())
  VALUES[char.charCodeAt(0)] = value;

/** Bits of the last character that belong to no octet, by how many characters are left over (RFC 4648 section 3.5). */
const STRAY = [0, 64, 15, 3] as const;

/**
 * How many octets an ASCII text without `+` and `/` spells in strict base64url; -1 when it does not.
 * The decoder passes over what it does not know, so that fewer octets come out than the length promises.
 */
function decodeInto(room: Buffer, text: string): number {
  const { length } = text;
  if (length === 0) return 0;
  const over = (length & 3) as 0 | 1 | 2 | 3;
  const last = VALUES[text.charCodeAt(length - 1)] ?? 64;
  if (over === 1 || last === 64 || (last & STRAY[over]) !== 0) return -1;
  return writeBase64url(room, text, 0) === (length * 3) >> 2 ? (length * 3) >> 2 : -1;
}

/** Characters of the longest signature of a hash or a curve of 256 bits, with some to spare. */
const SHORT = 96;
const REPLACEMENT = '\ufffd';

/**
 * The same of the end of the text that is held, if that is what `hold` says and the end is short: of few characters a call of the
 * decoder costs more than a look at each.
 */
export function isStrictFrom(text: string, from: number, hold: number): boolean {
  const end = text.length;
  if (hold !== holding || end - from > SHORT) return isStrict(text.slice(from));
  const over = ((end - from) & 3) as 0 | 1 | 2 | 3;
  let all = 0;
  for (let at = MARGIN + from; at < MARGIN + end; at++) all |= VALUES[held[at] as number] as number;
  const last = end === from ? 0 : (VALUES[held[MARGIN + end - 1] as number] as number);
  return all < 64 && over !== 1 && (last & STRAY[over]) === 0;
}

/** True for strict base64url. The text is known to be ASCII without `+` and `/`. */
export function isStrict(text: string): boolean {
  return decodeInto(roomFor(text.length), text) !== -1;
}

/**
 * The text whose UTF-8 a segment spells; null when its octets are no UTF-8, undefined when it is no strict base64url.
 * The segment is known to be ASCII without `+` and `/`.
 */
export function decodeText(segment: string): string | null | undefined {
  const room = roomFor(segment.length);
  const count = decodeInto(room, segment);
  if (count === -1) return undefined;
  const text = readUtf8(room, count);
  // One unit an octet, none of them the one that stands for an error: ASCII, and nothing to check.
  if (text.length === count && text.indexOf(REPLACEMENT) === -1) return text;
  return isUtf8(room.subarray(0, count)) ? text : null;
}
