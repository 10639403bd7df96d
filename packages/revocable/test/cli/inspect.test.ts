import { createSigner, decode, generateKey, type SignerOptions, secretKey } from 'revocable';
import { describe, expect, it } from 'vitest';
import { type Finding, findingsOf } from '#cli/findings';
import { jsonOf, revocable, SECRET, STRONG, TOKEN } from './revocable.ts';

const findingsIn = (token: string): readonly Finding[] => findingsOf(token, decode(token), Date.now());
const codesOf = (token: string): string[] => findingsIn(token).map(({ code }) => code);

const ec = generateKey('ES256');
const sign = (claims: Record<string, unknown>, options: Partial<SignerOptions> = {}): string =>
  createSigner({
    key: ec,
    expiresIn: '5m',
    issuer: 'https://auth.example',
    audience: 'api',
    ...options,
  }).sign(claims);
/** What no signer of this library would make. */
const forged = (header: object, claims: object, signature = 'A'.repeat(86)): string =>
  [header, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') +
  `.${signature}`;

describe('revocable inspect', () => {
  it('explains the token of the mission and names its risks, without an error', async () => {
    const { code, stdout, stderr } = await revocable(['inspect', TOKEN]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('subject: whom it is about');
    expect(stdout).toMatch(/issued \d+ years .* ago \(2018-01-18 01:30:22\)/);
    expect(stdout).toContain('high    Its secret is one of the');
    expect(stdout).toContain('medium  It never expires');
    expect(stdout).not.toContain(SECRET);
  });

  it('gives machines the findings, the dates and the sizes, and never shows the secret', async () => {
    const outcome = await revocable(['inspect', TOKEN, '--json']);
    expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({ code: 0, stderr: '' });
    const { ok, dates, length, signatureBytes, findings } = jsonOf(outcome);
    expect({ ok, dates, length, signatureBytes }).toEqual({
      ok: true,
      dates: { iat: '2018-01-18T01:30:22.000Z' },
      length: TOKEN.length,
      signatureBytes: 32,
    });
    expect(findings).toEqual(findingsIn(TOKEN));
    expect(outcome.stdout).not.toContain(SECRET);
  });

  it('has nothing to say of a good token', async () => {
    expect(codesOf(sign({ sub: 'u1' }))).toEqual([]);
    expect((await revocable(['inspect', sign({ sub: 'u1' })])).stdout).toMatch(/Findings\n {2}none\n$/);
  });

  it('finds a secret that is a claim of the token, and none that is good', () => {
    const weak = sign(
      { sub: 'alice@example.org' },
      { key: secretKey('HS256', { utf8: 'alice@example.org' }, { allowWeak: true }) },
    );
    expect(codesOf(weak)).toContain('weak-secret');
    expect(codesOf(sign({ sub: 'u1' }, { key: secretKey('HS256', { utf8: STRONG }) }))).toEqual([
      'shared-secret',
    ]);
  });

  it('finds what is wrong with the header', () => {
    const claims = { iss: 'i', aud: 'a', sub: 'u1', iat: 1, exp: 2 };
    expect(codesOf(forged({ alg: 'none' }, claims, ''))).toContain('alg-none');
    expect(codesOf(forged({ alg: 'XS256' }, claims))).toContain('unknown-alg');
    expect(codesOf(forged({ alg: 'HS256' }, claims, ''))).toContain('no-signature');
    expect(codesOf(forged({ alg: 'HS256' }, claims))).toContain('signature-length');
    expect(codesOf(forged({ alg: 'RS256' }, claims, Buffer.alloc(128).toString('base64url')))).toContain(
      'weak-key',
    );
    expect(codesOf(forged({ alg: 'ES256', crit: ['x'], x: 1 }, claims))).toContain('unknown-crit');
    expect(
      codesOf(forged({ alg: 'ES256', jku: 'https://evil.example', kid: '../../dev/null' }, claims)),
    ).toEqual(expect.arrayContaining(['brings-key', 'odd-kid']));
  });

  it('finds what is wrong with times and forms', () => {
    const header = { alg: 'ES256' };
    const now = Math.floor(Date.now() / 1000);
    const base = { iss: 'i', aud: 'a', sub: 'u1' };
    expect(codesOf(forged(header, { ...base, exp: now - 10, iat: now - 20 }))).toEqual(['expired']);
    expect(codesOf(forged(header, { ...base, exp: now + 900, iat: now, nbf: now + 600 }))).toEqual([
      'not-yet-valid',
    ]);
    expect(codesOf(forged(header, { ...base, exp: now + 7200, iat: now + 3600 }))).toEqual([
      'from-the-future',
    ]);
    expect(codesOf(forged(header, { ...base, exp: now + 10, iat: now, nbf: now + 10 }))).toContain(
      'never-valid',
    );
    expect(codesOf(forged(header, { ...base, exp: now * 1000, iat: now }))).toContain('milliseconds');
    expect(codesOf(forged(header, { ...base, sub: 7, exp: 'soon' }))).toEqual(['claim-form', 'claim-form']);
    expect(codesOf(forged(header, { ...base, exp: now + 40 * 86_400, iat: now }))).toEqual(['long-life']);
    expect(codesOf(sign({ sub: 'u1', blob: 'x'.repeat(4000) }))).toEqual(['huge']);
  });

  it('finds what looks like a password, card or national id, wherever it stands, and never shows it', () => {
    const exposed: [Record<string, unknown>, string][] = [
      [{ password: 'hunter2-hunter2' }, 'a password'],
      [{ user: { api_key: 'hunter2-hunter2' } }, 'a secret'],
      [{ note: 'AKIAIOSFODNN7EXAMPLE' }, 'a secret or the hash of one'],
      [{ h: '$2b$12$abcdefghijklmnopqrstuv' }, 'a secret or the hash of one'],
      [{ method: '4111 1111 1111 1111' }, 'a payment card'],
      [{ method: 4111111111111111 }, 'a payment card'],
      [{ list: [{ x: '078-05-1120' }] }, 'US social security number'],
      [{ x: '529.982.247-25' }, 'Brazilian CPF'],
      [{ x: '12345678Z' }, 'Spanish DNI'],
      [{ x: '11010519491231002X' }, 'Chinese identity card'],
      [{ x: 'RSSMRA85T10A562S' }, 'Italian codice fiscale'],
      [{ inner: TOKEN }, 'another token'],
    ];
    for (const [claims, looksLike] of exposed) {
      const found = findingsIn(sign({ sub: 'u1', ...claims })).filter(({ code }) => code === 'personal-data');
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({ severity: 'high', message: expect.stringContaining(looksLike) });
      for (const secret of ['hunter2', '4111', '078-05', 'AKIA', 'eyJ'])
        expect(found[0]?.message).not.toContain(secret);
    }
  });

  it('takes no harmless claim for one', () => {
    const harmless = {
      ...{
        sub: '1234567890123456',
        jti: '550e8400-e29b-41d4-a716-446655440000',
        password_changed_at: 1700000000,
        pinned: true,
      },
      ...{
        phone_number: '+1 555 0100 200',
        order: '4111111111111112',
        modified_at: 1700000000000,
        at_hash: 'abc',
        zip: '999-99',
      },
      ...{ card: { kind: 'gold' }, snowflake: '175928847299117063' },
    };
    expect(codesOf(sign(harmless))).toEqual([]);
  });

  it('exits 1 for what is no token', async () => {
    const outcome = await revocable(['inspect', 'abc', '--json']);
    expect(outcome.code).toBe(1);
    expect(jsonOf(outcome)).toMatchObject({ ok: false, code: 'ERR_TOKEN_MALFORMED' });
  });
});
