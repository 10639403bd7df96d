/** One test named after each published advisory of a JWT library whose fault could be ours. */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import {
  combineVerifiers,
  createKeySet,
  createSigner,
  createVerifier,
  decode,
  exportJwk,
  exportPem,
  importJwk,
  type Jwk,
  publicKey,
  type SigningKey,
  secretKey,
  type Verifier,
} from 'revocable';
import { verifyJws } from 'revocable/jose';
import { describe, expect, test } from 'vitest';
import { b64, forge, headerOf } from './forge.ts';
import { keyOf } from './runtime.ts';

const any = { issuer: null, audience: null, requireExpiry: false } as const;
const secret = secretKey('HS256', new Uint8Array(32).fill(9));
const rsa = keyOf('RS256') as SigningKey;
const rsaPem = exportPem(rsa);
const rsaPublic = publicKey('RS256', rsaPem);
const ec = keyOf('ES256') as SigningKey;
const claims = { sub: 'admin', exp: 4_000_000_000 };

const codeOf = (
  token: unknown,
  keys: Parameters<typeof createVerifier>[0]['keys'],
  options: object = {},
): string => {
  const result = createVerifier({ keys, ...any, ...options }).check(token as string);
  return result.ok ? 'accepted' : result.code;
};
const refused = (make: () => unknown, code: string): void =>
  expect(make).toThrow(expect.objectContaining({ code }));
/** HMAC with whatever octets, as an attacker computes it. */
const hmac = (octets: string, input: string): string =>
  createHmac('sha256', octets).update(input).digest('base64url');

describe('an algorithm that the token chose', () => {
  test('CVE-2015-9235, CVE-2016-10555, CVE-2022-29217: an RSA public key as an HMAC secret', () => {
    for (const text of [rsaPem, rsaPem.trim(), rsaPem.replaceAll('\n', '\r\n')]) {
      const input = `${b64('{"alg":"HS256"}')}.${b64(JSON.stringify(claims))}`;
      const mac = hmac(text, input);
      expect(codeOf(`${input}.${mac}`, rsaPublic)).toBe('ERR_TOKEN_ALG_NOT_ALLOWED');
      refused(() => secretKey('HS256', { utf8: text }), 'ERR_KEY_INVALID');
    }
  });

  test('CVE-2023-48223, CVE-2026-34950: a PEM that a pattern does not recognise', () => {
    for (const text of [` ${rsaPem}`, `\n\t${rsaPem}`, exportPem(rsa, { private: true })])
      for (const material of [{ utf8: text }, new TextEncoder().encode(text)])
        refused(() => secretKey('HS256', material), 'ERR_KEY_INVALID');
  });

  test('CVE-2024-33663, CVE-2024-54150: nor any other public key', () => {
    for (const key of [ec, keyOf('EdDSA') as SigningKey]) {
      refused(() => secretKey('HS256', { utf8: exportPem(key) }), 'ERR_KEY_INVALID');
      const input = `${b64('{"alg":"HS256"}')}.${b64(JSON.stringify(claims))}`;
      expect(codeOf(`${input}.${hmac(exportPem(key), input)}`, key)).toBe('ERR_TOKEN_ALG_NOT_ALLOWED');
    }
  });

  test('CVE-2026-22817, CVE-2026-22818, CVE-2026-44699: a JWK without alg does not take it from the token', () => {
    const { alg: _, ...jwk } = exportJwk(rsa);
    const set = createKeySet({ keys: [jwk as Jwk] });
    for (const octets of ['', rsaPem]) {
      const input = `${b64('{"alg":"HS256"}')}.${b64(JSON.stringify(claims))}`;
      expect(codeOf(`${input}.${hmac(octets, input)}`, set)).toBe('ERR_TOKEN_ALG_NOT_ALLOWED');
    }
    expect(codeOf(forge(rsa, { alg: 'PS256' }, claims), set)).toBe('ERR_TOKEN_ALG_NOT_ALLOWED');
  });

  test('CVE-2022-23540: no algorithm, no signature, no default', () => {
    for (const alg of ['none', 'NONE', undefined, null, '', 0])
      expect(codeOf(`${b64(JSON.stringify({ alg }))}.${b64(JSON.stringify(claims))}.`, secret)).toMatch(
        /ALG_NOT_ALLOWED|MALFORMED/,
      );
  });

  test('CVE-2022-23539: a key of the wrong type for its algorithm', () => {
    const dsa = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey;
    const x25519 = generateKeyPairSync('x25519').publicKey;
    for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const)
      for (const key of [dsa, x25519]) refused(() => publicKey(alg, key), 'ERR_KEY_INVALID');
    refused(() => publicKey('ES384', exportPem(ec)), 'ERR_KEY_INVALID');
    refused(() => publicKey('RS256', exportPem(ec)), 'ERR_KEY_INVALID');
  });

  test('CVE-2022-23541: a key callback that answers for any algorithm; here a key knows its own', () => {
    const keys = [secret, rsaPublic];
    expect(codeOf(forge(secret, { alg: 'RS256' }, claims), keys)).toBe('ERR_TOKEN_SIGNATURE');
    expect(codeOf(forge(rsa, { alg: 'HS256' }, claims), keys)).toBe('ERR_TOKEN_SIGNATURE');
  });

  test('GHSA-jc38-x7x8-2xc8: an algorithm in the unprotected header', () => {
    const payload = b64('x');
    const input = `.${payload}`;
    const jws = { payload, header: { alg: 'HS256' }, signature: hmac(rsaPem, input) };
    refused(() => verifyJws(jws, { keys: rsaPublic }), 'ERR_TOKEN_ALG_NOT_ALLOWED');
  });

  test('CVE-2021-41106: the path of a key file as the secret', () => {
    refused(() => secretKey('HS256', 'file:///etc/keys/private.pem' as never), 'ERR_CONFIG_INVALID');
  });
});

