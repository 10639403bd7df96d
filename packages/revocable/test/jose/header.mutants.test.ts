/** The header at its edges, where a changed line of `header.ts` or `compact.ts` would go unnoticed elsewhere. */
import { createVerifier, secretKey } from 'revocable';
import { verifyJws } from 'revocable/jose';
import { describe, expect, test } from 'vitest';
import { parseCompact, proveCompact } from '#jose/compact';
import { forge } from './forge.ts';

const secret = secretKey('HS256', new Uint8Array(32).fill(5));
const claims = { sub: 'u1', exp: 4_000_000_000 };
const verifier = createVerifier({ keys: secret, issuer: null, audience: null });
const codeOf = (token: string): string => {
  const result = verifier.check(token);
  return result.ok ? 'accepted' : result.code;
};
const refused = (make: () => unknown, code: string): void =>
  expect(make).toThrow(expect.objectContaining({ code }));

describe('crit', () => {
  /** RFC 7515 section 4.1, RFC 7516 section 4.1, RFC 7518 sections 4.6 to 4.8. */
  const registered = [
    ...['alg', 'jku', 'jwk', 'kid', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'typ', 'cty', 'crit'],
    ...['enc', 'zip', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c'],
  ];

  test.each(registered)('does not name %s, even for whoever understands it', name => {
    const header = { [name]: 'x', alg: 'HS256', crit: [name] };
    refused(() => verifyJws(forge(secret, header, claims), { keys: secret, crit: [name] }), 'ERR_TOKEN_CRIT');
  });

  test('names what is there, once, as texts', () => {
    const verify = (header: object): unknown =>
      verifyJws(forge(secret, { alg: 'HS256', ...header }, claims), { keys: secret, crit: ['x', 'y'] });
    expect(verify({ crit: ['x'], x: 1 })).toMatchObject({ header: { x: 1 } });
    expect(verify({ crit: ['x', 'y'], x: null, y: false })).toMatchObject({ header: { y: false } });
    for (const header of [
      { crit: ['x'] },
      { crit: ['x', 'x'], x: 1 },
      { crit: ['x', 1], x: 1 },
      { crit: [], x: 1 },
      { crit: { 0: 'x', length: 1 }, x: 1 },
      { crit: ['x', 'z'], x: 1, z: 1 },
      { crit: ['toString'] },
    ])
      refused(() => verify(header), 'ERR_TOKEN_CRIT');
  });

  test('b64 is a boolean, and named', () => {
    const verify = (header: object): unknown =>
      verifyJws(forge(secret, { alg: 'HS256', ...header }, claims), { keys: secret, crit: ['x'] });
    expect(verify({ crit: ['b64'], b64: true })).toMatchObject({ header: { b64: true } });
    for (const header of [
      { crit: ['b64'], b64: 'false' },
      { crit: ['b64'], b64: null },
      { crit: ['x'], x: 1, b64: false },
      { b64: true },
    ])
      refused(() => verify(header), 'ERR_TOKEN_CRIT');
  });
});

describe('typ', () => {
  test('application/ is left out where nothing with a slash follows', () => {
    const verify = (typ: string, wanted: string): boolean =>
      createVerifier({ keys: secret, issuer: null, audience: null, typ: wanted }).check(
        forge(secret, { alg: 'HS256', typ }, claims),
      ).ok;
    expect(verify('application/x', 'x')).toBe(true);
    expect(verify('x', 'application/X')).toBe(true);
    expect(verify('application/x/y', 'x/y')).toBe(false);
    expect(verify('application/x/y', 'application/x/y')).toBe(true);
    expect(verify('text/x', 'x')).toBe(false);
  });
});

describe('the compact form', () => {
  test('the other alphabet is refused for its form, in each part', () => {
    for (let n = 0; n < 64; n++) {
      const token = forge(secret, { alg: 'HS256', n: '???>>>' }, { ...claims, n, x: '???>>>~~~' });
      for (const [from, to] of [
        ['-', '+'],
        ['_', '/'],
      ] as const)
        for (const part of [0, 1, 2]) {
          const parts = token.split('.');
          const changed = (parts[part] as string).replace(from, to);
          if (changed === parts[part]) continue;
          expect(codeOf(parts.with(part, changed).join('.'))).toBe('ERR_TOKEN_MALFORMED');
        }
    }
  });

  test('a header is found again by its own text alone', () => {
    for (let round = 0; round < 3; round++)
      for (const note of ['a', 'b', 'ab']) {
        const token = forge(secret, { alg: 'HS256', note }, claims);
        expect(verifier.verifySync(token).header).toEqual({ alg: 'HS256', note });
        const [header, payload, signature] = token.split('.');
        expect(codeOf(`${header}x.${payload}.${signature}`)).not.toBe('accepted');
      }
  });

  test('without a key to try there is none', () => {
    refused(
      () => proveCompact(parseCompact(forge(secret, { alg: 'HS256' }, claims)), []),
      'ERR_KEY_NOT_FOUND',
    );
  });
});
