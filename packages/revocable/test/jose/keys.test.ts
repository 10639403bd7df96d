/** Keys: every form in, JWK and PEM out, and each contradiction a KeyError. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  webcrypto,
} from 'node:crypto';
import { inspect } from 'node:util';
import {
  createKeySet,
  createSigner,
  createVerifier,
  exportJwk,
  exportPem,
  externalKey,
  generateKey,
  importJwk,
  type Jwk,
  privateKey,
  publicKey,
  type SigningKey,
  secretKey,
  thumbprint,
  type VerificationKey,
} from 'revocable';
import { generateKeyAsync } from 'revocable/jose';
import { describe, expect, test } from 'vitest';
import { certificate, certified } from './certificate.ts';
import { forge } from './forge.ts';
import { keyOf, lacking, present } from './runtime.ts';

type Pair = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
const pairs: readonly Pair[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const any = { issuer: null, audience: null, requireExpiry: false } as const;
const signs = (key: SigningKey, by: VerificationKey = key): boolean =>
  createVerifier({ keys: by, ...any }).check(createSigner({ key, expiresIn: null }).sign()).ok;
const refused = (make: () => unknown, code = 'ERR_KEY_INVALID'): void =>
  expect(make).toThrow(expect.objectContaining({ code }));
const nativeOf = (key: SigningKey): KeyObject => createPrivateKey(exportPem(key, { private: true }));

describe.each(present)('%s', alg => {
  const key = keyOf(alg) as SigningKey;

  test('signs, at once and by promise, and verifies', async () => {
    const signer = createSigner({ key, expiresIn: '5m' });
    const verifier = createVerifier({ keys: key, issuer: null, audience: null });
    for (const token of [signer.sign({ sub: 'u' }), await signer.signAsync({ sub: 'u' })])
      expect(verifier.verifySync(token)).toMatchObject({ claims: { sub: 'u' }, key: { alg, kid: key.kid } });
  });

  test('goes through JWK and back', () => {
    const again = importJwk(
      JSON.parse(JSON.stringify(exportJwk(key, { private: true }))) as Jwk,
    ) as SigningKey;
    expect(again).toMatchObject({ type: key.type, alg, kid: key.kid });
    expect(signs(again, key)).toBe(true);
    if (key.type === 'secret') refused(() => exportJwk(key), 'ERR_CONFIG_INVALID');
    else expect(signs(key, importJwk(exportJwk(key)))).toBe(true);
  });

  test('a public export has no private member', () => {
    if (key.type === 'secret') return expect(createKeySet([key]).toJwks()).toEqual({ keys: [] });
    const [jwk] = createKeySet([key]).toJwks().keys;
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv']) expect(jwk).not.toHaveProperty(name);
    expect(jwk).toMatchObject({ alg, kid: thumbprint(key), use: 'sig' });
    expect(exportPem(key)).toContain('BEGIN PUBLIC KEY');
  });

  test('shows nothing of itself', () => {
    expect(JSON.parse(JSON.stringify(key))).toEqual(
      key.kid === undefined ? { type: key.type, alg } : { type: key.type, alg, kid: key.kid },
    );
    expect(inspect(key, { showHidden: true, depth: 9 })).not.toContain('KeyObject');
  });

  test('generateKeyAsync makes one as well', async () => {
    if (alg.startsWith('RS') || alg.startsWith('PS')) return expect(alg).toBeDefined();
    const made = await generateKeyAsync(alg, { kid: 'mine' });
    expect(made).toMatchObject({ alg, kid: 'mine' });
    expect(signs(made)).toBe(true);
  });
});

test('an algorithm that the runtime lacks is a clear error', () => {
  for (const alg of lacking) expect(() => generateKey(alg)).toThrow(`cannot make a key for ${alg}`);
  refused(() => generateKey('none' as never), 'ERR_CONFIG_INVALID');
});

describe.each(pairs)('%s is read from', alg => {
  const key = keyOf(alg) as SigningKey;
  const native = nativeOf(key);
  const publicNative = createPublicKey(native);
  const pem = exportPem(key, { private: true });
  const publicPem = exportPem(key);

  test('PEM: with line ends of either kind, literal \\n, text around it, and as bytes', () => {
    const forms = (text: string) => [
      text,
      text.trim(),
      text.replaceAll('\n', '\r\n'),
      text.replaceAll('\n', '\\n'),
      `Bag Attributes\n${text}`,
      Buffer.from(text),
    ];
    for (const form of forms(pem)) expect(signs(privateKey(alg, form), key)).toBe(true);
    for (const form of forms(publicPem)) expect(signs(key, publicKey(alg, form))).toBe(true);
  });

  test('encrypted PEM and DER', () => {
    const options = { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open' } as const;
    for (const material of [
      native.export({ ...options, format: 'pem' }),
      native.export({ ...options, format: 'der' }),
    ]) {
      expect(signs(privateKey(alg, material, { passphrase: 'open' }), key)).toBe(true);
      refused(() => privateKey(alg, material, { passphrase: 'shut' }));
      refused(() => privateKey(alg, material));
    }
    expect(() => privateKey(alg, native.export({ ...options, format: 'pem' }))).toThrow(
      'give its `passphrase`',
    );
  });

  test('DER', () => {
    expect(signs(privateKey(alg, native.export({ type: 'pkcs8', format: 'der' })), key)).toBe(true);
    expect(signs(key, publicKey(alg, publicNative.export({ type: 'spki', format: 'der' })))).toBe(true);
    const old =
      native.asymmetricKeyType === 'rsa' ? 'pkcs1' : native.asymmetricKeyType === 'ec' ? 'sec1' : undefined;
    if (old === undefined) return;
    const traditional = (format: 'pem' | 'der') =>
      native.export({ type: old, format } as { type: 'pkcs1'; format: 'pem' });
    expect(signs(privateKey(alg, traditional('der')), key)).toBe(true);
    expect(signs(privateKey(alg, traditional('pem')), key)).toBe(true);
    if (old === 'pkcs1')
      expect(signs(key, publicKey(alg, publicNative.export({ type: 'pkcs1', format: 'pem' })))).toBe(true);
  });

  test('JWK, KeyObject and CryptoKey', async () => {
    expect(signs(privateKey(alg, exportJwk(key, { private: true })), key)).toBe(true);
    expect(signs(privateKey(alg, native), key)).toBe(true);
    expect(signs(key, publicKey(alg, publicNative))).toBe(true);
    const parameters = {
      RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
      PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
      ES256: { name: 'ECDSA', namedCurve: 'P-256' },
      EdDSA: { name: 'Ed25519' },
    }[alg];
    const cryptoKey = await webcrypto.subtle.importKey(
      'spki',
      publicNative.export({ type: 'spki', format: 'der' }),
      parameters,
      false,
      ['verify'],
    );
    expect(signs(key, publicKey(alg, cryptoKey))).toBe(true);
    const signing = await webcrypto.subtle.importKey(
      'pkcs8',
      native.export({ type: 'pkcs8', format: 'der' }),
      parameters,
      false,
      ['sign'],
    );
    expect(signs(privateKey(alg, signing), key)).toBe(true);
    refused(() => publicKey(alg, signing));
    const spki = publicNative.export({ type: 'spki', format: 'der' });
    const useless = await webcrypto.subtle.importKey('spki', spki, parameters, false, []);
    expect(() => publicKey(alg, useless)).toThrow('usages do not have "verify"');
    expect(() => privateKey(alg, cryptoKey)).toThrow('usages do not have "sign"');
    refused(() => publicKey(alg === 'RS256' ? 'RS384' : 'RS256', cryptoKey));
  });

  test('no half for the other', () => {
    for (const material of [pem, native, exportJwk(key, { private: true })])
      refused(() => publicKey(alg, material));
    for (const material of [publicPem, publicNative, exportJwk(key)])
      refused(() => privateKey(alg, material));
  });

  test('nothing that is no key', () => {
    for (const material of [
      '',
      'x',
      '-----BEGIN PUBLIC KEY-----',
      '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
      new Uint8Array(),
      new Uint8Array(100),
    ]) {
      refused(() => publicKey(alg, material));
      refused(() => privateKey(alg, material));
    }
    for (const material of [null, undefined, 1, {}, []])
      refused(() => publicKey(alg, material as never), 'ERR_CONFIG_INVALID');
  });
});

test('a certificate gives its key', () => {
  const key = publicKey('ES256', certified);
  const der = Buffer.from(certificate.split('-----')[2] as string, 'base64');
  for (const material of [certificate, Buffer.from(certificate), certificate.replaceAll('\n', '\\n'), der])
    expect(thumbprint(publicKey('ES256', material))).toBe(thumbprint(key));
  refused(() => publicKey('RS256', certificate));
  refused(() => privateKey('ES256', certificate));
});

test('RSASSA-PSS keys of the same hash are taken for PS, of another or for RS refused', () => {
  const { privateKey: pss } = generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: 'sha256',
    mgf1HashAlgorithm: 'sha256',
    saltLength: 32 as never,
  });
  const key = privateKey('PS256', pss);
  expect(signs(key, publicKey('PS256', createPublicKey(pss)))).toBe(true);
  expect(signs(key, importJwk(exportJwk(key)))).toBe(true);
  refused(() => privateKey('PS384', pss));
  refused(() => privateKey('RS256', pss));
});

describe('a JWK that contradicts', () => {
  const ec = exportJwk(keyOf('ES256') as SigningKey, { private: true });
  const okp = exportJwk(keyOf('EdDSA') as SigningKey, { private: true });
  const rsa = exportJwk(keyOf('RS256') as SigningKey, { private: true });
  const other = exportJwk(generateKey('ES256'), { private: true });
  const cases: readonly (readonly [string, Jwk, string?])[] = [
    ['alg', ec, 'ES384'],
    ['alg of the same curve', okp, 'Ed25519'],
    ['kty', { ...ec, kty: 'RSA' }],
    ['crv', { ...ec, crv: 'P-384' }],
    ['use', { ...ec, use: 'enc' }],
    ['key_ops without sign', { ...ec, key_ops: ['verify'] }],
    ['key_ops of encryption', { ...ec, key_ops: ['encrypt'] }],
    ['key_ops that repeats', { ...ec, key_ops: ['sign', 'sign'] }],
    ['key_ops that is no array', { ...ec, key_ops: 'sign' as never }],
    ['kid that is no string', { ...ec, kid: 7 as never }],
    ['a coordinate that is short', { ...ec, x: (ec.x as string).slice(0, -4) }],
    ['a coordinate with padding', { ...ec, x: `${ec.x}=` }],
    ['a point off the curve', { ...ec, y: ec.x as string }],
    ['a private half of another key', { ...ec, d: other.d as string }],
    ['a public half of another key', { ...okp, x: exportJwk(generateKey('EdDSA')).x as string }],
    ['three primes', { ...rsa, oth: [] }],
    ['no modulus', { ...rsa, n: undefined as never }],
    ['a modulus of another key', { ...rsa, n: exportJwk(keyOf('PS256') as SigningKey).n as string }],
    ['no coordinate', { ...ec, x: undefined as never }],
    ['an unknown alg', { ...ec, alg: 'XX' }],
  ];

  test.each(cases.map(([name, jwk, alg]) => ({ name, jwk, alg })))('$name', ({ jwk, alg }) => {
    refused(() => importJwk(jwk, alg as 'ES256' | undefined));
  });

  test('RSA and secrets without alg need one', () => {
    const { alg: _, ...bare } = rsa;
    refused(() => importJwk(bare as Jwk));
    expect(importJwk(bare as Jwk, 'PS512').alg).toBe('PS512');
  });

  test('key_ops of a secret', () => {
    const jwk = { kty: 'oct', alg: 'HS256', k: 'A'.repeat(43) };
    const onlySigns = importJwk({ ...jwk, key_ops: ['sign'] }) as SigningKey;
    const onlyVerifies = importJwk({ ...jwk, key_ops: ['verify'] }) as SigningKey;
    expect(signs(onlySigns, onlyVerifies)).toBe(true);
    refused(() => createVerifier({ keys: onlySigns, ...any }), 'ERR_CONFIG_INVALID');
    refused(() => createSigner({ key: onlyVerifies, expiresIn: null }), 'ERR_CONFIG_INVALID');
  });
});

describe('secrets', () => {
  test('say how they are written', () => {
    const bytes = new Uint8Array(32).fill(0x61);
    const same = [
      bytes,
      { utf8: 'a'.repeat(32) },
      { hex: '61'.repeat(32) },
      { base64url: Buffer.from(bytes).toString('base64url') },
    ];
    for (const material of same)
      expect(signs(secretKey('HS256', bytes), secretKey('HS256', material))).toBe(true);
    for (const material of [{ hex: 'zz' }, { hex: '616' }, { base64url: 'YQ==' }, { base64url: 'a+b/' }])
      refused(() => secretKey('HS256', material as never));
    for (const material of ['x'.repeat(32), null, {}, { utf8: 1 }, { utf8: 'a', hex: 'b' }, 7])
      refused(() => secretKey('HS256', material as never), 'ERR_CONFIG_INVALID');
    refused(() => secretKey('RS256' as never, bytes), 'ERR_CONFIG_INVALID');
    refused(() => secretKey('HS256', bytes, { kidd: 'x' } as never), 'ERR_CONFIG_INVALID');
  });

  test('the mission token verifies with its short secret only when that is allowed', () => {
    const token =
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkFiaGlzaGVrIEtpc2hvciIsImlhdCI6MTUxNjIzOTAyMn0.zBsxPZ5jCc68g6ukcEfSs0rUDIPAqf8iJOimZuBfR3Y';
    expect(() => secretKey('HS256', { utf8: 'your-256-bit-secret' })).toThrow(
      '256 bits (32 bytes) or more; this one has 152',
    );
    const keys = secretKey('HS256', { utf8: 'your-256-bit-secret' }, { allowWeak: true });
    const { claims } = createVerifier({ keys, ...any }).verifySync(token);
    expect(claims).toEqual({ sub: '1234567890', name: 'Abhishek Kishor', iat: 1516239022 });
  });

  test('have no thumbprint and no PEM', () => {
    for (const shown of [exportJwk, exportPem, thumbprint])
      refused(() => shown(undefined as never), 'ERR_CONFIG_INVALID');
    for (const options of [{ private: 'yes' }, { private: 1 }, { privat: true }, null])
      refused(() => exportJwk(keyOf('ES256') as SigningKey, options as never), 'ERR_CONFIG_INVALID');
    const key = generateKey('HS256');
    expect(key.kid).toBeUndefined();
    refused(() => thumbprint(key), 'ERR_CONFIG_INVALID');
    refused(() => exportPem(key, { private: true }), 'ERR_CONFIG_INVALID');
  });
});

describe('externalKey', () => {
  const key = keyOf('ES256') as SigningKey;
  const native = nativeOf(key);
  const by = (make: (data: Uint8Array) => Uint8Array) =>
    externalKey('ES256', exportPem(key), async data => make(data), { kid: 'hsm' });

  test('signs by promise, with DER or raw signatures', async () => {
    for (const dsaEncoding of ['der', 'ieee-p1363'] as const) {
      const external = by(data => sign('sha256', data, { key: native, dsaEncoding }));
      const signer = createSigner({ key: external, expiresIn: '1m' });
      const verified = createVerifier({ keys: external, issuer: null, audience: null }).verifySync(
        await signer.signAsync(),
      );
      expect(verified.key).toEqual({ kid: 'hsm', alg: 'ES256' });
      refused(() => signer.sign(), 'ERR_CONFIG_INVALID');
    }
  });

  test('a signature that its public half does not prove never goes out', async () => {
    for (const make of [
      () => new Uint8Array(64),
      () => new Uint8Array(7),
      () => 'x' as never,
      (data: Uint8Array) =>
        sign('sha256', data, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    ])
      await expect(createSigner({ key: by(make), expiresIn: null }).signAsync()).rejects.toMatchObject({
        code: 'ERR_KEY_INVALID',
      });
  });
});

describe('KeySet', () => {
  const token = (key: SigningKey, kid?: string): string =>
    forge(key, kid === undefined ? { alg: key.alg } : { alg: key.alg, kid }, { a: 1 });
  const check = (keys: Parameters<typeof createVerifier>[0]['keys'], text: string): string => {
    const result = createVerifier({ keys, ...any }).check(text);
    return result.ok ? 'accepted' : result.code;
  };
  const hs = (fill: number, kid?: string): SigningKey =>
    secretKey('HS256', new Uint8Array(32).fill(fill), kid === undefined ? {} : { kid });

  test('a signer uses the newest that signs; a retired one only verifies; a removed one is gone', () => {
    const [first, second] = [generateKey('ES256', { kid: 'first' }), generateKey('ES256', { kid: 'second' })];
    const set = createKeySet([first]);
    const signer = createSigner({ key: set, expiresIn: null });
    const kidOf = (text: string): string =>
      JSON.parse(Buffer.from(text.split('.')[0] as string, 'base64url').toString()).kid;
    const old = signer.sign();
    set.add(second);
    expect([kidOf(old), kidOf(signer.sign())]).toEqual(['first', 'second']);
    expect(set.retire('second')).toBe(true);
    expect(kidOf(signer.sign())).toBe('first');
    expect(set.toJwks().keys.map(({ kid }) => kid)).toEqual(['first', 'second']);
    const epoch = set.epoch;
    expect(check(set, old)).toBe('accepted');
    expect(set.remove(first)).toBe(true);
    expect(set.epoch).toBeGreaterThan(epoch);
    expect(check(set, old)).toBe('ERR_KEY_NOT_FOUND');
    expect(set.remove('nobody')).toBe(false);
    refused(() => signer.sign(), 'ERR_CONFIG_INVALID');
    set.remove('second');
    expect(check(set, old)).toBe('ERR_KEY_NOT_FOUND');
  });

  test('a defaulted kid refuses nothing, a given one does', () => {
    const key = keyOf('ES256') as SigningKey;
    for (const kid of [undefined, key.kid, 'other'])
      expect(check(createKeySet([key]), token(key, kid))).toBe('accepted');
    const named = importJwk(exportJwk(key, { private: true }), undefined, { kid: 'named' }) as SigningKey;
    expect(check([named], token(key, 'other'))).toBe('ERR_KEY_NOT_FOUND');
    expect(check([named, generateKey('ES256')], token(key, 'other'))).toBe('ERR_TOKEN_SIGNATURE');
  });

  test('several are tried, four at most', () => {
    const keys = [1, 2, 3, 4].map(fill => hs(fill));
    for (const key of keys) expect(check(keys, token(key))).toBe('accepted');
    expect(check([...keys, hs(5)], token(hs(5)))).toBe('ERR_KEY_AMBIGUOUS');
    expect(check([...keys, hs(5, 'five')], token(hs(5), 'five'))).toBe('accepted');
    expect(check([...keys, hs(4)], token(hs(4)))).toBe('accepted');
  });

  test('two different keys under one kid are ambiguous, the same one twice is not', () => {
    expect(check([hs(1, 'k'), hs(2, 'k')], token(hs(1), 'k'))).toBe('ERR_KEY_AMBIGUOUS');
    expect(check([hs(1, 'k'), hs(2, 'k')], token(hs(1)))).toBe('ERR_KEY_AMBIGUOUS');
    expect(check([hs(1, 'k'), hs(1, 'k')], token(hs(1), 'k'))).toBe('accepted');
  });

  test('of a JWK Set, alg comes from the curve, RSA from the set, and what is not for signatures is passed over', () => {
    const bare = (alg: string): Jwk => {
      const { alg: _, ...jwk } = exportJwk(keyOf(alg) as SigningKey);
      return jwk as Jwk;
    };
    const keys = [
      ...['RS256', 'ES256', 'ES512', 'EdDSA', 'Ed448'].map(bare),
      { kty: 'XYZ' },
      { kty: 'RSA', alg: 'RSA-OAEP', n: 'x' },
      { kty: 'EC', crv: 'X25519' },
      { ...bare('ES384'), use: 'enc' },
    ];
    expect(createKeySet({ keys }).keys.map(key => key.alg)).toEqual([
      'RS256',
      'ES256',
      'ES512',
      'EdDSA',
      'EdDSA',
    ]);
    expect(createKeySet({ keys }, { alg: 'PS384' }).keys[0]?.alg).toBe('PS384');
    for (const set of [[], { keys: [] }])
      refused(() => createKeySet(set, { alg: 'none' as never }), 'ERR_CONFIG_INVALID');
    for (const bad of [{}, { keys: {} }, { keys: [1] }, null])
      refused(() => createKeySet(bad as never), 'ERR_JWKS_INVALID');
    refused(
      () => createKeySet({ keys: [{ kty: 'oct', alg: 'HS256', k: 'A'.repeat(43) }, bare('ES256')] }),
      'ERR_JWKS_INVALID',
    );
  });
});