describe('a key that the token brought', () => {
  test('CVE-2018-0114, CVE-2026-27962: the jwk in its header', () => {
    const header = headerOf(ec, { jwk: exportJwk(ec) });
    expect(codeOf(forge(ec, header, claims), publicKey('ES256', exportPem(other('ES256'))))).toBe(
      'ERR_TOKEN_SIGNATURE',
    );
  });

  test('jku, x5u and x5c in its header are not followed', () => {
    const header = headerOf(ec, { jku: 'http://127.0.0.1:9/', x5u: 'http://127.0.0.1:9/', x5c: ['x'] });
    expect(codeOf(forge(ec, header, claims), other('ES256'))).toBe('ERR_TOKEN_SIGNATURE');
    expect(codeOf(forge(ec, header, claims), ec)).toBe('accepted');
  });
});

describe('a signature that is none', () => {
  test('CVE-2022-21449: r and s of zero', () => {
    const input = `${b64('{"alg":"ES256"}')}.${b64(JSON.stringify(claims))}`;
    expect(codeOf(`${input}.${b64(Buffer.alloc(64))}`, ec)).toBe('ERR_TOKEN_SIGNATURE');
  });

  test('CVE-2020-28042: a signature that is a prefix of the right one', () => {
    const token = forge(secret, headerOf(secret), claims);
    const at = token.lastIndexOf('.') + 1;
    for (let kept = 0; kept < 43; kept++)
      expect(codeOf(token.slice(0, at + kept), secret)).not.toBe('accepted');
  });

  test('CVE-2019-7644: the error does not say the right signature', () => {
    const token = forge(secret, headerOf(secret), claims);
    const signature = token.slice(token.lastIndexOf('.') + 1);
    const result = createVerifier({ keys: secret, ...any }).check(`${token.slice(0, -43)}${'A'.repeat(43)}`);
    expect(result).toMatchObject({ code: 'ERR_TOKEN_SIGNATURE' });
    expect(inspect(result, { depth: 9, showHidden: true })).not.toContain(signature);
  });

  test('CVE-2025-65945: an HMAC that is not compared', () => {
    const token = forge(secret, headerOf(secret), claims);
    const other = forge(secret, headerOf(secret), { ...claims, sub: 'other' });
    expect(codeOf(`${token.slice(0, -43)}${other.slice(-43)}`, secret)).toBe('ERR_TOKEN_SIGNATURE');
  });
});

describe('keys that are no protection', () => {
  test('CVE-2017-15361 (ROCA): a modulus that can be factored', () => {
    const primorial = [
      2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
      103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ].reduce((product, prime) => product * BigInt(prime), 1n);
    let modulus = primorial << 1800n;
    modulus = modulus - (modulus % primorial) + 65_537n;
    const n = b64(Buffer.from(modulus.toString(16).padStart(512, '0'), 'hex'));
    refused(() => publicKey('RS256', { kty: 'RSA', n, e: 'AQAB' }), 'ERR_KEY_TOO_WEAK');
  });

  test('CVE-2026-29000 and its kind: an unsigned token in another wrapping is no token', () => {
    const inner = `${b64('{"alg":"none"}')}.${b64(JSON.stringify(claims))}.`;
    for (const token of [
      `${b64('{"alg":"RSA-OAEP","enc":"A256GCM"}')}.${b64('k')}.${b64('iv')}.${b64(inner)}.${b64('tag')}`,
      inner,
    ])
      expect(codeOf(token, rsaPublic)).not.toBe('accepted');
  });

  test('CVE-2026-44351, CVE-2026-45363: an empty secret is refused', () => {
    for (const material of [new Uint8Array(), { utf8: '' }, { hex: '' }, { base64url: '' }])
      refused(() => secretKey('HS256', material, { allowWeak: true }), 'ERR_KEY_TOO_WEAK');
  });
});

