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

/** Methods that Buffer's own ones end in; without them, where a runtime has others, it is only slower. */
interface Inner {
  utf8Write?(text: string, at: number, length: number): number;
  latin1Write?(text: string, at: number, length: number): number;
  base64urlWrite?(text: string, at: number, length: number): number;
  utf8Slice?(start: number, end: number): string;
}
const hasInner: boolean = (['utf8Write', 'latin1Write', 'base64urlWrite', 'utf8Slice'] as const).every(
  name => typeof (scratch as unknown as Inner)[name] === 'function',
);

function write(room: Buffer, text: string, encoding: 'utf8' | 'latin1' | 'base64url'): number {
  if (!hasInner) return room.write(text, 0, encoding);
  if (encoding === 'utf8') return (room as unknown as Required<Inner>).utf8Write(text, 0, room.length);
  if (encoding === 'latin1') return (room as unknown as Required<Inner>).latin1Write(text, 0, room.length);
  return (room as unknown as Required<Inner>).base64urlWrite(text, 0, room.length);
}

function roomFor(units: number): Buffer {
  return units * MOST_PER_UNIT <= ROOM ? scratch : Buffer.allocUnsafeSlow(units * MOST_PER_UNIT);
}

/** True when every character is ASCII: UTF-8 then takes one octet each. */
export function isAscii(text: string): boolean {
  return write(roomFor(text.length), text, 'utf8') === text.length;
}

/** The octets of a text that is known to be ASCII. */
export function asciiOctets(text: string): Uint8Array {
  const room = roomFor(text.length);
  return room.subarray(0, write(room, text, 'latin1'));
}

/** Base64url of a text's UTF-8. */
export function encodeText(text: string): string {
  const room = roomFor(text.length);
  return room.toString('base64url', 0, write(room, text, 'utf8'));
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
  return write(room, text, 'base64url') === (length * 3) >> 2 ? (length * 3) >> 2 : -1;
}

const REPLACEMENT = '\ufffd';

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
  const text = hasInner
    ? (room as unknown as Required<Inner>).utf8Slice(0, count)
    : room.toString('utf8', 0, count);
  // One unit an octet, none of them the one that stands for an error: ASCII, and nothing to check.
  if (text.length === count && text.indexOf(REPLACEMENT) === -1) return text;
  return isUtf8(room.subarray(0, count)) ? text : null;
}
