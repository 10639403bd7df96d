/** Risks of tokens that verify: what each signer's `warn` hears, and what `allRisks` adds, which is what `inspect` says. */
import { createSigner, decode, generateKey, type SignerOptions, secretKey } from 'revocable';
import { allRisks, type Risk } from 'revocable/jose';
import { describe, expect, test, vi } from 'vitest';
import { findingsOf } from '#cli/findings';
import { knownSecrets } from '#jose/known-secrets';
import { nationalIdOf } from '#jose/national-id';

const ec = generateKey('ES256');
const now = 1_700_000_000_000;
const good = {
  key: ec,
  expiresIn: '5m',
  issuer: 'i',
  audience: 'a',
  subject: 's',
  clock: () => now,
} as const;

/** The token, and what was heard while it was signed. */
function heard(
  claims: object,
  options: Partial<SignerOptions> = {},
  wrap = (hear: (risk: Risk) => void): ((risk: Risk) => void) => hear,
): { token: string; risks: Risk[] } {
  const risks: Risk[] = [];
  const signer = createSigner({ ...good, ...options, warn: wrap(risk => risks.push(risk)) });
  return { token: signer.sign(claims as never), risks };
}
const codes = (claims: object, options: Partial<SignerOptions> = {}): string[] =>
  heard(claims, options).risks.map(({ code }) => code);
const allCodes = (claims: object, options: Partial<SignerOptions> = {}): string[] =>
  heard(claims, options, allRisks).risks.map(({ code }) => code);
const messages = (claims: object): string[] =>
  heard(claims, {}, allRisks).risks.map(({ message }) => message);

describe('what each signer tells', () => {
  test('nothing of a good token', () => {
    expect(codes({ role: 'admin', note: 'hello' })).toEqual([]);
    expect(allCodes({ role: 'admin', note: 'hello' })).toEqual([]);
  });

  test('a life of more than a day, counted from iat or nbf', () => {
    expect(codes({}, { expiresIn: '36h' })).toEqual(['long-life']);
    expect(codes({}, { expiresIn: '35h' })).toEqual([]);
    expect(heard({}, { expiresIn: '30d' }).risks).toEqual([
      {
        code: 'long-life',
        severity: 'medium',
        message: 'It lives for 30 days: access tokens live for minutes and are refreshed.',
      },
    ]);
    expect(codes({}, { expiresIn: null })).toEqual(['no-expiry']);
  });

  test('more characters than a cookie holds, to the character', () => {
    const empty = heard({ text: '' }).token.length;
    const filled = (to: number): { token: string; risks: Risk[] } => {
      for (let size = Math.floor(((to - empty) * 3) / 4) - 3; ; size++) {
        const result = heard({ text: 'x'.repeat(size) });
        if (result.token.length >= to) return result;
      }
    };
    const [fits, exceeds] = [filled(4096), filled(4097)];
    expect([fits.token.length, fits.risks]).toEqual([4096, []]);
    expect(exceeds.risks).toMatchObject([
      { code: 'huge', severity: 'medium', message: expect.stringContaining(String(exceeds.token.length)) },
    ]);
  });

  test('a secret that is shorter than the hash', () => {
    const weak = secretKey('HS256', new Uint8Array(31), { allowWeak: true });
    expect(heard({}, { key: weak }).risks).toEqual([
      {
        code: 'weak-secret',
        severity: 'high',
        message: 'Its secret is 8 bits too short: who has a token can find it.',
      },
    ]);
    expect(codes({}, { key: secretKey('HS256', new Uint8Array(32)) })).toEqual([]);
  });

  test.each([
    ...['password', 'user_password', 'Pass-Phrase', 'pwd', 'PIN', 'otp'].map(name => [name, 'a password']),
    ...['clientSecret', 'api-key', 'PRIVATE_KEY', 'access_key'].map(name => [name, 'a secret']),
    ...['pan', 'cvv', 'cc_number', 'creditCardNo', 'card_number'].map(name => [name, 'a payment card']),
    ...['SSN', 'national-id', 'passport', 'passport_number', 'cpf', 'tax_id'].map(name => [
      name,
      'a national id',
    ]),
    ['iban', 'a bank account'],
  ] as unknown as readonly [string, string][])('a claim named %s looks like %s', (name, looksLike) => {
    const risk = {
      code: 'personal-data',
      severity: 'high',
      message: `The claim "${name}" looks like ${looksLike}: a token is not encrypted, anyone can read it.`,
    };
    expect(heard({ [name]: 'x1y2z3' }).risks).toEqual([risk]);
    expect(heard({ [name]: 123_456 }).risks).toEqual([risk]);
    expect(codes({ a: [{ [name]: 'x1y2z3' }] })).toEqual(['personal-data']);
    for (const harmless of [true, false, null, {}, []]) expect(codes({ [name]: harmless })).toEqual([]);
  });

  test('where it stands, in an object and in a list', () => {
    expect(messages({ a: { b: [0, { pin: 1 }] } })[0]).toContain('"a.b.1.pin"');
    expect(messages({ [`${'x'.repeat(70)}password`]: 'a' })[0]).toContain(`"${'x'.repeat(60)}"`);
  });

  test('names that only hold such a word are none where they are dates, or it is a whole word', () => {
    for (const name of [
      'password_changed_at',
      'secret_expires',
      'spin',
      'pangram',
      'single',
      'compass',
      'ibanez',
    ])
      expect(codes({ [name]: 'x' })).toEqual([]);
  });

  test('a text or number that is a card, and none without its check digit', () => {
    for (const value of ['4111111111111111', '4111 1111 1111 1111', '4111-1111-1111-1111', 4111111111111111])
      expect(codes({ value })).toEqual(['personal-data']);
    for (const value of ['378282246310005', '5555555555554444', '2223003122003222', '6011111111111117'])
      expect(codes({ value })).toEqual(['personal-data']);
    for (const value of [
      ...['4111111111111112', '1111111111111117', '411111111111111', '41111111111111111', '411111111111111x'],
      ...['0000000000000000', '7000000000000005', 'x', '', 4111111111111112, 1.5],
    ])
      expect(codes({ value })).toEqual([]);
  });
});

