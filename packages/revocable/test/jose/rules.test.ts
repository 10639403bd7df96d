/** The rules of refusal, each as a property. Their numbers are those of SECURITY.md. */
import fc from 'fast-check';
import {
  createSigner,
  createVerifier,
  decode,
  publicKey,
  RevocableError,
  type SigningKey,
  secretKey,
} from 'revocable';
import { describe, expect, test } from 'vitest';
import { b64, forge, headerOf } from './forge.ts';
import { keyOf, present } from './runtime.ts';

const secret = secretKey('HS256', new Uint8Array(32).fill(7));
const claims = { iss: 'issuer', aud: 'api', sub: 'u1', exp: 4_000_000_000 };
const any = { issuer: null, audience: null, requireExpiry: false } as const;
const hs = createVerifier({ keys: secret, ...any });
const strict = createVerifier({ keys: secret, issuer: 'issuer', audience: 'api' });

const codeOf = (token: unknown, verifier = hs): string => {
  const result = verifier.check(token as string);
  return result.ok ? 'accepted' : result.code;
};
const signed = (payload: unknown, header: unknown = headerOf(secret)): string =>
  forge(secret, header, payload);

describe('1: the algorithm comes from the key', () => {
  const algs = present.filter(alg => !alg.startsWith('ML'));
  const tokens = new Map(algs.map(alg => [alg, forge(keyOf(alg) as SigningKey, { alg }, claims)]));

  test.each(algs)('a token of another algorithm is refused by a key of %s', alg => {
    const verifier = createVerifier({ keys: keyOf(alg) as SigningKey, ...any });
    for (const [other, token] of tokens)
      expect(codeOf(token, verifier)).toBe(other === alg ? 'accepted' : 'ERR_TOKEN_ALG_NOT_ALLOWED');
  });

  test('"none" is no algorithm, however it is written', () => {
    for (const alg of [
      'none',
      'None',
      'NONE',
      'nOnE',
      '',
      ' none',
      'null',
      'undefined',
      'constructor',
      '__proto__',
    ])
      for (const signature of ['', b64('x')])
        expect(codeOf(`${b64(JSON.stringify({ alg }))}.${b64(JSON.stringify(claims))}.${signature}`)).toBe(
          'ERR_TOKEN_ALG_NOT_ALLOWED',
        );
  });

  test('algorithms are compared as they are written', () => {
    fc.assert(
      fc.property(fc.string(), alg => {
        fc.pre(alg !== 'HS256');
        expect(codeOf(forge(secret, { alg }, claims))).toBe('ERR_TOKEN_ALG_NOT_ALLOWED');
      }),
    );
  });

  test('"algorithms" narrows those of the keys', () => {
    const keys = [secret, keyOf('ES256') as SigningKey];
    const verifier = createVerifier({ keys, algorithms: ['ES256'], ...any });
    expect(codeOf(signed(claims), verifier)).toBe('ERR_TOKEN_ALG_NOT_ALLOWED');
    expect(codeOf(tokens.get('ES256'), verifier)).toBe('accepted');
    expect(() => createVerifier({ keys, algorithms: ['none'], ...any })).toThrow('"algorithms"');
  });
});