describe('claims that are not checked', () => {
  test('CVE-2020-26160: an empty aud array', () => {
    for (const aud of [[], [''], ''])
      expect(codeOf(forge(secret, headerOf(secret), { ...claims, aud }), secret, { audience: 'api' })).toBe(
        'ERR_TOKEN_CLAIM',
      );
  });

  test('CVE-2025-30144: an iss array that holds the right one', () => {
    const token = forge(secret, headerOf(secret), { ...claims, iss: ['https://attacker', 'https://good'] });
    expect(codeOf(token, secret, { issuer: 'https://good' })).toBe('ERR_TOKEN_CLAIM');
    expect(codeOf(token, secret)).toBe('ERR_TOKEN_CLAIM');
  });

  test('CVE-2024-53861: a part of the issuer', () => {
    for (const iss of ['a', 'acm', 'acme2', 'e'])
      expect(codeOf(forge(secret, headerOf(secret), { ...claims, iss }), secret, { issuer: 'acme' })).toBe(
        'ERR_TOKEN_CLAIM',
      );
  });

  test('CVE-2026-25537: exp and nbf of a wrong type', () => {
    for (const payload of [{ exp: '9999999999' }, { nbf: '99999999999' }, { exp: null }, { nbf: [1] }])
      expect(codeOf(forge(secret, headerOf(secret), payload), secret)).toBe('ERR_TOKEN_CLAIM');
  });

  test('CVE-2024-51744: an expired token with a bad signature is a bad signature', () => {
    const token = forge(secret, headerOf(secret), { exp: 1 });
    expect(codeOf(`${token.slice(0, -43)}${'A'.repeat(43)}`, secret)).toBe('ERR_TOKEN_SIGNATURE');
  });

  test('CVE-2025-59420, CVE-2026-32597, CVE-2026-35042: an unknown crit', () => {
    for (const crit of [['x-custom-policy'], ['cnf']]) {
      const header = headerOf(secret, { crit, 'x-custom-policy': 'mfa', cnf: {} });
      expect(codeOf(forge(secret, header, claims), secret)).toBe('ERR_TOKEN_CRIT');
      refused(() => verifyJws(forge(secret, header, claims), { keys: secret }), 'ERR_TOKEN_CRIT');
    }
  });

  test('CVE-2026-35041, GHSA-3j8v-cgw4-2g6q: regular expressions over claims', () => {
    for (const pattern of [/^(a+)+X$/, /api/g])
      refused(
        () => createVerifier({ keys: secret, issuer: null, audience: pattern as never }),
        'ERR_CONFIG_INVALID',
      );
  });
});

describe('forms that are read in two ways', () => {
  test('CVE-2022-39227: a JSON serialization smuggled into a compact one', () => {
    const token = forge(secret, headerOf(secret), claims);
    const [header, payload, signature] = token.split('.');
    const smuggled = [
      `{"  ${header}.${b64('{"sub":"root"}')}.":"","protected":"${header}","payload":"${payload}","signature":"${signature}"}`,
      JSON.stringify({ protected: header, payload, signature }),
    ];
    for (const text of smuggled) expect(codeOf(text, secret)).toBe('ERR_TOKEN_MALFORMED');
    expect(codeOf({ protected: header, payload, signature }, secret)).toBe('ERR_TOKEN_MALFORMED');
  });

  test('CVE-2025-30204: a token of nothing but dots costs nothing', () => {
    expect(codeOf('.'.repeat(16_000), secret)).toBe('ERR_TOKEN_MALFORMED');
    expect(codeOf('.'.repeat(1_000_000), secret)).toBe('ERR_TOKEN_TOO_LARGE');
  });

  test('CVE-2024-34273: __proto__ in claims pollutes nothing', () => {
    refused(
      () => decode(`${b64('{"alg":"HS256"}')}.${b64('{"__proto__":{"polluted":true}}')}.AA`),
      'ERR_TOKEN_MALFORMED',
    );
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('GHSA-rp9m-7r4c-75qg: two tokens that share issuer, audience and subject are two', () => {
    const verifier = createVerifier({ keys: secret, ...any });
    const [first, second] = ['admin', 'guest'].map(role =>
      forge(secret, headerOf(secret), { ...claims, role }),
    );
    for (let round = 0; round < 3; round++) {
      expect(verifier.verifySync(first as string).claims['role']).toBe('admin');
      expect(verifier.verifySync(second as string).claims['role']).toBe('guest');
    }
  });
});

test('one issuer does not sign for another', () => {
  const issuer = (name: string): Issuer => {
    const key = secretKey('HS256', new Uint8Array(32).fill(name.charCodeAt(0)));
    return { key, verifier: createVerifier({ keys: key, issuer: name, audience: null }) };
  };
  const [a, b] = [issuer('a'), issuer('b')];
  const both = combineVerifiers(a.verifier, b.verifier);
  const token = (by: Issuer, iss: string): string =>
    createSigner({ key: by.key, expiresIn: '1m' }).sign({ iss });
  expect(both.check(token(a, 'a')).ok).toBe(true);
  expect(both.check(token(a, 'b'))).toMatchObject({ code: 'ERR_TOKEN_SIGNATURE' });
  expect(both.check(token(b, 'c'))).toMatchObject({ code: 'ERR_KEY_NOT_FOUND' });
});
interface Issuer {
  readonly key: SigningKey;
  readonly verifier: Verifier;
}

function other(alg: 'ES256'): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return importJwk(privateKey.export({ format: 'jwk' }) as unknown as Jwk, alg) as SigningKey;
}
