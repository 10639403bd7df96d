import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createKeySet,
  createSigner,
  exportJwk,
  exportPem,
  generateKey,
  type SignerOptions,
  secretKey,
} from 'revocable';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOf, revocable, SECRET, STRONG, TOKEN, temporaryFolder } from './revocable.ts';

const folder = temporaryFolder();
const ec = generateKey('ES256', { kid: 'ec-1' });
const rsa = generateKey('PS256', { kid: 'rsa-1' });
const sign = (key: SignerOptions['key'], options: Partial<SignerOptions> = {}): string =>
  createSigner({ key, expiresIn: '5m', issuer: 'https://auth.example', audience: 'api', ...options }).sign({
    sub: 'u1',
  });

const secretFile = folder.file('secret.txt', `${STRONG}\n`);
const pemFile = folder.file('ec.pem', exportPem(ec));
const hmacToken = sign(secretKey('HS256', { utf8: STRONG }));
const ecToken = sign(ec);

let server: Server;
let jwksUrl = '';
beforeAll(async () => {
  const jwks = JSON.stringify(createKeySet([ec]).toJwks());
  server = createServer((_request, response) =>
    response.setHeader('content-type', 'application/json').end(jwks),
  );
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
});
afterAll(() => {
  server.close();
  folder.remove();
});