describe('2: one token, one spelling', () => {
  const algs = present.filter(alg =>
    ['HS256', 'RS256', 'PS256', 'ES256', 'ES512', 'EdDSA', 'ML-DSA-44'].includes(alg),
  );

  test.each(algs)('%s: no token but the very one is accepted', alg => {
    const key = keyOf(alg) as SigningKey;
    const token = createSigner({ key, expiresIn: '5m' }).sign({ sub: 'u1' });
    const verifier = createVerifier({ keys: key, ...any });
    const where = fc.nat(token.length);
    const what = fc.oneof(
      fc.constantFrom(...' \n\t=+/-_.AB\0'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
    );
    fc.assert(
      fc.property(where, what, fc.nat(2), (at, text, removed) => {
        const changed = token.slice(0, at) + text + token.slice(at + removed);
        fc.pre(changed !== token);
        expect(codeOf(changed, verifier)).toMatch(
          /^ERR_TOKEN_(MALFORMED|SIGNATURE|ALG_NOT_ALLOWED|CRIT|TYPE)$|^ERR_KEY_NOT_FOUND$/,
        );
      }),
      { numRuns: 300 },
    );
  });

  test('a character whose lowest byte is the right one is not it', () => {
    const token = signed(claims);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.integer({ min: 1, max: 255 }), (at, high) => {
        const wide = String.fromCharCode(token.charCodeAt(at) + high * 256);
        expect(codeOf(token.slice(0, at) + wide + token.slice(at + 1))).toBe('ERR_TOKEN_MALFORMED');
      }),
    );
  });

  test('stray bits after the last octet are refused in each part', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const next = (char: string): string => alphabet[alphabet.indexOf(char) + 1] as string;
    for (const payload of ['{"a":1}', '{"a":12}', '{"a":123}'])
      for (const header of ['{"alg":"HS256"}', '{"alg":"HS256" }', '{"alg":"HS256"  }']) {
        const parts = signed(payload, header).split('.');
        for (const at of [0, 1, 2]) {
          const part = parts[at] as string;
          if (part.length % 4 === 0) continue;
          const changed = parts.with(at, part.slice(0, -1) + next(part.at(-1) as string)).join('.');
          expect(codeOf(changed)).toBe('ERR_TOKEN_MALFORMED');
        }
      }
  });

  test('exactly two dots', () => {
    for (const token of [
      'a',
      'a.b',
      'a.b.c.d',
      '....',
      '..',
      '.',
      `${signed(claims)}.`,
      `.${signed(claims)}`,
    ])
      expect(codeOf(token)).toBe('ERR_TOKEN_MALFORMED');
  });

  test('a token is a string, there, and not too long', () => {
    for (const token of [undefined, null, '']) expect(codeOf(token)).toBe('ERR_TOKEN_MISSING');
    for (const token of [1, true, {}, [], Symbol('x'), Buffer.from(signed(claims))])
      expect(codeOf(token)).toBe('ERR_TOKEN_MALFORMED');
    expect(codeOf('x'.repeat(16_385))).toBe('ERR_TOKEN_TOO_LARGE');
    expect(codeOf('x'.repeat(16_384))).toBe('ERR_TOKEN_MALFORMED');
    const token = signed(claims);
    const limited = (maxTokenLength: number) => createVerifier({ keys: secret, maxTokenLength, ...any });
    expect(codeOf(token, limited(token.length))).toBe('accepted');
    expect(codeOf(token, limited(token.length - 1))).toBe('ERR_TOKEN_TOO_LARGE');
  });

  test('a signature of another length is refused', () => {
    for (const alg of algs) {
      const key = keyOf(alg) as SigningKey;
      const [header, payload, signature = ''] = forge(key, { alg }, claims).split('.');
      const octets = Buffer.from(signature, 'base64url');
      const verifier = createVerifier({ keys: key, ...any });
      for (const other of [
        Buffer.alloc(0),
        octets.subarray(1),
        octets.subarray(0, -1),
        Buffer.concat([octets, Buffer.alloc(1)]),
        Buffer.concat([Buffer.alloc(1), octets]),
      ])
        expect(codeOf(`${header}.${payload}.${b64(other)}`, verifier)).toBe('ERR_TOKEN_SIGNATURE');
    }
  });
});

