/** DER (X.690) at its edges: lengths of one octet and of several, and what is cut short. */
import { expect, test } from 'vitest';
import { derElement, derSequence } from '#jose/der';

const filled = (length: number): Buffer => Buffer.alloc(length, 0x5a);

test.each([
  [0, '0400'],
  [1, '0401'],
  [127, '047f'],
  [128, '048180'],
  [255, '0481ff'],
  [256, '04820100'],
  [65_535, '0482ffff'],
  [65_536, '0483010000'],
])('an element of %i octets begins with %s', (length, head) => {
  const element = derElement(0x04, filled(length));
  expect(element.toString('hex')).toBe(head + filled(length).toString('hex'));
  expect(derSequence(element)).toEqual([filled(length)]);
});

test('contents stand one behind the other', () => {
  const element = derElement(
    0x30,
    derElement(0x02, Buffer.from([1])),
    derElement(0x05),
    Buffer.from([0x02, 0x01, 0x07]),
  );
  expect(element.toString('hex')).toBe('30080201010500020107');
  const members = derSequence(derSequence(element)?.[0] ?? new Uint8Array());
  expect(members?.map(member => Buffer.from(member).toString('hex'))).toEqual(['01', '', '07']);
});

test('several elements are several contents, none are none', () => {
  expect(derSequence(new Uint8Array())).toEqual([]);
  const both = Buffer.concat([derElement(0x04, filled(200)), derElement(0x04, filled(3))]);
  expect(derSequence(both)).toEqual([filled(200), filled(3)]);
});

test.each([
  ['a tag alone', '30'],
  ['a length that is longer than what there is', '300201'],
  ['a long length that is longer than what there is', '30810201'],
  ['a second element that is cut', '0500040300'],
  ['a length of five octets', '30850000000001ff'],
  ['a length that is cut', '308201'],
])('%s is no DER', (_what, hex) => {
  expect(derSequence(Buffer.from(hex, 'hex'))).toBeUndefined();
});

test('a length of four octets is read', () => {
  expect(derSequence(Buffer.from('308400000001ff', 'hex'))).toEqual([Buffer.from([0xff])]);
});
