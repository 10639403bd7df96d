/** The compact form, taken apart: each refusal with its own code and words, and what is remembered of a proved header. */
import { createVerifier, secretKey } from 'revocable';
import { describe, expect, test } from 'vitest';
import { parseCompact, proveCompact } from '#jose/compact';
import { provedHeaders, readHeaders } from '#jose/header';
import { forge, withOtherSignature } from './forge.ts';

const secret = secretKey('HS256', new Uint8Array(32).fill(8));
const [HEADER, PAYLOAD, SIGNATURE] = ['eyJhbGciOiJIUzI1NiJ9', 'e30', 'c2ln'];
const token = `${HEADER}.${PAYLOAD}.${SIGNATURE}`;
const refused = (text: unknown, code: string, words: string, ...rest: number[]): void => {
  const parse = (): unknown => parseCompact(text, ...rest);
  expect(parse).toThrow(expect.objectContaining({ code, name: 'TokenError' }));
  expect(parse).toThrow(words);
};

describe('a token', () => {
  test('has three parts, known by where they begin', () => {
    const compact = parseCompact(token);
    expect(compact).toMatchObject({ token, text: '{}', signature: SIGNATURE });
    expect(token.slice(compact.payloadAt, compact.signatureAt - 1)).toBe(PAYLOAD);
    expect(compact.protected.header).toEqual({ alg: 'HS256' });
    expect(parseCompact(`${HEADER}.${PAYLOAD}.`).signature).toBe('');
    expect(parseCompact(`${HEADER}._w.`).text).toBeNull();
  });

  test('is missing, or is no text', () => {
    for (const missing of [undefined, null, '']) refused(missing, 'ERR_TOKEN_MISSING', 'There is no token.');
    for (const other of [0, false, {}, [], new String(token), Buffer.from(token)])
      refused(other, 'ERR_TOKEN_MALFORMED', 'The token is no string.');
  });

  test('is as long as is allowed, to the character', () => {
    expect(parseCompact(token, token.length).token).toBe(token);
    refused(token, 'ERR_TOKEN_TOO_LARGE', `more than ${token.length - 1} characters`, token.length - 1);
  });

  test('has two dots, no fewer and no more', () => {
    for (const text of ['x', HEADER, `${HEADER}.`, `${HEADER}.${PAYLOAD}`, `.${SIGNATURE}`])
      refused(text, 'ERR_TOKEN_MALFORMED', 'three parts');
    for (const text of [`${token}.`, `${token}.x`, `${HEADER}.${PAYLOAD}..${SIGNATURE}`])
      refused(text, 'ERR_TOKEN_MALFORMED', 'three parts');
  });

  test('is base64url in each part', () => {
    for (const text of [
      ...[`${HEADER}.${PAYLOAD}.c2ln=`, `${HEADER}.${PAYLOAD}.c2l`, `${HEADER}.${PAYLOAD}.c2+n`],
      ...[`${HEADER}.${PAYLOAD}.c2/n`, `${HEADER}.e3.${SIGNATURE}`, `${HEADER}.e30=.${SIGNATURE}`],
      ...[`${HEADER}.e+0.${SIGNATURE}`, `${HEADER}.e/0.${SIGNATURE}`, `${HEADER}.${PAYLOAD}.c2lń`],
      ...[`${HEADER}.ė30.${SIGNATURE}`, `+${token}`, `/${token}`],
    ])
      refused(text, 'ERR_TOKEN_MALFORMED', 'not in strict base64url');
    for (const text of [`.${PAYLOAD}.${SIGNATURE}`, `e30.${PAYLOAD}.${SIGNATURE}`])
      refused(text, 'ERR_TOKEN_MALFORMED', 'The protected header');
  });
});

describe('the header of a token that was proved', () => {
  const fresh = (note: string): string => forge(secret, { alg: 'HS256', note }, { sub: 'u' });

  test('is remembered by its very text, once the signature held', () => {
    const [first, other] = [fresh('one'), fresh('other')];
    const compact = parseCompact(first);
    expect(compact.protected.isRemembered).toBe(false);
    expect(proveCompact(compact, [secret])).toBe(secret);
    expect(parseCompact(first).protected.isRemembered).toBe(true);
    expect(parseCompact(first).protected.header).toBe(compact.protected.header);
    expect(parseCompact(other).protected.isRemembered).toBe(false);
  });

  test('is not, where it did not; and not among those that were only read', () => {
    const [text, elsewhere] = [fresh('false'), fresh('elsewhere')];
    const forged = withOtherSignature(text);
    expect(() => proveCompact(parseCompact(forged), [secret])).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_SIGNATURE' }),
    );
    expect(parseCompact(text).protected.isRemembered).toBe(false);
    proveCompact(parseCompact(elsewhere), [secret]);
    const { payloadAt } = parseCompact(elsewhere);
    expect(readHeaders.headerOf(elsewhere, payloadAt).isRemembered).toBe(false);
    expect(provedHeaders.headerOf(elsewhere, payloadAt).isRemembered).toBe(true);
  });

  test('is the one that fits among several keys', () => {
    const wrong = secretKey('HS256', new Uint8Array(32).fill(9));
    const text = fresh('several');
    expect(proveCompact(parseCompact(text), [wrong, secret])).toBe(secret);
    const verifier = createVerifier({ keys: wrong, issuer: null, audience: null, requireExpiry: false });
    expect(verifier.check(text)).toMatchObject({ code: 'ERR_TOKEN_SIGNATURE' });
  });
});