describe('what allRisks adds', () => {
  test('each secret of the dictionary, and one that stands in the token', () => {
    for (const utf8 of ['secret', 'your-256-bit-secret', 'a-string-secret-at-least-256-bits-long']) {
      const { risks, token } = heard(
        {},
        { key: secretKey('HS256', { utf8 }, { allowWeak: true }) },
        allRisks,
      );
      expect(risks).toMatchObject([{ code: 'weak-secret', severity: 'high' }]);
      expect(risks[0]?.message).toContain(`one of the ${knownSecrets.length} that everyone tries first`);
      expect(risks[0]?.message).toContain('keys generate --alg HS256');
      expect(decode(token).header.alg).toBe('HS256');
    }
    const key = secretKey('HS512', { utf8: 'alice@example.org' }, { allowWeak: true });
    expect(heard({ mail: 'alice@example.org' }, { key }, allRisks).risks).toMatchObject([
      { code: 'weak-secret', message: expect.stringContaining('a value that stands in the token itself') },
    ]);
    expect(allCodes({ mail: 'bob@example.org' }, { key })).toEqual(['weak-secret']);
    expect(allCodes({}, { key: generateKey('HS256') })).toEqual([]);
  });

  test('the dictionary names each secret once, and none is empty', () => {
    expect(new Set(knownSecrets).size).toBe(knownSecrets.length);
    expect(knownSecrets).not.toContain('');
    for (const secret of ['a', '0'.repeat(32), 'x'.repeat(32), 'password', 'changeme', 'keyboard cat'])
      expect(knownSecrets).toContain(secret);
  });

  test.each([
    ...['-----BEGIN RSA', 'AKIAIOSFODNN7EXAMPLE', 'ghp_x', 'gho_x', 'github_pat_x', 'glpat-x', 'sk_live_x'],
    ...['rk_live_x', 'xoxb-x', 'xoxp-x', 'npm_x', 'AIzax'],
    ...['$2a$x', '$2b$x', '$2y$x', '$argon2id$x', '$scrypt$x', '$6$x', '$5$x', '$1$x'],
  ])('a text that begins as keys and hashes do: %s', value => {
    expect(messages({ note: value })).toEqual([expect.stringContaining('a secret or the hash of one')]);
    expect(codes({ note: value })).toEqual([]);
    expect(allCodes({ note: `(${value}` })).toEqual([]);
  });

  test('another token', () => {
    expect(messages({ note: heard({}).token })).toEqual([expect.stringContaining('another token')]);
    for (const note of ['eyJx', 'eyJx.y.z', 'x.eyJy.z']) expect(allCodes({ note })).toEqual([]);
  });

  test('the header: where a key is, odd key IDs, crit, members of encryption', () => {
    const of = (header: object): string[] => allCodes({}, { header: header as never });
    for (const name of ['jku', 'x5u', 'jwk', 'x5c']) expect(of({ [name]: 'x' })).toEqual(['brings-key']);
    expect(of({ crit: ['x'], x: 1 })).toEqual(['unknown-crit']);
    expect(of({ zip: 'DEF' })).toEqual(['odd-header']);
    expect(of({ enc: 'A128GCM' })).toEqual(['odd-header']);
    expect(of({ cty: 'x' })).toEqual([]);
    for (const kid of ['../../etc/passwd', 'a/b', "a' OR '1'='1", 'a;b', 'a\0b', 'a..b'])
      expect(allCodes({}, { key: generateKey('ES256', { kid }) })).toEqual(['odd-kid']);
    expect(allCodes({}, { key: generateKey('ES256', { kid: 'a-b_c.d' }) })).toEqual([]);
  });

  test('whom it is from, for and about', () => {
    const bare = { issuer: undefined, audience: undefined, subject: undefined };
    const of = (claims: object): string[] => {
      const { issuer: _, audience: __, subject: ___, ...rest } = { ...good, ...bare };
      const risks: string[] = [];
      createSigner({ ...rest, warn: allRisks(({ code }) => risks.push(code)) }).sign(claims as never);
      return risks;
    };
    expect(of({})).toEqual(['no-audience', 'no-issuer', 'not-revocable']);
    for (const name of ['sub', 'sid', 'jti']) expect(of({ iss: 'i', aud: 'a', [name]: 'x' })).toEqual([]);
  });

  test('inspect says the same of the claims, the header and the secret', () => {
    const weak = { key: secretKey('HS256', { utf8: 'secret' }, { allowWeak: true }) };
    const cases: readonly (readonly [object, Partial<SignerOptions>])[] = [
      [{}, {}],
      [{ password: 'hunter2', note: 'AKIAIOSFODNN7EXAMPLE', card: 4111111111111111 }, {}],
      [{ x: '529.982.247-25', deep: { list: [{ y: '078-05-1120' }] } }, weak],
      [{ text: 'x'.repeat(5000) }, { expiresIn: null, header: { jku: 'x', zip: 'x' } }],
      [{ jti: 'x' }, { expiresIn: '300d', header: { crit: ['x'], x: 1 } }],
    ];
    for (const [claims, options] of cases) {
      const { token, risks } = heard(claims, options, allRisks);
      const said = findingsOf(token, decode(token), now).filter(({ code }) => code !== 'shared-secret');
      expect(said).toHaveLength(risks.length);
      expect(said).toEqual(expect.arrayContaining(risks));
    }
  });
});

