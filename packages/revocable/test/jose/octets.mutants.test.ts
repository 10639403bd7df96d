/** Texts and octets at their edges: lengths, last characters, the room that is used again. */
import fc from 'fast-check';
import { createVerifier, secretKey } from 'revocable';
import { describe, expect, test, vi } from 'vitest';
import {
  asciiOctets,
  decodeText,
  encodeText,
  heldBehind,
  heldOctets,
  holdAscii,
  isStrict,
  isStrictFrom,
  reusedRoom,
} from '#jose/octets';
import { forge } from './forge.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Strict by another way: what is decoded is spelt so and not otherwise. */
const isSpelling = (text: string): boolean => Buffer.from(text, 'base64url').toString('base64url') === text;
/** A scratch of this many characters is used again; longer ones get their own. */
const ROOM = 16_384;

describe('strict base64url', () => {
  test('every length, every last character', () => {
    for (let length = 0; length < 12; length++)
      for (const last of ALPHABET) {
        const text = 'AbC-_x9ZqW0'.slice(0, length) + last;
        expect(isStrict(text)).toBe(isSpelling(text));
        expect(decodeText(text) !== undefined).toBe(isSpelling(text));
      }
    expect(isStrict('')).toBe(true);
    expect(decodeText('')).toBe('');
  });

  test('a character of ASCII that is not of the alphabet, at each place', () => {
    for (let code = 0; code < 128; code++) {
      const char = String.fromCharCode(code);
      if (ALPHABET.includes(char) || char === '+' || char === '/') continue;
      for (let at = 0; at < 8; at++) {
        const text = `${'QUJD'.repeat(2).slice(0, at)}${char}${'QUJD'.repeat(2).slice(at + 1)}`;
        expect(isStrict(text)).toBe(false);
        expect(decodeText(text)).toBeUndefined();
      }
    }
  });

  test('any text comes back, of any length', () => {
    const around = fc.integer({ min: ROOM - 3, max: ROOM + 3 }).map(length => 'x'.repeat(length));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), around), text => {
        expect(encodeText(text)).toBe(Buffer.from(text).toString('base64url'));
        expect(decodeText(encodeText(text))).toBe(text);
      }),
    );
  });

  test('octets that are no UTF-8 are told from the character that stands for them', () => {
    expect(decodeText(Buffer.from('\ufffd').toString('base64url'))).toBe('\ufffd');
    for (const octets of [[0xff], [0x61, 0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80]])
      expect(decodeText(Buffer.from(octets).toString('base64url'))).toBeNull();
  });
});

describe('the text that is held', () => {
  const text = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1');

  test('is given back up to where it is asked for', () => {
    const hold = holdAscii('header.payload.signature');
    expect(hold).not.toBe(0);
    expect(text(heldOctets('header.payload.signature', 14, hold))).toBe('header.payload');
    expect(text(heldOctets('header.payload.signature', 24, hold))).toBe('header.payload.signature');
  });

  test('is itself, when another one was held meanwhile', () => {
    for (const other of ['b'.repeat(9), 'b'.repeat(30_000), 'b\u00e9', '']) {
      const hold = holdAscii('a'.repeat(9));
      holdAscii(other);
      asciiOctets('c'.repeat(9));
      decodeText('QUJD');
      expect(text(heldOctets('a'.repeat(9), 5, hold))).toBe('aaaaa');
    }
  });

  test('may be long', () => {
    for (const length of [ROOM - 1, ROOM, ROOM + 1, 100_000]) {
      const long = 'a'.repeat(length);
      expect(text(heldOctets(long, length, holdAscii(long)))).toBe(long);
      expect(text(asciiOctets(long))).toBe(long);
    }
  });

  test('is ASCII alone, wherever it is not', () => {
    for (const length of [0, 1, 100, ROOM - 1, ROOM, 40_000])
      for (const char of ['\u0080', '\u0141', '\uff21', '\ud800', '\u{1f511}'])
        expect(holdAscii('a'.repeat(length) + char)).toBe(0);
  });
});

test('tokens that wait for their keys side by side are each their own', async () => {
  const secret = secretKey('HS256', new Uint8Array(32).fill(4));
  const verifier = createVerifier({
    keys: secret,
    issuer: null,
    audience: null,
    requireExpiry: false,
    maxTokenLength: 1_000_000,
  });
  const tokens = Array.from({ length: 50 }, (_, n) =>
    forge(secret, { alg: 'HS256', n: n % 3 }, { n, x: 'x'.repeat(n % 5 === 0 ? 40_000 : n) }),
  );
  const results = await Promise.all(tokens.map(token => verifier.verify(token)));
  expect(results.map(({ claims }) => claims['n'])).toEqual(tokens.map((_, n) => n));
});

describe('a text of octets is written into room that is used again', () => {
  test('a length has one view, until it is longer than the room', () => {
    const roomOf = reusedRoom(4);
    for (const length of [0, 1, 4]) {
      expect(roomOf(length)).toHaveLength(length);
      expect(roomOf(length)).toBe(roomOf(length));
      expect(roomOf(length).buffer).toBe(roomOf(4).buffer);
    }
    expect(roomOf(5)).toHaveLength(5);
    expect(roomOf(5)).not.toBe(roomOf(5));
  });

  test('up to where three octets a character fit', () => {
    const bufferOf = (length: number): unknown => asciiOctets('a'.repeat(length)).buffer;
    expect(bufferOf(ROOM)).toBe(bufferOf(1));
    expect(bufferOf(ROOM + 1)).not.toBe(bufferOf(1));
  });

  test('one that is held has a number of its own, and a long one none', () => {
    expect(holdAscii('a'.repeat(ROOM))).toBeGreaterThan(0);
    expect(holdAscii('a'.repeat(ROOM + 1))).toBe(-1);
    expect(holdAscii('a')).not.toBe(holdAscii('a'));
  });

  test('and its beginning is shown without being copied', () => {
    const hold = holdAscii('a'.repeat(200));
    const shown = heldOctets('a'.repeat(200), 100, hold);
    expect(heldOctets('a'.repeat(200), 100, hold)).toBe(shown);
    expect(heldOctets('a'.repeat(200), 100 + 64, hold)).toHaveLength(164);
    expect(heldOctets('a'.repeat(200), 100, hold)).toHaveLength(100);
  });
});

