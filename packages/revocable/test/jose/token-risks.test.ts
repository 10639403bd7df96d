/** What inspection adds, risk by risk: how grave it is, and what does not count. */
import { secretKey } from 'revocable';
import { allRisks, type Risk } from 'revocable/jose';
import { expect, test } from 'vitest';
import { tokenRisks } from '#jose/token-risks';
import { forge } from './forge.ts';

const strong = secretKey('HS256', new Uint8Array(32).fill(0xa7));
const good = { iss: 'i', aud: 'a', sub: 's', iat: 0, exp: 300 };
const risksOf = (header: object, claims: object, key = strong): readonly Risk[] => {
  const token = forge(key, { alg: key.alg, ...header }, claims);
  return tokenRisks({ token, claims: claims as never, missingBits: 0 });
};
const brief = (risks: readonly Risk[]): string[] => risks.map(({ severity, code }) => `${severity} ${code}`);

test('nothing of a good token', () => {
  expect(risksOf({}, good)).toEqual([]);
});

test('a listener is a function', () => {
  for (const hear of [undefined, null, 7, {}])
    expect(() => allRisks(hear as never)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining('a function') }),
    );
});

test('how grave each is', () => {
  for (const name of ['jku', 'x5u', 'jwk', 'x5c'])
    expect(brief(risksOf({ [name]: 'x' }, good))).toEqual(['medium brings-key']);
  expect(brief(risksOf({ kid: '../x' }, good))).toEqual(['medium odd-kid']);
  expect(brief(risksOf({ crit: ['x'], x: 1 }, good))).toEqual(['medium unknown-crit']);
  for (const name of ['zip', 'enc'])
    expect(brief(risksOf({ [name]: 'x' }, good))).toEqual(['medium odd-header']);
  expect(brief(risksOf({}, { iat: 0, exp: 300 }))).toEqual([
    ...['note no-audience', 'note no-issuer', 'note not-revocable'],
  ]);
  const { exp: _, ...endless } = good;
  expect(brief(risksOf({}, endless))).toEqual(['medium no-expiry']);
});

test('a secret that everyone knows is told once, first, and beside all else', () => {
  const known = secretKey('HS256', { utf8: 'secret' }, { allowWeak: true });
  const token = forge(known, { alg: 'HS256', zip: 'x' }, { ...good, pin: 'x' });
  const risks = tokenRisks({ token, claims: { ...good, pin: 'x' }, missingBits: 208 });
  expect(brief(risks)).toEqual(['high weak-secret', 'high personal-data', 'medium odd-header']);
  expect(risks[0]?.message).toContain('that everyone tries first');
  const short = tokenRisks({ token: forge(strong, { alg: 'HS256' }, good), claims: good, missingBits: 8 });
  expect(brief(short)).toEqual(['high weak-secret']);
  expect(short[0]?.message).toContain('8 bits too short');
});

test('a value of the token itself is tried as its secret, up to 199 characters', () => {
  for (const [length, found] of [
    [199, ['high weak-secret']],
    [200, []],
  ] as const) {
    const text = 'abcdefghij'.repeat(20).slice(0, length);
    const claims = { ...good, n: 7, empty: '', text };
    expect(brief(risksOf({}, claims, secretKey('HS256', { utf8: text })))).toEqual(found);
  }
});

test('an algorithm that nobody knows, or of a key pair, has no secret', () => {
  for (const alg of ['none', 'XX', 'ES256']) expect(risksOf({ alg }, good)).toEqual([]);
});
