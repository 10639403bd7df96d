/** RFC 9449: what it prints, and section 4.3 check by check. */
import { EmbeddedJWK, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { type Alg, exportJwk, generateKey, secretKey, TokenProofError, thumbprint } from 'revocable';
import { describe, expect, test } from 'vitest';
import {
  accessTokenHash,
  DPOP_ALGORITHMS,
  type DpopProof,
  type DpopTarget,
  proveDpop,
} from '#jose/dpop-proof';
import { b64, forge } from './forge.ts';
import { createProver, TOKEN_URL, type Wish } from './prover.ts';
import { has } from './runtime.ts';

const TARGET: DpopTarget = { method: 'POST', uri: TOKEN_URL };

/** What of the proof does not hold; "none" for one that is taken. */
function faultOf(proof: unknown, target: DpopTarget = TARGET): string {
  try {
    proveDpop(proof, target);
    return 'none';
  } catch (error) {
    if (!(error instanceof TokenProofError)) throw error;
    expect(error).toMatchObject({ code: 'ERR_TOKEN_PROOF', action: 'none', nonce: undefined });
    return error.fault;
  }
}

describe('what RFC 9449 prints', () => {
  const JWK_HEADER =
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19';
  const FIGURE_2 = `${JWK_HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`;
  const FIGURE_7 = `${JWK_HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjY1Mjk2fQ.pAqut2IRDm_De6PR93SYmGBPXpwrAk90e8cP2hjiaG5QsGSuKDYW7_X620BxqhvYC8ynrrvZLTk41mSRroapUA`;
  const FIGURE_13 = `${JWK_HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`;
  const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';
  const ACCESS_TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
  const token = { method: 'POST', uri: 'https://server.example.com/token' };
  const resource = { method: 'GET', uri: 'https://resource.example.org/protectedresource' };

  test('figures 2 and 4: the proof of a token request, and the jkt of figure 9', () => {
    const proof: DpopProof = proveDpop(FIGURE_2, token);
    expect(proof).toEqual({
      jkt: JKT,
      jti: '-BwC3ESc6acc2lTc',
      iat: 1562262616,
      exp: undefined,
      nonce: undefined,
    });
  });
  test('figure 7: the proof of a refresh, by the same key', () => {
    expect(proveDpop(FIGURE_7, token)).toMatchObject({ jkt: JKT, iat: 1562265296 });
  });
  test('figures 13 and 14: the proof of a resource request, with the hash of its access token', () => {
    expect(accessTokenHash(ACCESS_TOKEN)).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo');
    const proof = proveDpop(FIGURE_13, { ...resource, accessToken: ACCESS_TOKEN });
    expect(proof).toMatchObject({ jkt: JKT, jti: 'e1j3V_bKic8-LAEB', iat: 1562262618 });
    expect(faultOf(FIGURE_13, { ...resource, accessToken: `${ACCESS_TOKEN}x` })).toBe('ath');
    expect(faultOf(FIGURE_13, { ...token, accessToken: ACCESS_TOKEN })).toBe('htm');
    expect(faultOf(FIGURE_2, { ...token, accessToken: ACCESS_TOKEN })).toBe('ath');
  });
});

describe('section 4.3', () => {
  const prover = createProver();
  const faultWith = (wish: Wish, target?: DpopTarget): string => faultOf(prover.prove(wish), target);
  const publicJwk = exportJwk(prover.key);
  const privateJwk = exportJwk(prover.key, { private: true });

  test('a right one is taken', () => {
    expect(faultWith({})).toBe('none');
    expect(proveDpop(prover.prove(), TARGET).jkt).toBe(prover.jkt);
  });

  test.each([
    ['nothing', ''],
    ['no text', 7],
    ['undefined', undefined],
    ['null', null],
    ['two parts', 'a.b'],
    ['five parts', 'a.b.c.d.e'],
    ['two headers joined', `${prover.prove()}, ${prover.prove()}`],
    ['padding', `${prover.prove()}=`],
    ['white space', ` ${prover.prove()}`],
    ['more than 4096 characters', prover.prove({ claims: { more: 'x'.repeat(4096) } })],
    [
      'a payload that is no object',
      forge(prover.key, { typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk }, '[]'),
    ],
    [
      'a member twice',
      forge(prover.key, { typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk }, '{"jti":"a","jti":"b"}'),
    ],
    ['crit', prover.prove({ header: { crit: ['x'], x: 1 } })],
    ['b64', prover.prove({ header: { crit: ['b64'], b64: false } })],
  ])('2: not one well-formed JWT: %s', (_, proof) => {
    expect(faultOf(proof)).toBe('form');
  });

  test.each(['jti', 'htm', 'htu', 'iat'] as const)('3: %s is required, and of its type', name => {
    expect(faultWith({ claims: { [name]: undefined } })).toBe(name);
    for (const value of [null, {}, [], name === 'iat' ? '1562262616' : 7, ''])
      expect(faultWith({ claims: { [name]: value } })).toBe(name);
  });
  test('3: so are nonce, ath and exp where they are there', () => {
    for (const name of ['nonce', 'exp']) expect(faultWith({ claims: { [name]: [] } })).toBe(name);
    for (const iat of [-1, 1e20]) expect(faultWith({ claims: { iat } })).toBe('iat');
    for (const iat of [0, Number.MAX_SAFE_INTEGER])
      expect(proveDpop(prover.prove({ claims: { iat } }), TARGET).iat).toBe(iat);
    expect(() => proveDpop(prover.prove({ claims: { jti: undefined } }), TARGET)).toThrow('has no "jti"');
    expect(faultWith({ claims: { ath: 7 } }, { ...TARGET, accessToken: 'x' })).toBe('ath');
  });

  test.each(['JWT', 'at+jwt', 'dpop', '', undefined])('4: typ %s', typ => {
    expect(faultWith({ header: { typ } })).toBe('typ');
  });
  test('4: typ is a media type: case and application/ do not matter (RFC 7515 section 4.1.9)', () => {
    for (const typ of ['DPoP+JWT', 'application/dpop+jwt'])
      expect(faultWith({ header: { typ } })).toBe('none');
  });

  test('5: none, a shared secret and what nobody knows', () => {
    for (const alg of ['none', 'None', 'HS256', 'ES256K', 'RSA-OAEP', 'toString'])
      expect(faultWith({ header: { alg } })).toBe('alg');
    const secret = secretKey('HS256', new Uint8Array(32).fill(7));
    const jwk = { kty: 'oct', k: b64(new Uint8Array(32).fill(7)) };
    const claims = { jti: 'x', htm: 'POST', htu: TOKEN_URL, iat: 1 };
    expect(faultOf(forge(secret, { typ: 'dpop+jwt', alg: 'HS256', jwk }, claims))).toBe('alg');
  });
  test('5: the algorithms that every supported runtime has, of key pairs alone', () => {
    expect(DPOP_ALGORITHMS).toEqual([
      ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
      ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
    ]);
  });
  test.each(DPOP_ALGORITHMS.filter(alg => has(alg)))('5: %s is taken', alg => {
    const other = createProver(alg);
    expect(proveDpop(other.prove(), TARGET).jkt).toBe(thumbprint(other.key));
  });

  test('6: a signature by another key, or of something else', () => {
    expect(faultWith({ header: { jwk: exportJwk(generateKey('ES256')) } })).toBe('signature');
    const [header, , signature] = prover.prove().split('.');
    const [, payload] = prover.prove().split('.');
    expect(faultOf(`${header}.${payload}.${signature}`)).toBe('signature');
    expect(faultOf(`${header}.${payload}.`)).toBe('signature');
  });
  test('6: no key, one of another kind, one for another use', () => {
    for (const jwk of [undefined, null, 'x', [], {}, { ...publicJwk, kty: 'RSA' }, { ...publicJwk, x: 'AA' }])
      expect(faultWith({ header: { jwk } })).toBe('jwk');
    for (const more of [{ use: 'enc' }, { alg: 'ES384' }, { key_ops: ['deriveKey'] }, { crv: 'P-384' }])
      expect(faultWith({ header: { jwk: { ...publicJwk, ...more } } })).toBe('jwk');
    expect(faultWith({ header: { jwk: exportJwk(generateKey('Ed25519')) } })).toBe('jwk');
  });
  test('7: a private key, which nobody may send about', () => {
    expect(faultWith({ header: { jwk: privateJwk } })).toBe('jwk');
    expect(faultWith({ header: { jwk: { ...publicJwk, k: 'AAAA' } } })).toBe('jwk');
  });
  test('7: RSA below 2048 bits, and one whose exponent is even', () => {
    const rsa = exportJwk(generateKey('RS256'));
    const header = (jwk: object): object => ({ header: { alg: 'RS256', jwk } });
    expect(faultWith(header({ ...rsa, n: b64(new Uint8Array(128).fill(0xff)) }))).toBe('jwk');
    expect(faultWith(header({ ...rsa, e: 'AA' }))).toBe('jwk');
  });

  test('8: htm, with case', () => {
    for (const method of ['GET', 'post', 'Post', 'POST ']) expect(faultWith({ method })).toBe('htm');
  });

  test.each([
    ['another path', 'https://auth.example/tokens'],
    ['another host', 'https://auth.example.evil/token'],
    ['another scheme', 'http://auth.example/token'],
    ['another port', 'https://auth.example:8443/token'],
    ['a slash more', 'https://auth.example/token/'],
    ['another case in the path', 'https://auth.example/Token'],
    ['a path alone', '/token'],
    ['credentials in it', 'https://me@auth.example/token'],
    ['no http', 'ftp://auth.example/token'],
    ['an escaped slash', 'https://auth.example/%2Ftoken'],
  ])('9: htu of %s', (_, url) => {
    expect(faultWith({ url })).toBe('htu');
  });
  test.each([
    ['a query', 'https://auth.example/token?x=1'],
    ['a fragment', 'https://auth.example/token#x'],
    ['scheme and host in upper case', 'HTTPS://AUTH.example/token'],
    ['the default port', 'https://auth.example:443/token'],
    ['dot segments', 'https://auth.example/a/../token'],
    ['escapes that need not be', 'https://auth.example/%74oken'],
  ])('9: htu with %s is the same (RFC 3986 section 6.2)', (_, url) => {
    expect(faultWith({ url })).toBe('none');
  });

  test('12: ath of another token, and none', () => {
    const target = { ...TARGET, accessToken: 'abc' };
    expect(faultWith({ token: 'abc' }, target)).toBe('none');
    expect(faultWith({ token: 'abd' }, target)).toBe('ath');
    expect(faultWith({}, target)).toBe('ath');
  });

  test('what is refused is not told: no message has a text of the proof', () => {
    const secret = 'SECRETSECRET';
    for (const name of ['jti', 'htm', 'htu', 'ath', 'nonce'])
      try {
        proveDpop(prover.prove({ claims: { [name]: [secret] } }), { ...TARGET, accessToken: 'x' });
      } catch (error) {
        expect(JSON.stringify([(error as Error).message, error])).not.toContain(secret);
      }
  });
});

describe('a proof that was changed in one place', () => {
  const proof = createProver('Ed25519').prove();
  test('is never taken, and nothing but our own error comes of it', () => {
    for (let at = 0; at < proof.length; at++)
      for (const other of ['A', 'B', '.', '=', '\u0141', ' ', ''])
        if (proof[at] !== other)
          expect(faultOf(proof.slice(0, at) + other + proof.slice(at + 1))).not.toBe('none');
  });
});

describe('keys that were seen before', () => {
  test('are taken from memory: the same verdicts, and each key its own', () => {
    const [one, other] = [createProver(), createProver()];
    for (let i = 0; i < 3; i++)
      for (const each of [one, other]) expect(proveDpop(each.prove(), TARGET).jkt).toBe(each.jkt);
    const [header] = one.prove().split('.');
    const [, payload, signature] = other.prove().split('.');
    expect(faultOf(`${header}.${payload}.${signature}`)).toBe('signature');
    expect(faultOf(one.prove({ header: { typ: 'JWT' } }))).toBe('typ');
  });
});

describe('with jose, in both directions', () => {
  test.each(['ES256', 'PS256', 'EdDSA'] satisfies Alg[])('%s: theirs is taken here', async alg => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const proof = await new SignJWT({ htm: 'POST', htu: TOKEN_URL })
      .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: await exportJWK(publicKey) })
      .setJti('theirs')
      .setIssuedAt()
      .sign(privateKey);
    expect(proveDpop(proof, TARGET)).toMatchObject({ jti: 'theirs' });
  });
  test.each(['ES256', 'PS256', 'EdDSA'] satisfies Alg[])('%s: ours is taken there', async alg => {
    const { payload, protectedHeader } = await jwtVerify(createProver(alg).prove(), EmbeddedJWK, {
      typ: 'dpop+jwt',
    });
    expect(protectedHeader.alg).toBe(alg);
    expect(payload).toMatchObject({ htm: 'POST', htu: TOKEN_URL });
  });
});