describe('3: shape, header, algorithm, key, signature, claims', () => {
  const wrong = (token: string): string => token.slice(0, -4) + (token.endsWith('AAAA') ? 'BBBA' : 'AAAA');
  const expired = { iss: 'other', exp: 1 };

  test('each refusal is that of the first step that fails', () => {
    const steps: readonly (readonly [string, string])[] = [
      ['ERR_TOKEN_TOO_LARGE', 'x'.repeat(20_000)],
      ['ERR_TOKEN_MALFORMED', `${b64('{"alg":"none","crit":["x"]}')}.!.`],
      ['ERR_TOKEN_CRIT', wrong(signed(expired, { alg: 'none', typ: 'other', crit: ['x'], x: 1 }))],
      ['ERR_TOKEN_TYPE', wrong(signed(expired, { alg: 'none', typ: 'other' }))],
      ['ERR_TOKEN_ALG_NOT_ALLOWED', wrong(signed(expired, { alg: 'RS256' }))],
      ['ERR_TOKEN_SIGNATURE', wrong(signed(expired))],
      ['ERR_TOKEN_SIGNATURE', wrong(signed('no json'))],
      ['ERR_TOKEN_MALFORMED', signed('no json')],
      ['ERR_TOKEN_CLAIM', signed(expired)],
      ['ERR_TOKEN_EXPIRED', signed({ ...claims, exp: 1 })],
      ['accepted', signed(claims)],
    ];
    for (const [code, token] of steps) expect(codeOf(token, strict)).toBe(code);
  });

  test('key before signature: an unknown kid says so whatever the signature', () => {
    const verifier = createVerifier({
      keys: secretKey('HS256', new Uint8Array(32).fill(7), { kid: 'k1' }),
      ...any,
    });
    expect(codeOf(wrong(signed(expired, headerOf(secret, { kid: 'k2' }))), verifier)).toBe(
      'ERR_KEY_NOT_FOUND',
    );
    expect(codeOf(signed(claims, headerOf(secret, { kid: 'k1' })), verifier)).toBe('accepted');
    expect(codeOf(signed(claims), verifier)).toBe('accepted');
  });
});

describe('4: crit, typ, and keys in headers', () => {
  test('every crit is refused by a verifier of tokens', () => {
    const crits: readonly unknown[] = [
      ['x'],
      [],
      'x',
      {},
      null,
      1,
      [1],
      ['x', 'x'],
      ['alg'],
      ['exp'],
      ['b64'],
      ['__proto__'],
    ];
    for (const crit of crits)
      for (const more of [{}, { x: 1 }, { b64: true }, { b64: false }, { exp: 1 }])
        expect(codeOf(signed(claims, headerOf(secret, { crit, ...more })))).toBe('ERR_TOKEN_CRIT');
  });

  test('b64 without crit is refused: RFC 7797 section 6', () => {
    for (const value of [false, true])
      expect(codeOf(signed(claims, headerOf(secret, { b64: value })))).toBe('ERR_TOKEN_CRIT');
  });

  test('typ: absent, JWT and at+jwt unless said otherwise; media types compare without case', () => {
    const token = (typ: unknown): string => signed(claims, { alg: 'HS256', typ });
    for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/JWT'])
      expect(codeOf(token(typ))).toBe('accepted');
    for (const typ of ['', 'rt+jwt', 'dpop+jwt', 'JWT ', 'application/', 'application/x/jwt', 'text/jwt'])
      expect(codeOf(token(typ))).toBe('ERR_TOKEN_TYPE');
    for (const typ of [null, 1, ['JWT'], {}]) expect(codeOf(token(typ))).toBe('ERR_TOKEN_MALFORMED');
    const exact = createVerifier({ keys: secret, typ: 'at+jwt', ...any });
    expect(codeOf(token('at+jwt'), exact)).toBe('accepted');
    for (const typ of [undefined, 'JWT']) expect(codeOf(token(typ), exact)).toBe('ERR_TOKEN_TYPE');
    expect(codeOf(token('anything'), createVerifier({ keys: secret, typ: null, ...any }))).toBe('accepted');
  });

  test('kid is a name and nothing else', () => {
    for (const kid of [
      '../../etc/passwd',
      "' OR 1=1 --",
      'http://evil.example/',
      '\0',
      '__proto__',
      'constructor',
      '',
    ])
      expect(codeOf(signed(claims, headerOf(secret, { kid })))).toBe('accepted');
    for (const kid of [1, null, {}, ['a']])
      expect(codeOf(signed(claims, headerOf(secret, { kid })))).toBe('ERR_TOKEN_MALFORMED');
  });
});