describe('national ids, by form and check digits', () => {
  test.each([
    [
      'US social security number',
      ['078-05-1120', '899-99-9999'],
      ['000-05-1120', '900-00-0000', '078-05-112'],
    ],
    ['Brazilian CPF', ['529.982.247-25', '52998224725'], ['529.982.247-26', '529.982.247-35', '11111111111']],
    ['Spanish DNI or NIE', ['12345678Z', '12345678z', 'X1234567L', 'Y1234567X'], ['12345678A', 'W1234567L']],
    ['Chinese identity card', ['11010519491231002X', '11010519491231002x'], ['110105194912310021']],
    ['Indian Aadhaar', ['2345 6789 0123'], ['1345 6789 0123', '0345 6789 0123', '234567890123']],
    ['Italian codice fiscale', ['RSSMRA85T10A562S', 'rssmra85t10a562s'], ['RSSMRA85T10A5621']],
  ] as const)('%s', (country, real, others) => {
    for (const text of real) expect(nationalIdOf(text)).toBe(country);
    for (const text of [...others, ...real.map(text => `${text}0`), ...real.map(text => text.slice(1))])
      expect(nationalIdOf(text)).not.toBe(country);
  });

  test('nothing else', () => {
    for (const text of ['', '999-99', 'x'.repeat(5000), '2026-11-24', '12345678'])
      expect(nationalIdOf(text)).toBeUndefined();
  });
});

test('warn is a function, and hears of what signAsync signs too', async () => {
  for (const warn of [7, {}, 'x', null])
    expect(() => createSigner({ ...good, warn: warn as never })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  const warn = vi.fn();
  await createSigner({ ...good, warn }).signAsync({ password: 'x' });
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'personal-data' }));
});
