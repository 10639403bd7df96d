/** Tokens that are only read: nothing is proved, and headers are remembered apart from those that were. */
import { decode, secretKey } from 'revocable';
import { expect, test } from 'vitest';
import { parseCompact } from '#jose/compact';
import { readHeaders } from '#jose/header';
import { forge } from './forge.ts';

const secret = secretKey('HS256', new Uint8Array(32).fill(8));
const fresh = (note: string): string => forge(secret, { alg: 'HS256', note }, { sub: 'u' });

test('shows header, claims and signature, whoever signed it, and however long it is', () => {
  const long = 'x'.repeat(100_000);
  const token = forge(secret, { alg: 'none', typ: 'X' }, { exp: 'never', long });
  expect(decode(token)).toEqual({
    header: { alg: 'none', typ: 'X' },
    claims: { exp: 'never', long },
    signature: token.split('.')[2],
  });
});

test('a header that was read is known again by its text, and is not among those that were proved', () => {
  const [one, other] = [fresh('read'), fresh('unread')];
  expect(parseCompact(one, Number.POSITIVE_INFINITY, readHeaders).protected.isRemembered).toBe(false);
  const { header } = decode(one);
  expect(parseCompact(one, Number.POSITIVE_INFINITY, readHeaders).protected.isRemembered).toBe(true);
  expect(decode(one).header).toBe(header);
  expect(parseCompact(other, Number.POSITIVE_INFINITY, readHeaders).protected.isRemembered).toBe(false);
  expect(parseCompact(one).protected.isRemembered).toBe(false);
});

test('what cannot be read', () => {
  for (const [token, code] of [
    ...[undefined, null, ''].map(nothing => [nothing, 'ERR_TOKEN_MISSING']),
    ...[7, 'x', 'a.b', `${fresh('x')}.`, 'e30.e30.', 'eyJhbGciOiJ4In0.W10.', 'eyJhbGciOiJ4In0._w.'].map(
      bad => [bad, 'ERR_TOKEN_MALFORMED'],
    ),
  ])
    expect(() => decode(token as string)).toThrow(expect.objectContaining({ code }));
});