describe('5: a claim of the wrong type is an error, never absent', () => {
  const strings = ['iss', 'sub', 'jti'];
  const dates = ['exp', 'nbf', 'iat'];
  const json = fc.jsonValue().filter(value => !JSON.stringify(value).includes('__proto__'));
  const noString = json.filter(value => typeof value !== 'string');
  const noAudience = noString.filter(
    value => !(Array.isArray(value) && value.every(one => typeof one === 'string')),
  );
  const noDate = fc.oneof(
    json.filter(value => typeof value !== 'number'),
    fc.constantFrom(-1, -0.001, 1e300, 2 ** 53, 253_402_300_800, 1_700_000_000_000),
  );

  test.each([...strings, 'aud', ...dates])('%s', name => {
    const values = strings.includes(name) ? noString : name === 'aud' ? noAudience : noDate;
    fc.assert(
      fc.property(values, value => {
        const result = hs.check(signed({ [name]: value }));
        expect(result).toMatchObject({
          ok: false,
          code: 'ERR_TOKEN_CLAIM',
          error: { claim: name, reason: 'invalid' },
        });
      }),
    );
  });

  test('a number that JSON cannot hold is no date', () => {
    for (const text of ['1e999', '-1e999']) expect(codeOf(signed(`{"exp":${text}}`))).toBe('ERR_TOKEN_CLAIM');
  });

  test('a check that was asked for fails when its claim is missing', () => {
    const missing = (options: object, name: string): void => {
      const verifier = createVerifier({
        keys: secret,
        issuer: null,
        audience: null,
        requireExpiry: false,
        ...options,
      } as never);
      expect(verifier.check(signed({}))).toMatchObject({
        code: 'ERR_TOKEN_CLAIM',
        error: { claim: name, reason: 'missing' },
      });
    };
    missing({ issuer: 'issuer' }, 'iss');
    missing({ audience: 'api' }, 'aud');
    missing({ subject: 'u1' }, 'sub');
    missing({ maxAge: '1h' }, 'iat');
    missing({ requireExpiry: true }, 'exp');
    missing({ requiredClaims: ['role'] }, 'role');
    missing({ requiredClaims: ['constructor'] }, 'constructor');
  });

  test('at exp it is over, to the millisecond; tolerance moves both ends', () => {
    const at = (nowMs: number, payload: object, clockTolerance = 0): string =>
      codeOf(signed(payload), createVerifier({ keys: secret, ...any, clockTolerance, clock: () => nowMs }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4_000_000_000 }),
        fc.integer({ min: 0, max: 300 }),
        (second, tolerance) => {
          expect(at((second + tolerance) * 1000 - 1, { exp: second }, tolerance)).toBe('accepted');
          expect(at((second + tolerance) * 1000, { exp: second }, tolerance)).toBe('ERR_TOKEN_EXPIRED');
          expect(at((second - tolerance) * 1000, { nbf: second }, tolerance)).toBe('accepted');
          expect(at((second - tolerance) * 1000 - 1, { nbf: second }, tolerance)).toBe(
            'ERR_TOKEN_NOT_YET_VALID',
          );
        },
      ),
    );
  });

  test('maxAge: older is expired, from the future is invalid', () => {
    const verifier = createVerifier({ keys: secret, ...any, maxAge: '1h', clock: () => 10_000_000 });
    expect(codeOf(signed({ iat: 6400.001 }), verifier)).toBe('accepted');
    expect(codeOf(signed({ iat: 6400 }), verifier)).toBe('ERR_TOKEN_EXPIRED');
    expect(codeOf(signed({ iat: 10_001 }), verifier)).toBe('ERR_TOKEN_CLAIM');
  });

  test('issuer, audience, subject: values, compared whole', () => {
    const verifier = createVerifier({
      keys: secret,
      issuer: ['a', 'b'],
      audience: ['x', 'y'],
      subject: 's',
      requireExpiry: false,
    });
    expect(codeOf(signed({ iss: 'b', aud: ['q', 'y'], sub: 's' }), verifier)).toBe('accepted');
    for (const [name, value] of [
      ['iss', 'ab'],
      ['iss', 'A'],
      ['iss', ''],
      ['aud', 'xy'],
      ['aud', []],
      ['aud', ['']],
      ['sub', 's '],
    ])
      expect(verifier.check(signed({ iss: 'b', aud: 'x', sub: 's', [name as string]: value }))).toMatchObject(
        {
          code: 'ERR_TOKEN_CLAIM',
          error: { claim: name, reason: 'mismatch' },
        },
      );
  });

  test('the payload is one JSON object in UTF-8', () => {
    const bad = [
      '',
      '[]',
      '1',
      '"x"',
      'null',
      'true',
      '{',
      '{}x',
      ' ',
      '{"a":}',
      "{'a':1}",
      '{"a":1,}',
      '\ufeff{}',
      '{"a":NaN}',
    ];
    for (const payload of bad) expect(codeOf(signed(payload))).toBe('ERR_TOKEN_MALFORMED');
    const broken = [[0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff]];
    for (const octets of broken)
      expect(
        codeOf(signed(Buffer.concat([Buffer.from('{"a":"'), Buffer.from(octets), Buffer.from('"}')]))),
      ).toBe('ERR_TOKEN_MALFORMED');
    for (const payload of [' {\t"a" : 1\r\n}\n', '{}', '{"":0}'])
      expect(codeOf(signed(payload))).toBe('accepted');
  });

  test('a member named twice is refused, however it is written and however deep', () => {
    const twice = [
      '{"a":1,"a":1}',
      '{"a":1,"\\u0061":2}',
      '{"\\u0061":1,"a":2}',
      '{"x":{"b":1,"b":2}}',
      '{"x":[{"b":":","b":"::"}]}',
      '{"a":"\\"","a":":"}',
      '{"a:":1,"a:":2}',
      '{"a":{"b":{}},"a":{}}',
    ];
    for (const payload of twice) expect(codeOf(signed(payload))).toBe('ERR_TOKEN_MALFORMED');
    for (const text of ['{"alg":"HS256","alg":"HS256"}', '{"alg":"none","alg":"HS256"}'])
      expect(codeOf(signed('{}', text))).toBe('ERR_TOKEN_MALFORMED');
  });

  test('any object without a doubled member is taken, as it is', () => {
    const object = fc.dictionary(
      fc.string().filter(name => name !== '__proto__'),
      fc.jsonValue({ maxDepth: 4 }),
    );
    const isOurs = (value: object): boolean =>
      ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'].some(name => name in value);
    fc.assert(
      fc.property(object, fc.boolean(), (value, spaced) => {
        fc.pre(!isOurs(value) && !JSON.stringify(value).includes('__proto__'));
        const text = spaced ? JSON.stringify(value, null, 1) : JSON.stringify(value);
        expect(hs.verifySync(signed(text)).claims).toEqual(JSON.parse(text));
        const [name] = Object.keys(value);
        if (name === undefined) return;
        const doubled = `${JSON.stringify(value).slice(0, -1)},${JSON.stringify(name)}:0}`;
        expect(codeOf(signed(doubled))).toBe('ERR_TOKEN_MALFORMED');
      }),
    );
  });

  test('no member is named __proto__', () => {
    for (const payload of [
      '{"__proto__":{"admin":true}}',
      '{"a":{"__proto__":1}}',
      '{"\\u005f_proto__":1}',
      '[{"__proto__":1}]',
    ])
      expect(codeOf(signed(payload))).toBe('ERR_TOKEN_MALFORMED');
    expect(codeOf(signed('{}', '{"alg":"HS256","__proto__":{}}'))).toBe('ERR_TOKEN_MALFORMED');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('depth has an end, and it is no stack overflow', () => {
    const deep = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(codeOf(signed(deep(99)))).toBe('accepted');
    for (const levels of [100, 5000]) expect(codeOf(signed(deep(levels)))).toBe('ERR_TOKEN_MALFORMED');
  });
});

