/** As much of DER (X.690) as keys and ECDSA signatures need. */
import { Buffer } from 'node:buffer';

/** One element: tag, length, contents. */
export function derElement(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(body.length)]), body]);
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) octets.unshift(rest & 0xff);
  return [0x80 | octets.length, ...octets];
}

/** The contents of each element that follows another in `bytes`; undefined when it is no DER. */
export function derSequence(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const contents: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const long = (bytes[at + 1] ?? 0x80) >= 0x80 ? (bytes[at + 1] ?? 0x80) & 0x7f : 0;
    let length = long === 0 ? (bytes[at + 1] as number) : 0;
    for (let i = 0; i < long; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    const start = at + 2 + long;
    if (!(start + length <= bytes.length) || long > 4) return undefined;
    contents.push(bytes.subarray(start, start + length));
    at = start + length;
  }
  return contents;
}
