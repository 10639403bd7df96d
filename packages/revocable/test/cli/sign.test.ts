import { createVerifier, exportJwk, exportPem, generateKey, importJwk, secretKey } from 'revocable';
import { afterAll, describe, expect, it } from 'vitest';
import { jsonOf, revocable, STRONG, temporaryFolder } from './revocable.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const ec = generateKey('ES256');
const pem = folder.file('private.pem', exportPem(ec, { private: true }));
const env = { REVOCABLE_SECRET: STRONG };

describe('revocable sign', () => {
  it('makes a token that the library verifies', async () => {
    const args = [
      '--key',
      `@${pem}`,
      '--expires-in',
      '15m',
      '--issuer',
      'https://auth.example',
      '--audience',
      'api',
      '--subject',
      'u1',
    ];
    const { code, stdout, stderr } = await revocable([
      'sign',
      ...args,
      '--jwt-id',
      '--typ',
      'at+jwt',
      '--header',
      '{"x":1}',
      '--claims',
      '{"scope":"read"}',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const verifier = createVerifier({ keys: ec, issuer: 'https://auth.example', audience: 'api' });
    const { header, claims } = await verifier.verify(stdout.trimEnd());
    expect(header).toMatchObject({ alg: 'ES256', typ: 'at+jwt', x: 1 });
    expect(claims).toMatchObject({ sub: 'u1', scope: 'read', aud: 'api', jti: expect.any(String) });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900);
  });

  it('takes claims from a file and from stdin, a bare number as seconds', async () => {
    const file = folder.file('claims.json', '{"sub":"u1"}\n');
    for (const [claims, stdin] of [
      [`@${file}`, ''],
      ['-', '{"sub":"u1"}'],
    ] as const) {
      const outcome = await revocable(['sign', '--claims', claims, '--expires-in', '900', '--json'], {
        env,
        stdin,
      });
      const { token, claims: signed } = jsonOf(outcome);
      expect(
        createVerifier({
          keys: secretKey('HS256', { utf8: STRONG }),
          issuer: null,
          audience: null,
        }).verifySync(String(token)).claims,
      ).toEqual(signed);
      expect(signed).toMatchObject({ sub: 'u1' });
    }
  });

  it('wants to hear how long the token lives, and warns of one that never expires', async () => {
    const silent = await revocable(['sign', '--claims', '{"sub":"u1"}'], { env });
    expect(silent.code).toBe(2);
    expect(silent.stderr).toContain('--expires-in never');
    const never = await revocable(['sign', '--claims', '{"sub":"u1"}', '--expires-in', 'never'], { env });
    expect(never.code).toBe(0);
    expect(never.stderr).toContain('warning: It never expires');
    const own = await revocable(['sign', '--claims', `{"exp":${Math.floor(Date.now() / 1000) + 60}}`], {
      env,
    });
    expect({ code: own.code, stderr: own.stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('warns of a private key on the command line, and of claims that anyone could read', async () => {
    const jwk = JSON.stringify(exportJwk(ec, { private: true }));
    const { code, stderr } = await revocable([
      'sign',
      '--key',
      jwk,
      '--expires-in',
      '5m',
      '--claims',
      '{"password":"hunter2"}',
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('warning: A private key on the command line');
    expect(stderr).toContain('looks like a password');
    expect(stderr).not.toContain('hunter2');
    expect(stderr).not.toContain(String(importJwk(exportJwk(ec)).kid));
  });

  it('signs with the newest key of a JWK Set', async () => {
    const [older, newer] = [generateKey('ES256', { kid: 'older' }), generateKey('ES384', { kid: 'newer' })];
    const keys = [older, newer].map(key => exportJwk(key, { private: true }));
    const outcome = await revocable(['sign', '--key', '-', '--expires-in', '5m', '--json'], {
      stdin: JSON.stringify({ keys }),
    });
    expect(jsonOf(outcome)['header']).toMatchObject({ alg: 'ES384', kid: 'newer' });
  });

  it('opens an encrypted key with its passphrase', async () => {
    const { createPrivateKey } = await import('node:crypto');
    const encrypted = createPrivateKey(exportPem(ec, { private: true })).export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'open sesame',
    });
    const file = folder.file('encrypted.pem', encrypted.toString());
    const without = await revocable(['sign', '--key', `@${file}`, '--expires-in', '5m']);
    expect(without.code).toBe(1);
    expect(without.stderr).toContain('encrypted');
    const args = ['sign', '--key', `@${file}`, '--expires-in', '5m', '--passphrase', '-'];
    expect((await revocable(args, { stdin: 'open sesame\n' })).code).toBe(0);
    expect((await revocable(args, { stdin: 'wrong' })).code).toBe(1);
  });

  it('exits 2 for wrong use, with the flag in question', async () => {
    const rows: [string[], string][] = [
      [['--expires-in', '15x'], '--expires-in is a number of seconds'],
      [['--expires-in', '5m', '--claims', '{sub}'], '--claims is no JSON object'],
      [['--expires-in', '5m', '--claims', '{"iss":"a"}', '--issuer', 'b'], '"iss" is set by an option'],
      [['--expires-in', '5m', '--issuer', 'a', '--issuer', 'b'], '--issuer is given twice'],
      [['--expires-in', '5m', '--alg', 'RS256'], 'RS256 takes --key'],
      [['--expires-in', '5m', '--alg', 'hs512'], 'Did you mean HS512?'],
    ];
    for (const [args, words] of rows) {
      const { code, stdout, stderr } = await revocable(['sign', ...args], { env });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(words);
      expect(stderr).toContain('revocable sign --help');
    }
  });
});
