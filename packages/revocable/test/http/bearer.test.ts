import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestError } from '#errors';
import { bearerToken } from '#http/index';

describe('bearerToken', () => {
  it.each([
    [undefined, undefined],
    ['Bearer abc', 'abc'],
    ['bearer   abc ', 'abc'],
    ['Basic YWRhOng=', undefined],
    ['Bearerabc', undefined],
    ['DPoP abc', undefined],
    ['Digest username="bearer", realm="x"', undefined],
    [['Bearer abc'], 'abc'],
  ])('%j -> %j', (header, token) => {
    expect(bearerToken(header)).toBe(token);
  });

  it.each<[string | string[]]>([
    ['Bearer'],
    ['Bearer '],
    ['Bearer a b'],
    ['Bearer a,b'],
    ['Bearer a, Basic b'],
    ['Basic b, Bearer a'],
    [['Bearer a', 'Basic b']],
    [['Bearer a', 'Bearer a']],
  ])('refuses %j', header => {
    expect(() => bearerToken(header)).toThrow(RequestError);
  });

  it('gives a text without spaces and commas, nothing, or a RequestError, whatever comes', () => {
    const words = fc.constantFrom(
      'Bearer',
      'bearer',
      'Basic',
      ' ',
      ',',
      '\t',
      '\u00a0',
      '=',
      'a.b.c',
      '"',
      'é',
    );
    fc.assert(
      fc.property(fc.array(words), parts => {
        try {
          const token = bearerToken(parts.join(''));
          expect(token === undefined || (token !== '' && !token.includes(' ') && !token.includes(','))).toBe(
            true,
          );
        } catch (error) {
          expect(error).toBeInstanceOf(RequestError);
        }
      }),
    );
  });
});