describe('revocable verify, the token of the mission', () => {
  it('is valid with --allow-weak and --no-require-expiry; the secret on the command line is warned of', async () => {
    const { code, stdout, stderr } = await revocable([
      'verify',
      TOKEN,
      '--secret',
      SECRET,
      '--allow-weak',
      '--no-require-expiry',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^valid {2}signed with HS256\n/);
    expect(stdout).toContain('"Abhishek Kishor"');
    expect(stderr).toContain('warning: A secret on the command line');
    expect(stderr + stdout).not.toContain(SECRET);
  });

  it('is refused without --allow-weak: the secret is too short, and how long it must be', async () => {
    const { code, stdout, stderr } = await revocable(['verify', TOKEN, '--no-require-expiry'], {
      env: { REVOCABLE_SECRET: SECRET },
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('ERR_KEY_TOO_WEAK');
    expect(stderr).toContain('256 bits (32 bytes) or more; this one has 152');
    expect(stderr).not.toContain(SECRET);
    expect(stderr).not.toContain('warning');
  });

  it('is refused without --no-require-expiry: it never expires', async () => {
    const outcome = await revocable(['verify', TOKEN, '--allow-weak', '--json'], {
      env: { REVOCABLE_SECRET: SECRET },
    });
    expect(outcome.code).toBe(1);
    expect(jsonOf(outcome)).toMatchObject({ ok: false, code: 'ERR_TOKEN_CLAIM' });
    expect(outcome.stderr).toContain('--no-require-expiry takes such tokens');
  });
});

describe('revocable verify, where keys come from', () => {
  it('takes a secret from a file, stdin and the environment', async () => {
    for (const [args, surroundings] of [
      [['--secret', `@${secretFile}`], {}],
      [['--secret', '-'], { stdin: STRONG }],
      [[], { env: { REVOCABLE_SECRET: STRONG } }],
      [['--secret-encoding', 'hex'], { env: { REVOCABLE_SECRET: Buffer.from(STRONG).toString('hex') } }],
      [
        ['--secret-encoding', 'base64url', '--secret', '-'],
        { stdin: `${Buffer.from(STRONG).toString('base64url')}\n` },
      ],
    ] as const) {
      const { code, stderr } = await revocable(['verify', hmacToken, ...args], surroundings);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
  });

  it('takes every byte of a raw secret', async () => {
    const bytes = Uint8Array.from({ length: 33 }, (_, at) => (at === 32 ? 0x0a : 200 + at));
    const token = sign(secretKey('HS256', bytes));
    const file = folder.file('secret.bin', bytes);
    expect(
      (await revocable(['verify', token, '--secret', `@${file}`, '--secret-encoding', 'raw'])).code,
    ).toBe(0);
    const asText = await revocable(['verify', token, '--secret', `@${file}`]);
    expect(asText.code).toBe(2);
    expect(asText.stderr).toContain('no text in UTF-8');
  });

  it('takes PEM, JWK and JWK Set, from a file, stdin or the command line', async () => {
    const jwk = JSON.stringify(exportJwk(ec));
    const set = JSON.stringify(createKeySet([rsa, ec]).toJwks());
    for (const [key, stdin] of [
      [`@${pemFile}`, ''],
      [exportPem(ec).replaceAll('\n', '\\n'), ''],
      ['-', exportPem(ec)],
      [jwk, ''],
      [`@${folder.file('set.json', set)}`, ''],
    ] as const) {
      const { code, stderr } = await revocable(['verify', ecToken, '--key', key], { stdin });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
  });

  it('fetches a JWK Set, and ends', async () => {
    const outcome = await revocable(['verify', ecToken, '--jwks', jwksUrl, '--json']);
    expect(outcome.code).toBe(0);
    expect(jsonOf(outcome)).toMatchObject({
      ok: true,
      claims: { sub: 'u1' },
      key: { kid: 'ec-1', alg: 'ES256' },
    });
  });

  it('says what to look at when the JWK Set cannot be had, and gives no verdict on the token', async () => {
    const { code, stderr } = await revocable(['verify', ecToken, '--jwks', 'http://127.0.0.1:1/jwks.json']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*ERR_JWKS_UNREACHABLE/);
  });

  it('takes the algorithm from the key, and says how to name another', async () => {
    const token = sign(rsa);
    const file = folder.file('rsa.pem', exportPem(rsa));
    const refused = await revocable(['verify', token, '--key', `@${file}`]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('ERR_TOKEN_ALG_NOT_ALLOWED');
    expect(refused.stderr).toContain('--key @file --alg PS256');
    expect((await revocable(['verify', token, '--key', `@${file}`, '--alg', 'PS256'])).code).toBe(0);
  });

  it('never takes the text of a public key as a secret', async () => {
    const forged = sign(secretKey('HS256', { utf8: `x${exportPem(ec)}` }));
    const asKey = await revocable(['verify', forged, '--key', `@${pemFile}`]);
    expect(asKey.stderr).toContain('ERR_TOKEN_ALG_NOT_ALLOWED');
    const asSecret = await revocable(['verify', forged, '--secret', `@${pemFile}`]);
    expect(asSecret.stderr).toContain('ERR_KEY_INVALID');
    expect([asKey.code, asSecret.code]).toEqual([1, 1]);
  });
});

describe('revocable verify, what it checks', () => {
  const secret = ['--secret', `@${secretFile}`];

  it('checks issuer and audience where they are given, and says where they are not', async () => {
    const both = await revocable([
      'verify',
      hmacToken,
      ...secret,
      '--issuer',
      'https://auth.example',
      '--audience',
      'web',
      '--audience',
      'api',
    ]);
    expect(both.code).toBe(0);
    expect(both.stdout).not.toContain('Not checked');
    const neither = await revocable(['verify', hmacToken, ...secret]);
    expect(neither.stdout).toContain('issuer    any is taken: give --issuer');
    const wrong = await revocable(['verify', hmacToken, ...secret, '--audience', 'web', '--json']);
    expect(wrong.code).toBe(1);
    expect(jsonOf(wrong)).toMatchObject({ ok: false, code: 'ERR_TOKEN_CLAIM', action: 'login' });
  });

  it('says when a token expired, and judges as of another moment', async () => {
    const old = sign(secretKey('HS256', { utf8: STRONG }), {
      clock: () => Date.parse('2026-01-01T00:00:00Z'),
    });
    const now = await revocable(['verify', old, ...secret]);
    expect(now.code).toBe(1);
    expect(now.stderr).toMatch(
      /^refused: The token has expired\. \(ERR_TOKEN_EXPIRED\)\n {2}That was .+ ago \(2026-01-01 00:05:00\)\./,
    );
    expect((await revocable(['verify', old, ...secret, '--at', '2026-01-01T00:04:59Z'])).code).toBe(0);
    expect(
      (await revocable(['verify', old, ...secret, '--at', '2026-01-01T00:05:09Z', '--clock-tolerance', '10']))
        .code,
    ).toBe(0);
  });

  it('refuses a changed token without showing it', async () => {
    const changed = `${hmacToken.slice(0, -10)}AAAAAAAAAA`;
    const { code, stdout, stderr } = await revocable(['verify', changed, ...secret]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^refused: .*ERR_TOKEN_/);
    expect(stderr).not.toContain('eyJ');
    expect(stderr).not.toContain(STRONG);
  });

  it('passes on the other options of a verifier', async () => {
    const rows: [string[], string][] = [
      [['--subject', 'u2'], 'ERR_TOKEN_CLAIM'],
      [['--typ', 'at+jwt'], 'ERR_TOKEN_TYPE'],
      [['--algorithms', 'RS256'], 'ERR_TOKEN_ALG_NOT_ALLOWED'],
      [['--required-claims', 'scope'], 'ERR_TOKEN_CLAIM'],
      [['--max-token-length', '20'], 'ERR_TOKEN_TOO_LARGE'],
      [['--max-age', '1m', '--at', new Date(Date.now() + 120_000).toISOString()], 'ERR_TOKEN_EXPIRED'],
    ];
    for (const [args, code] of rows) {
      const outcome = await revocable(['verify', hmacToken, ...secret, ...args, '--json']);
      expect(outcome.code).toBe(1);
      expect(jsonOf(outcome)['code']).toBe(code);
    }
  });
});