describe('6: matchers are values', () => {
  test('a regular expression is wrong use', () => {
    for (const name of ['issuer', 'audience', 'subject', 'typ'])
      expect(() => createVerifier({ keys: secret, ...any, [name]: /^a/ } as never)).toThrow(`"${name}"`);
  });
});

describe('7: keys and signatures', () => {
  const order = { ES256: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551' };

  test('ECDSA: r and s in 1..n-1', () => {
    const key = keyOf('ES256') as SigningKey;
    const verifier = createVerifier({ keys: key, ...any });
    const [header, payload, signature = ''] = forge(key, { alg: 'ES256' }, claims).split('.');
    const octets = Buffer.from(signature, 'base64url');
    const n = Buffer.from(order.ES256, 'hex');
    const zero = Buffer.alloc(32);
    const ones = Buffer.alloc(32, 255);
    const r = octets.subarray(0, 32);
    const s = octets.subarray(32);
    for (const pair of [
      [zero, zero],
      [r, zero],
      [zero, s],
      [n, s],
      [r, n],
      [n, n],
      [ones, s],
      [r, ones],
    ])
      expect(codeOf(`${header}.${payload}.${b64(Buffer.concat(pair))}`, verifier)).toBe(
        'ERR_TOKEN_SIGNATURE',
      );
  });

  test('ECDSA: DER is not a signature here', () => {
    const key = keyOf('ES256') as SigningKey;
    const [header, payload, signature = ''] = forge(key, { alg: 'ES256' }, claims).split('.');
    const octets = Buffer.from(signature, 'base64url');
    const integer = (value: Buffer): Buffer => {
      const padded = (value[0] as number) >= 128 ? Buffer.concat([Buffer.alloc(1), value]) : value;
      return Buffer.concat([Buffer.from([2, padded.length]), padded]);
    };
    const body = Buffer.concat([integer(octets.subarray(0, 32)), integer(octets.subarray(32))]);
    const der = Buffer.concat([Buffer.from([48, body.length]), body]);
    expect(codeOf(`${header}.${payload}.${b64(der)}`, createVerifier({ keys: key, ...any }))).toBe(
      'ERR_TOKEN_SIGNATURE',
    );
  });

  test('HMAC: a secret as long as the hash, and never empty', () => {
    for (const [alg, octets] of [
      ['HS256', 32],
      ['HS384', 48],
      ['HS512', 64],
    ] as const) {
      expect(secretKey(alg, new Uint8Array(octets)).alg).toBe(alg);
      expect(() => secretKey(alg, new Uint8Array(octets - 1))).toThrow(
        expect.objectContaining({ code: 'ERR_KEY_TOO_WEAK' }),
      );
      expect(secretKey(alg, new Uint8Array(1), { allowWeak: true }).alg).toBe(alg);
      expect(() => secretKey(alg, new Uint8Array(0), { allowWeak: true })).toThrow(
        expect.objectContaining({ code: 'ERR_KEY_TOO_WEAK' }),
      );
    }
  });

  test('RSA: e odd and 3 or more, 2048 bits; allowWeak admits 1024 bits and no other e', () => {
    const n = (bits: number): string => {
      const octets = Buffer.alloc(bits / 8, 0xa5);
      octets[octets.length - 1] = 0xb7;
      return b64(octets);
    };
    const make = (bits: number, e: number[], allowWeak = false) =>
      publicKey('RS256', { kty: 'RSA', n: n(bits), e: b64(Buffer.from(e)) }, { allowWeak });
    const weak = expect.objectContaining({ code: 'ERR_KEY_TOO_WEAK' });
    expect(make(2048, [1, 0, 1]).alg).toBe('RS256');
    expect(make(2048, [3]).alg).toBe('RS256');
    expect(make(1024, [1, 0, 1], true).alg).toBe('RS256');
    expect(() => make(1024, [1, 0, 1])).toThrow(weak);
    expect(() => make(1016, [1, 0, 1], true)).toThrow(weak);
    for (const e of [[1], [2], [4], [1, 0, 0]])
      for (const allow of [false, true])
        expect(() => make(2048, e, allow)).toThrow(expect.objectContaining({ name: 'KeyError' }));
  });
});

describe('8: what is verified stays as it was', () => {
  test('claims and header are frozen to the bottom', () => {
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isFrozen));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        const verified = hs.verifySync(signed({ value }, headerOf(secret, { extra: value })));
        expect(isFrozen(verified)).toBe(true);
      }),
    );
  });
});

