import { readFileSync, statSync } from 'node:fs';
import {
  exportJwk,
  exportPem,
  generateKey,
  importJwk,
  type Jwk,
  type Jwks,
  privateKey,
  publicKey,
  thumbprint,
} from 'revocable';
import { afterAll, describe, expect, it } from 'vitest';
import { jsonOf, revocable, STRONG, temporaryFolder } from './revocable.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const ec = generateKey('ES256');
const privatePem = folder.file('private.pem', exportPem(ec, { private: true }));
const publicPem = folder.file('public.pem', exportPem(ec));

describe('revocable keys generate', () => {
  it('makes a private JWK of each kind of key', async () => {
    for (const alg of ['HS512', 'ES384', 'EdDSA'] as const) {
      const { code, stdout, stderr } = await revocable(['keys', 'generate', '--alg', alg, '--kid', 'k1']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const key = importJwk(JSON.parse(stdout) as Jwk);
      expect(key).toMatchObject({ alg, kid: 'k1', type: alg === 'HS512' ? 'secret' : 'private' });
    }
  });

  it('makes RS256 as PEM', async () => {
    const { stdout } = await revocable(['keys', 'generate', '--format', 'pem']);
    expect(privateKey('RS256', stdout).type).toBe('private');
  });

  it('writes a file that only its owner reads, and overwrites none', async () => {
    const file = folder.path('new.jwk');
    const { code, stdout, stderr } = await revocable(['keys', 'generate', '--alg', 'ES256', '--out', file]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('a key for ES256');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file, 'utf8');
    const again = await revocable(['keys', 'generate', '--alg', 'ES256', '--out', file]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('not overwritten');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('exits 2 for a secret as PEM and for a modulus that is none', async () => {
    expect((await revocable(['keys', 'generate', '--alg', 'HS256', '--format', 'pem'])).code).toBe(2);
    const small = await revocable(['keys', 'generate', '--modulus-length', '512']);
    expect(small.code).toBe(2);
    expect(small.stderr).toContain('--modulus-length is a whole number of bits');
  });
});

describe('revocable keys convert', () => {
  it('turns PEM into a JWK and back, the public half unless --private is given', async () => {
    const jwk = JSON.parse((await revocable(['keys', 'convert', `@${privatePem}`])).stdout) as Jwk;
    expect(jwk).toEqual(exportJwk(ec));
    const whole = await revocable(['keys', 'convert', '-', '--private'], {
      stdin: exportPem(ec, { private: true }),
    });
    expect(JSON.parse(whole.stdout)).toEqual(exportJwk(ec, { private: true }));
    const back = await revocable(['keys', 'convert', '-', '--private'], { stdin: whole.stdout });
    expect(back.stdout).toBe(exportPem(ec, { private: true }));
    expect((await revocable(['keys', 'convert', '-'], { stdin: whole.stdout })).stdout).toBe(exportPem(ec));
  });

  it('reads PEM from the command line, though it begins with dashes', async () => {
    const outcome = await revocable(['keys', 'convert', exportPem(ec), '--json']);
    expect(jsonOf(outcome)).toEqual(exportJwk(ec));
  });

  it('reads DER', async () => {
    const der = Buffer.from(exportPem(ec).split('\n').slice(1, -2).join(''), 'base64');
    const outcome = await revocable(['keys', 'convert', `@${folder.file('public.der', der)}`, '--json']);
    expect(jsonOf(outcome)).toEqual(exportJwk(ec));
  });

  it('shows a secret only with --private', async () => {
    const args = ['keys', 'convert', '--secret', '-', '--alg', 'HS256'];
    const hidden = await revocable(args, { stdin: STRONG });
    expect({ code: hidden.code, stdout: hidden.stdout }).toEqual({ code: 2, stdout: '' });
    expect(hidden.stderr).not.toContain(STRONG);
    const shown = await revocable([...args, '--private', '--json'], { stdin: STRONG });
    expect(jsonOf(shown)).toEqual({ kty: 'oct', k: Buffer.from(STRONG).toString('base64url'), alg: 'HS256' });
  });

  it('has no private half of a public key, and reads no rubbish', async () => {
    expect((await revocable(['keys', 'convert', `@${publicPem}`, '--private'])).code).toBe(2);
    const rubbish = await revocable(['keys', 'convert', '-'], {
      stdin: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
    });
    expect(rubbish.code).toBe(1);
    expect(rubbish.stderr).toContain('ERR_KEY_INVALID');
    const path = await revocable(['keys', 'convert', publicPem]);
    expect(path.code).toBe(2);
    expect(path.stderr).toContain('put "@" before it');
  });
});

describe('revocable keys jwks and thumbprint', () => {
  it('gathers public halves, and passes a secret over', async () => {
    const secret = folder.file(
      'secret.jwk',
      JSON.stringify(exportJwk(generateKey('HS256'), { private: true })),
    );
    const { code, stdout, stderr } = await revocable(['keys', 'jwks', `@${privatePem}`, `@${secret}`]);
    expect(code).toBe(0);
    expect(stderr).toContain('passed over');
    const { keys } = JSON.parse(stdout) as Jwks;
    expect(keys).toEqual([{ ...exportJwk(ec), use: 'sig' }]);
  });

  it('shows the thumbprint of RFC 7638, of a private key too', async () => {
    for (const file of [privatePem, publicPem])
      expect((await revocable(['keys', 'thumbprint', `@${file}`])).stdout).toBe(
        `${thumbprint(publicKey('ES256', exportPem(ec)))}\n`,
      );
  });

  it('shows the thumbprint that RFC 7638 section 3.1 prints', async () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const jwk = JSON.stringify({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' });
    expect((await revocable(['keys', 'thumbprint', jwk])).stdout).toBe(
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs\n',
    );
  });
});
