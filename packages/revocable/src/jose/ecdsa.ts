/**
 * ECDSA signatures between DER (RFC 3279 section 2.2.3, what node:crypto gives by default) and R || S (RFC 7518 section 3.4).
 * node:crypto can convert too, but only with `{ key, dsaEncoding }`, which makes it import the key at each call.
 * What a function here returns is good until its next call.
 */
import { reusedRoom } from './octets.ts';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** Of P-521: two integers of 67 octets, each with tag and length, and three octets before them. */
const LONGEST_DER = 3 + 2 * (2 + 67);
const derOf = reusedRoom(LONGEST_DER);
const rawOf = reusedRoom(LONGEST_DER);

/** R || S of exact length from DER; undefined when it is no such DER. */
export function ecdsaRaw(der: Uint8Array, length: number): Uint8Array | undefined {
  const raw = rawOf(length);
  const half = length / 2;
  const start = der[1] === 0x81 ? 3 : 2;
  if (der[0] !== SEQUENCE || (der[start - 1] as number) !== der.length - start) return undefined;
  const afterR = copyInteger(der, start, raw, half);
  const afterS = afterR === -1 ? -1 : copyInteger(der, afterR, raw, length);
  return afterS === der.length ? raw : undefined;
}

/** Copies a DER integer to end at `end` in `raw`; returns where it ended in `der`, or -1. */
function copyInteger(der: Uint8Array, at: number, raw: Uint8Array, end: number): number {
  const length = der[at + 1] as number;
  let from = at + 2;
  const to = from + length;
  if (der[at] !== INTEGER || !(length > 0) || to > der.length) return -1;
  while (from < to && der[from] === 0) from++;
  const start = end - raw.length / 2;
  if (to - from > end - start) return -1;
  for (let i = to - 1, j = end - 1; j >= start; i--, j--) raw[j] = i < from ? 0 : (der[i] as number);
  return to;
}

/** DER from R || S. Whether r and s are in 1..n-1 is for node:crypto to check, which refuses others. */
export function ecdsaDer(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const r = leadingZeros(raw, 0, half);
  const s = leadingZeros(raw, half, raw.length);
  const lengthR = integerLength(raw, r, half);
  const lengthS = integerLength(raw, s, raw.length);
  const body = 4 + lengthR + lengthS;
  const der = derOf(body + (body > 127 ? 3 : 2));
  let at = 0;
  der[at++] = SEQUENCE;
  if (body > 127) der[at++] = 0x81;
  der[at++] = body;
  at = putInteger(der, at, raw, r, half, lengthR);
  putInteger(der, at, raw, s, raw.length, lengthS);
  return der;
}

/** Where the integer begins: at its first octet that is not 0, or at its last. */
function leadingZeros(raw: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to - 1 && raw[at] === 0) at++;
  return at;
}

function integerLength(raw: Uint8Array, from: number, to: number): number {
  return to - from + ((raw[from] as number) >= 0x80 ? 1 : 0);
}

function putInteger(
  der: Uint8Array,
  at: number,
  raw: Uint8Array,
  from: number,
  to: number,
  length: number,
): number {
  der[at] = INTEGER;
  der[at + 1] = length;
  let into = at + 2;
  if (length > to - from) der[into++] = 0;
  for (let i = from; i < to; i++) der[into++] = raw[i] as number;
  return into;
}