describe('9: hostile input gets one of our errors, without its own words in it', () => {
  const functions: readonly ((input: never) => unknown)[] = [hs.verifySync, hs.check, decode];

  test('anything at all', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withNullPrototype: true,
          withTypedArray: true,
        }),
        input => {
          for (const call of functions) onlyOurs(() => call(input as never));
        },
      ),
    );
  });

  test('three parts of anything, under a true signature too', () => {
    const part = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.jsonValue());
    fc.assert(
      fc.property(part, part, (header, payload) => {
        for (const call of functions) onlyOurs(() => call(signed(payload, header) as never));
      }),
    );
  });

  test('no message or field repeats what the token says', () => {
    const word = 'Xq7-canary-Zw9';
    const tokens = [
      `${word}.${word}.${word}`,
      signed({ iss: word, aud: word, sub: word, exp: 1 }),
      signed(claims, { alg: word }),
      signed(claims, headerOf(secret, { typ: word })),
      signed(claims, headerOf(secret, { crit: [word] })),
      signed(word),
      signed({ exp: word }),
    ];
    for (const token of tokens) {
      const result = strict.check(token);
      expect(result.ok).toBe(false);
      if (result.ok) continue;
      const { error } = result;
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(
        word,
      );
    }
  });

  test('time grows with length and no faster', () => {
    const verifier = createVerifier({ keys: secret, ...any, maxTokenLength: 10_000_000 });
    const cost = (make: (size: number) => string, size: number): number => {
      const token = make(size);
      const best: number[] = [];
      for (let run = 0; run < 5; run++) {
        const start = process.cpuUsage();
        verifier.check(token);
        const { user, system } = process.cpuUsage(start);
        best.push((user + system) / 1000);
      }
      return Math.min(...best);
    };
    const shapes: readonly ((size: number) => string)[] = [
      size => '.'.repeat(size),
      size => `${'a'.repeat(size)}.b.c`,
      size => signed(`{"a":"${':'.repeat(size)}"}`),
      size => signed(`{"a":"${'\\"'.repeat(size / 2)}"}`),
      size => signed(`{${Array.from({ length: size / 10 }, (_, at) => `"k${at}":1`).join()}}`),
    ];
    for (const shape of shapes)
      expect(cost(shape, 800_000)).toBeLessThan(100 * Math.max(cost(shape, 80_000), 1));
  });

  function onlyOurs(call: () => unknown): void {
    try {
      call();
    } catch (error) {
      expect(error).toBeInstanceOf(RevocableError);
    }
  }
});

describe('keys are never guessed', () => {
  test('text and bytes are no keys of a verifier or signer', () => {
    for (const keys of [
      '-----BEGIN PUBLIC KEY-----',
      'secret',
      new Uint8Array(32),
      {},
      null,
      undefined,
      [],
      [secret, 'x'],
      { type: 'secret', alg: 'HS256', kid: undefined },
    ])
      expect(() => createVerifier({ keys, ...any } as never)).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
      );
    for (const key of [
      'secret',
      new Uint8Array(32),
      {},
      null,
      undefined,
      { type: 'secret', alg: 'HS256', kid: undefined },
    ])
      expect(() => createSigner({ key, expiresIn: '5m' } as never)).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
      );
  });
});
