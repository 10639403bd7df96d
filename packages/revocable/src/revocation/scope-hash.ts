/** A seeded hash of scopes, 64 bits: HalfSipHash-1-3 over a scope's parts, so that nobody can choose names that collide. */

/** Two words, low and high. A check writes it over and over, and allocates nothing. */
export type ScopeHash = Uint32Array;

/** Hashes a kind of scope and its one or two names (the second may be empty). */
export type ScopeHasher = (kind: string, first: string, second: string, into: ScopeHash) => void;

/** @param seed 8 unpredictable bytes */
export function createScopeHasher(seed: Uint8Array): ScopeHasher {
  const view = new DataView(seed.buffer, seed.byteOffset, 8);
  const low = view.getInt32(0, true);
  const high = view.getInt32(4, true);
  let words = new Int32Array(256);
  return (kind, first, second, into) => {
    const most = first.length + second.length + 3;
    if (most > words.length) words = new Int32Array(most);
    words[0] = kind.charCodeAt(0);
    let count = pack(first, words, 1);
    if (second !== '') count = pack(second, words, count);
    halfSipHash(low, high, words, count, into);
  };
}

/** Length and form go before the text, so that no two lists of names are the same words. */
function pack(text: string, words: Int32Array, start: number): number {
  const { length } = text;
  const whole = length - (length % 4);
  let at = start + 1;
  let i = 0;
  let seen = 0;
  for (; i < whole; i += 4) {
    const c0 = text.charCodeAt(i);
    const c1 = text.charCodeAt(i + 1);
    const c2 = text.charCodeAt(i + 2);
    const c3 = text.charCodeAt(i + 3);
    seen |= c0 | c1 | c2 | c3;
    words[at++] = c0 | (c1 << 8) | (c2 << 16) | (c3 << 24);
  }
  let rest = 0;
  for (; i < length; i++) {
    const unit = text.charCodeAt(i);
    seen |= unit;
    rest = (rest << 8) | unit;
  }
  if (whole < length) words[at++] = rest;
  words[start] = length * 2;
  return seen > 0xff ? packWide(text, words, start) : at;
}

function packWide(text: string, words: Int32Array, start: number): number {
  words[start] = text.length * 2 + 1;
  for (let i = 0; i < text.length; i++) words[start + 1 + i] = text.charCodeAt(i);
  return start + 1 + text.length;
}

/** One round a word, three at the end; the state of 128 bits is folded to 64 once. */
function halfSipHash(low: number, high: number, words: Int32Array, count: number, into: ScopeHash): void {
  let v0 = low;
  let v1 = high ^ 0xee;
  let v2 = 0x6c79_6765 ^ low;
  let v3 = 0x7465_6462 ^ high;
  for (let i = 0; i < count + 3; i++) {
    const word = i < count ? (words[i] as number) : 0;
    if (i === count) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  into[0] = v1 ^ v3;
  into[1] = v0 ^ v2;
}