describe('behind a block', () => {
  const [ones, twos, long] = [Buffer.alloc(64, '1'), Buffer.alloc(64, '2'), Buffer.alloc(128, '3')];
  const text = 'header.payload.signature'.repeat(10);

  test('stands the beginning of the text, whichever block it was before', () => {
    const hold = holdAscii(text);
    for (const block of [ones, twos, long, ones, ones])
      for (const end of [0, 14, 64, 128]) {
        const made = heldBehind(block, text, end, hold);
        expect(Buffer.from(made).toString()).toBe(block.toString() + text.slice(0, end));
        expect(heldBehind(block, text, end, hold)).toBe(made);
      }
  });

  test('and is not taken for a longer one without it', () => {
    const hold = holdAscii(text);
    expect(Buffer.from(heldBehind(ones, text, 36, hold)).toString()).toBe(ones + text.slice(0, 36));
    expect(Buffer.from(heldOctets(text, 100, hold)).toString()).toBe(text.slice(0, 100));
    expect(Buffer.from(heldBehind(ones, text, 36, hold)).toString()).toBe(ones + text.slice(0, 36));
  });

  test('a text that is held no more is written again', () => {
    const hold = holdAscii(text);
    holdAscii('x'.repeat(240));
    expect(Buffer.from(heldBehind(twos, text, 14, hold)).toString()).toBe(`${twos}header.payload`);
  });
});

describe('strict base64url at the end of the text that is held', () => {
  const verdicts = (segment: string): boolean[] => {
    const text = `header.payload.${segment}`;
    const hold = holdAscii(text);
    const fresh = isStrictFrom(text, 15, hold);
    holdAscii('!'.repeat(text.length));
    return [fresh, isStrictFrom(text, 15, hold)];
  };

  test('every length to 12, every last character', () => {
    expect(verdicts('')).toEqual([true, true]);
    for (let length = 0; length < 12; length++)
      for (const last of ALPHABET) {
        const segment = 'AbC-_x9ZqW0'.slice(0, length) + last;
        expect(verdicts(segment)).toEqual([isSpelling(segment), isSpelling(segment)]);
      }
  });

  test.each([43, 86, 94, 95, 96, 98, 99, 100, 176])('%i characters, one of which is foreign', length => {
    expect(verdicts('A'.repeat(length))).toEqual([true, true]);
    for (const foreign of ['.', '=', ' ', '~', '\u0000'])
      for (const at of [0, 1, length >> 1, length - 1])
        expect(verdicts('A'.repeat(at) + foreign + 'A'.repeat(length - at - 1))).toEqual([false, false]);
  });
});

describe('a runtime whose buffers have the public methods alone', () => {
  const NAMES = ['utf8Write', 'latin1Write', 'base64urlWrite', 'utf8Slice', 'base64urlSlice'] as const;
  type Octets = typeof import('#jose/octets');
  const prototype = Buffer.prototype as unknown as Record<string, unknown>;
  const words = ['', 'a', 'ab', 'abc', 'ä€😀', 'x'.repeat(ROOM + 1)];

  /** Loaded anew while one of the methods is not there: what is decided when it is loaded is decided so. */
  async function without(name: (typeof NAMES)[number]): Promise<Octets> {
    const method = prototype[name];
    delete prototype[name];
    try {
      return (await import(`${import.meta.resolve('#jose/octets')}?without=${name}`)) as Octets;
    } finally {
      prototype[name] = method;
    }
  }

  /** How often the public methods were called while a text was encoded. */
  function publicCalls(encode: (text: string) => string): number[] {
    const spies = (['write', 'toString'] as const).map(name => vi.spyOn(Buffer.prototype, name));
    encode('text');
    const calls = spies.map(spy => spy.mock.calls.length);
    for (const spy of spies) spy.mockRestore();
    return calls;
  }

  test('lacks none: they are not called', () => {
    expect(publicCalls(encodeText)).toEqual([0, 0]);
  });

  test.each(NAMES)('lacks %s: the public ones do, and read and write the same', async name => {
    const plain = await without(name);
    expect(publicCalls(plain.encodeText)).toEqual([1, 1]);
    for (const word of words) {
      expect(plain.encodeText(word)).toBe(encodeText(word));
      expect(plain.decodeText(encodeText(word))).toBe(word);
    }
    expect(plain.decodeText('_w')).toBeNull();
    expect(plain.decodeText('A')).toBeUndefined();
    expect(plain.holdAscii('ä')).toBe(0);
    const hold = plain.holdAscii('header.payload.c2ln');
    expect(Buffer.from(plain.heldOctets('header.payload.c2ln', 14, hold)).toString()).toBe('header.payload');
    expect(plain.isStrictFrom('header.payload.c2ln', 15, hold)).toBe(true);
    expect(Buffer.from(plain.signatureOctets('c2ln')).toString()).toBe('sig');
    expect(Buffer.from(plain.asciiOctets('header')).toString()).toBe('header');
    const room = Buffer.alloc(4);
    plain.writeLatin1(room, '\u00e9\u00ff', 1);
    expect([...room]).toEqual([0, 0xe9, 0xff, 0]);
  });
});
