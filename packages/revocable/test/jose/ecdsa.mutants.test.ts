/** DER and R || S at their edges, where a changed line of `ecdsa.ts` would go unnoticed by whole signatures. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ecdsaDer, ecdsaRaw } from '#jose/ecdsa';

/** RFC 3279 section 2.2.3, written another way: by numbers. */
function derOf(raw: Uint8Array): Buffer {
  const half = raw.length / 2;
  const body = Buffer.concat([integer(raw.subarray(0, half)), integer(raw.subarray(half))]);
  const length = body.length > 127 ? [0x81, body.length] : [body.length];
  return Buffer.concat([Buffer.from([0x30, ...length]), body]);
}

function integer(bytes: Uint8Array): Buffer {
  let hex = BigInt(`0x${Buffer.from(bytes).toString('hex')}`).toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  if (Number.parseInt(hex.slice(0, 2), 16) > 127) hex = `00${hex}`;
  return Buffer.from(`02${(hex.length / 2).toString(16).padStart(2, '0')}${hex}`, 'hex');
}

/** A half of so many octets whose first one that counts is given. */
const half = (octets: number, zeros: number, first: number): Buffer => {
  const bytes = Buffer.alloc(octets, 0x11).fill(0, 0, zeros);
  if (zeros < octets) bytes[zeros] = first;
  return bytes;
};

describe('R || S to DER and back', () => {
  test.each([64, 96, 132])('%i octets: every number of leading zeros, every first bit', length => {
    const octets = length / 2;
    for (let zeros = 0; zeros <= octets; zeros++)
      for (const first of [0x01, 0x7f, 0x80, 0xff])
        for (const other of [half(octets, 0, 0x80), half(octets, octets, 0), half(octets, 3, 0x7f)])
          for (const halves of [
            [half(octets, zeros, first), other],
            [other, half(octets, zeros, first)],
          ]) {
            const raw = Buffer.concat(halves);
            expect(ecdsaDer(raw)).toEqual(derOf(raw));
            expect(ecdsaRaw(ecdsaDer(raw), length)).toEqual(raw);
          }
  });

  test('any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 132, maxLength: 132 }), raw => {
        expect(ecdsaDer(raw)).toEqual(derOf(raw));
        expect(ecdsaRaw(derOf(raw), 132)).toEqual(Buffer.from(raw));
      }),
    );
  });
});

describe('what is no DER of a signature', () => {
  const good = derOf(Buffer.alloc(64, 0x11));
  const changed = (at: number, value: number): Buffer => {
    const der = Buffer.from(good);
    der[at] = value;
    return der;
  };
  const parts = (...octets: readonly number[]): Buffer => Buffer.from([0x30, octets.length, ...octets]);

  test.each([
    ['another tag than SEQUENCE', changed(0, 0x31)],
    ['a length that is too great', changed(1, (good[1] as number) + 1)],
    ['a length that is too small', changed(1, (good[1] as number) - 1)],
    ['another tag than INTEGER, of r', changed(2, 0x03)],
    ['another tag than INTEGER, of s', changed(4 + 32, 0x03)],
    ['an r that is longer than all', changed(3, 0x7f)],
    ['an s that is longer than what is left', changed(5 + 32, 0x21)],
    ['an s that is shorter than what is left', changed(5 + 32, 0x1f)],
    ['an r of no octet', parts(0x02, 0x00, 0x02, 0x01, 0x01)],
    ['an s of no octet', parts(0x02, 0x01, 0x01, 0x02, 0x00)],
    ['no s', parts(0x02, 0x01, 0x01)],
    ['nothing in it', parts()],
    ['nothing at all', Buffer.alloc(0)],
    ['something behind', Buffer.concat([good, Buffer.alloc(1)])],
    ['something behind s', Buffer.concat([parts(...good.subarray(2), 0x00)])],
    ['an r that is too long', derOf(Buffer.concat([Buffer.alloc(33, 0x11), Buffer.alloc(33, 0x01)]))],
  ])('%s', (_what, der) => {
    expect(ecdsaRaw(der, 64)).toBeUndefined();
  });

  test('zeros before an integer count for nothing, up to its end', () => {
    const der = parts(0x02, 0x03, 0x00, 0x00, 0x07, 0x02, 0x01, 0x00);
    const raw = Buffer.alloc(64);
    raw[31] = 7;
    expect(ecdsaRaw(der, 64)).toEqual(raw);
  });
});
