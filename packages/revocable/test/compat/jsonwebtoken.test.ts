import { Buffer } from 'node:buffer';
import { createHmac, createSecretKey } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { keyMaterials, pairs, publicMaterials, rsa } from './key-shelf.ts';
import {
  callsOf,
  type Face,
  type Outcome,
  ours,
  outcomeOf,
  theirs,
  withoutSignature,
} from './side-by-side.ts';

const NOW = 1_700_000_000;
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 });
});
afterAll(() => {
  vi.useRealTimers();
});

const plain = (outcome: Outcome): Outcome => outcome;

function same(run: (face: Face) => unknown, part: (outcome: Outcome) => Outcome = plain): void {
  const [got, expected] = [part(outcomeOf(ours, run)), part(outcomeOf(theirs, run))];
  if (!isDeepStrictEqual(got, expected)) expect(got).toStrictEqual(expected);
}

const ALGORITHMS = [
  ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'none'],
];

/** For the long loops: jsonwebtoken parses text anew at each call, which takes longer than all the rest. */
const SECRET = createSecretKey(Buffer.from('secret'));

/** Values of every kind, for options and claims that want one kind. */
const ANYTHING: readonly unknown[] = [
  ...[undefined, null, true, false, 0, 1, -1, 1.5, -1.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY],
  ...['', ' ', 'text', '60', '10h', '-2 days', '1 monkey', [], ['text'], ['a', 'b'], {}, { foo: 'bar' }],
  ...[Object('text'), Object(5), Object(true), new Date(0), /x/, Object.create(null)],
];

class Instance {
  readonly foo = 'bar';
}
const PAYLOADS: readonly [string, () => unknown][] = [
  ['an empty object', () => ({})],
  ['claims', () => ({ foo: 'bar', nested: { a: [1, null, 'é', '😀'] } })],
  ['iat', () => ({ iat: 10 })],
  ['iat of 0', () => ({ iat: 0 })],
  ['iat that is a Number object', () => ({ iat: Object(10) })],
  ['iat of NaN', () => ({ iat: Number.NaN })],
  ['times', () => ({ iat: 10, nbf: 20, exp: 30.5 })],
  ['exp of Infinity', () => ({ exp: Number.POSITIVE_INFINITY })],
  ['names', () => ({ iss: 'i', sub: 's', aud: 'a', jti: 'j' })],
  ['undefined names', () => ({ iss: undefined, sub: undefined })],
  ['an array', () => [1]],
  ['null', () => null],
  ['undefined', () => undefined],
  ['text', () => 'text'],
  ['text that is JSON', () => '{"exp":1}'],
  ['text, not ASCII', () => 'José 😀'],
  ['empty text', () => ''],
  ['a number', () => 123],
  ['true', () => true],
  ['a bigint', () => 1n],
  ['a symbol', () => Symbol.iterator],
  ['a function', () => () => 1],
  ['bytes', () => Buffer.from('bytes')],
  ['octets', () => new Uint8Array([1, 2])],
  ['a date', () => new Date(0)],
  ['a map', () => new Map()],
  ['an instance', () => new Instance()],
  ['an object without prototype', () => Object.assign(Object.create(null), { foo: 1 })],
  ['an heir of an object', () => Object.create({ foo: 1 })],
  ['toJSON', () => ({ toJSON: () => ({ other: 1 }) })],
  ['a bigint inside', () => ({ foo: 1n })],
  ['a claim named constructor', () => ({ constructor: 'x' })],
  ['a claim named toString', () => ({ toString: 'x' })],
  ['a claim named __proto__', () => JSON.parse('{"__proto__":{"exp":1},"foo":1}')],
];
const SIGN_OPTIONS = [
  ...['expiresIn', 'notBefore', 'audience', 'algorithm', 'header', 'encoding', 'issuer', 'subject', 'jwtid'],
  ...['noTimestamp', 'keyid', 'mutatePayload', 'allowInsecureKeySizes', 'allowInvalidAsymmetricKeyTypes'],
  ...['unknown', 'constructor', 'toString'],
];

describe('the module', () => {
  test('is what jsonwebtoken is: by require, by default and by name', async () => {
    const module = await import('revocable/compat/jsonwebtoken');
    const names = Object.keys(theirs).sort();
    expect(Object.keys(ours).sort()).toEqual(names);
    expect(module.default).toBe(ours);
    expect(Object.keys(module).sort()).toEqual([...names, 'default', 'module.exports'].sort());
    for (const name of names) expect(module[name as keyof typeof module]).toBe(ours[name as keyof Face]);
  });

  test('has errors with the same members, in JSON too', () => {
    const inner = new Error('inner');
    const at = new Date(5);
    const make = (face: Face): Error[] => [
      new face.JsonWebTokenError('m'),
      new face.JsonWebTokenError('m', inner),
      new face.NotBeforeError('m', at),
      new face.TokenExpiredError('m', at),
    ];
    const told = (face: Face): unknown[] =>
      make(face).map(error => [
        ...[Object.entries(error), JSON.stringify(error), String(error), error.constructor.name],
        ...[error instanceof Error, error instanceof face.JsonWebTokenError, typeof error.stack],
      ]);
    expect(told(ours)).toEqual(told(theirs));
    expect(make(ours)[2]?.stack).toMatch(/^NotBeforeError: m\n/);
  });
});

describe('sign', () => {
  test.each(PAYLOADS)('of %s, with every option', (_what, payload) => {
    same(face => face.sign(payload(), 'secret'));
    for (const name of SIGN_OPTIONS)
      for (const value of ANYTHING) same(face => face.sign(payload(), SECRET, { [name]: value }));
  });

  test.each(PAYLOADS)('of %s, with several options', (_what, payload) => {
    const all = {
      expiresIn: '2 days',
      notBefore: -5,
      audience: ['a'],
      issuer: 'i',
      subject: 's',
      jwtid: 'j',
    };
    same(face => face.sign(payload(), 'secret', all));
    same(face => face.sign(payload(), 'secret', { ...all, noTimestamp: true, keyid: 'k' }));
    same(face =>
      face.sign(payload(), 'secret', { header: { typ: 'at+jwt', kid: 'ë€', x: [1] }, keyid: 'no' }),
    );
  });

  test.each(ANYTHING.map(value => [value]))('with %o for options', value => {
    same(face => face.sign({ foo: 1 }, 'secret', value));
  });

  test.each(Object.entries(keyMaterials))('with %s as a key, by every algorithm', (name, key) => {
    for (const algorithm of [...ALGORITHMS, 'EdDSA', 'hs256'])
      for (const flags of FLAGS) {
        const part =
          /^[PE]S/.test(algorithm) || !/^(?:rsa|text|bytes|octets|secret)/.test(name)
            ? withoutSignature
            : plain;
        same(face => face.sign({ foo: 1 }, key, { algorithm, ...flags }), part);
      }
  });
  const FLAGS = [
    {},
    { allowInsecureKeySizes: true },
    { allowInvalidAsymmetricKeyTypes: true },
    { allowInsecureKeySizes: true, allowInvalidAsymmetricKeyTypes: true },
  ];

  test.each([
    'HS257',
    'HS',
    'RS1',
    'PS999',
    'ES256K',
    'EdDSA',
    'none',
    '',
    'Ünknown',
    5,
    null,
    undefined,
    {},
  ])('with %o as alg in the header', alg => {
    for (const key of ['secret', rsa.privateKey, pairs['p256']?.privateKey, pairs['ed25519']?.privateKey])
      for (const allowInvalidAsymmetricKeyTypes of [true, false])
        same(
          face => face.sign({}, key, { header: { alg }, allowInvalidAsymmetricKeyTypes }),
          withoutSignature,
        );
  });

  test.each(['utf8', 'latin1', 'binary', 'hex', 'base64', 'ascii', 'utf16le', 'nonsense'])(
    'of text and bytes in %s',
    encoding => {
      for (const payload of ['text', 'José 😀', 'abcd', Buffer.from('bytes é'), { foo: 'é' }])
        same(face => face.sign(payload, 'secret', { encoding }));
    },
  );

  test('changes the payload in place, frozen or not, exactly as asked', () => {
    const change = (payload: object, options: object) => (face: Face) => {
      const own = structuredClone(payload);
      const token = face.sign(own, 'secret', options);
      return [token, own];
    };
    const options = {
      mutatePayload: true,
      expiresIn: 5,
      notBefore: '1h',
      audience: 'a',
      issuer: 'i',
      jwtid: 'j',
    };
    for (const payload of [{}, { iat: 7 }, { foo: 1 }]) {
      same(change(payload, options));
      same(change(payload, { ...options, noTimestamp: true }));
      same(change(payload, { ...options, mutatePayload: false }));
    }
  });

  test.each([
    ['frozen', Object.freeze],
    ['sealed', Object.seal],
    ['not extensible', Object.preventExtensions],
  ])('signs no payload without the times asked for, because it is %s', (_what, close) => {
    for (const times of [{}, { expiresIn: 5 }, { notBefore: '1h' }, { expiresIn: '1h', notBefore: 5 }])
      for (const mutatePayload of [true, false])
        same(face => face.sign(close({ foo: 1 }), 'secret', { mutatePayload, issuer: 'i', ...times }));
    const told = outcomeOf(ours, face =>
      face.sign(close({ foo: 1 }), 'secret', { mutatePayload: true, expiresIn: 5 }),
    );
    expect(told).toHaveProperty('error.message', expect.stringContaining('"expiresIn" should be'));
  });

  test('reads time spans as the package ms does', () => {
    const units = [
      '',
      'ms',
      's',
      'sec',
      'Mins',
      'm',
      'HOURS',
      'hr',
      'd',
      'days',
      'w',
      'y',
      'yrs',
      'months',
      'sſ',
    ];
    const piece = fc.constantFrom('-', '+', '.', ' ', '  ', '1', '07', '90', '1e3', '\t', '\n', ...units);
    const likely = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        fc.constantFrom('1', '.5', '1.5', '5.', '0', '007'),
        fc.constantFrom('', ' ', '   '),
        fc.constantFrom(...units),
      )
      .map(parts => parts.join(''));
    const any = fc.oneof(
      likely,
      fc.array(piece, { maxLength: 6 }).map(parts => parts.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(any, span => {
        same(face => face.sign({ iat: NOW }, SECRET, { expiresIn: span, notBefore: span }));
        const token = theirs.sign({ iat: NOW - 3600 }, SECRET);
        same(face => face.verify(token, SECRET, { maxAge: span }));
      }),
      { numRuns: 1000 },
    );
    for (const length of [99, 100, 101])
      same(face => face.sign({}, 'secret', { expiresIn: '1'.padEnd(length, '0') }));
  });

  test('of generated claims and options is the same token', () => {
    const claims = fc.dictionary(fc.string(), fc.jsonValue());
    const options = fc.record(
      {
        algorithm: fc.constantFrom('HS256', 'HS384', 'HS512', 'none'),
        expiresIn: fc.oneof(fc.integer(), fc.constantFrom('1h', '2 days')),
        issuer: fc.string(),
        keyid: fc.string(),
        header: fc.dictionary(fc.string(), fc.jsonValue()),
        noTimestamp: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const secret = fc.oneof(fc.string({ minLength: 1 }), fc.uint8Array({ minLength: 1 }));
    fc.assert(
      fc.property(claims, secret, options, (payload, key, chosen) => {
        same(face => face.sign(payload, key, chosen));
      }),
      { numRuns: 500 },
    );
  });
});

describe('sign with a callback', () => {
  const run = (payload: unknown, key: unknown, options?: unknown) =>
    callsOf(theirs, (face, callback) => face.sign(payload, key, options, callback)).then(async expected => {
      const got = await callsOf(ours, (face, callback) => face.sign(payload, key, options, callback));
      expect(got).toEqual(expected);
      return got;
    });

  test.each([
    ['an object', { foo: 1 }, 'secret', {}],
    ['text', 'text', 'secret', {}],
    ['no options', {}, 'secret', undefined],
    ['a wrong option', {}, 'secret', { expiresIn: {} }],
    ['an option that text cannot have', 'text', 'secret', { noTimestamp: true }],
    ['a wrong payload', [], 'secret', {}],
    ['no key', {}, undefined, {}],
    ['a wrong key', {}, 'secret', { algorithm: 'RS256' }],
    ['none, with a secret', {}, 'secret', { algorithm: 'none' }],
    ['RS256', { foo: 1 }, rsa.privateKey, { algorithm: 'RS256' }],
    ['a weak key', {}, pairs['weakRsa']?.privateKey, { algorithm: 'RS256' }],
    [
      'a weak key, allowed',
      {},
      pairs['weakRsa']?.privateKey,
      { algorithm: 'RS256', allowInsecureKeySizes: true },
    ],
    ['an unknown alg in the header', {}, 'secret', { header: { alg: 'foo' } }],
    ['an unknown encoding', 'text', 'secret', { encoding: 'foo' }],
    ['what JSON cannot say', { foo: 1n }, 'secret', {}],
  ])('of %s', async (_what, payload, key, options) => {
    const { calls } = await run(payload, key, options);
    expect(calls).toHaveLength(1);
  });

  test('in place of options', async () => {
    const sign = (face: Face, callback: unknown) => face.sign({ foo: 1 }, 'secret', callback);
    expect(await callsOf(ours, sign)).toEqual(await callsOf(theirs, sign));
  });

  test('returns before it calls back', () => {
    let isBack = false;
    ours.sign({}, 'secret', {}, () => expect(isBack).toBe(true));
    isBack = true;
  });

  test.each(['PS256', 'RS512'])('by %s makes a token that both accept', async algorithm => {
    const { calls } = await callsOf(ours, (face, callback) =>
      face.sign({ foo: 1 }, rsa.privateKey, { algorithm }, callback),
    );
    const [, token] = (calls[0] as { arguments: unknown[] }).arguments;
    for (const face of [ours, theirs]) expect(face.verify(token, rsa.publicKey)).toMatchObject({ foo: 1 });
  });
});

const b64 = (text: string): string => Buffer.from(text).toString('base64url');
function forge(header: string, payload: string, secret = 'secret', hash = 'sha256'): string {
  const input = `${b64(header)}.${b64(payload)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}
const HS = '{"alg":"HS256","typ":"JWT"}';
const claims = {
  iss: 'i',
  aud: ['a', 'b'],
  sub: 's',
  jti: 'j',
  nonce: 'n',
  iat: NOW - 60,
  nbf: NOW - 60,
  exp: NOW + 60,
};

const TOKENS: Readonly<Record<string, unknown>> = {
  valid: forge(HS, JSON.stringify(claims)),
  'valid, without typ': forge('{"alg":"HS256"}', JSON.stringify(claims)),
  HS512: forge('{"alg":"HS512","typ":"JWT"}', JSON.stringify(claims), 'secret', 'sha512'),
  'of another secret': forge(HS, JSON.stringify(claims), 'other'),
  'with white space': ` ${forge(HS, '{}')}`,
  'with a line feed': `${forge(HS, '{}')}\n`,
  'with padding': `${forge(HS, '{}')}=`,
  'with four parts': `${forge(HS, '{}')}.x`,
  'of two parts': 'a.b',
  'of one part': 'a',
  'without payload': `${b64(HS)}..x`,
  'without header': '.e30.x',
  unsigned: `${b64(HS)}.e30.`,
  'unsigned none': `${b64('{"alg":"none"}')}.e30.`,
  'none with a signature': `${b64('{"alg":"none"}')}.e30.xx`,
  'with a foreign character': forge(HS, '{}').replace('.', '.é'),
  'with a header that is no JSON': forge('{alg:HS256}', '{}'),
  'with a header of duplicate members': forge('{"alg":"RS256","alg":"HS256"}', '{}'),
  'with an array for a header': forge('["HS256"]', '{}'),
  'with a number for a header': forge('5', '{}'),
  'with text for a header': forge('"HS256"', '{}'),
  'with null for a header': forge('null', '{}'),
  'with an empty header': forge('{}', '{}'),
  'with an array for alg': forge('{"alg":["HS256"]}', '{}'),
  'with null for alg': forge('{"alg":null}', '{}'),
  'with empty alg': forge('{"alg":""}', '{}'),
  'with lower-case alg': forge('{"alg":"hs256"}', '{}'),
  'with unknown alg': forge('{"alg":"HS1"}', '{}'),
  'with EdDSA for alg': forge('{"alg":"EdDSA"}', '{}'),
  'with RS256 for alg': forge('{"alg":"RS256"}', '{}'),
  'with ES256 for alg': forge('{"alg":"ES256"}', '{}'),
  'with a payload that is no JSON': forge(HS, 'text'),
  'with a payload that is no JSON, without typ': forge('{"alg":"HS256"}', 'text'),
  'with a payload that is text in JSON': forge(HS, '"text"'),
  'with a payload that is JSON in JSON': forge(HS, JSON.stringify('{"exp":1}')),
  'with a number for a payload': forge(HS, '5'),
  'with an array for a payload': forge(HS, '[1]'),
  'with null for a payload, without typ': forge('{"alg":"HS256"}', 'null'),
  'with a payload of duplicate members': forge(HS, '{"exp":1,"exp":4000000000}'),
  'with __proto__': forge(HS, '{"__proto__":{"exp":1},"foo":1}'),
  'not UTF-8': `${b64(HS)}.${Buffer.from([0x22, 0xff, 0x22]).toString('base64url')}.x`,
  expired: forge(HS, `{"exp":${NOW}}`),
  'expired by a little': forge(HS, `{"exp":${NOW - 5}}`),
  'not active': forge(HS, `{"nbf":${NOW + 5}}`),
  'with text for exp': forge(HS, '{"exp":"x"}'),
  'with null for exp': forge(HS, '{"exp":null}'),
  'with 1e999 for exp': forge(HS, '{"exp":1e999}'),
  'with text for nbf': forge(HS, '{"nbf":"x"}'),
  'with text for iat': forge(HS, '{"iat":"x"}'),
  'with text for aud': forge(HS, '{"aud":"a"}'),
  'empty text': '',
  null: null,
  undefined: undefined,
  'a number': 5,
  'an object': {},
  bytes: Buffer.from(forge(HS, '{}')),
  'a String object': Object(forge(HS, '{}')),
};

const VERIFY_OPTIONS: readonly object[] = [
  {},
  ...ANYTHING.map(algorithms => ({ algorithms })),
  ...[['HS256'], ['none'], ['RS256', 'ES256', 'HS512'], ['HS256', 'EdDSA', 'HS1', 'hs256', ''], []].map(
    algorithms => ({ algorithms }),
  ),
  ...ANYTHING.map(complete => ({ complete })),
  ...ANYTHING.map(nonce => ({ nonce })),
  ...ANYTHING.map(maxAge => ({ maxAge })),
  ...ANYTHING.map(clockTimestamp => ({ clockTimestamp })),
  ...ANYTHING.map(ignoreExpiration => ({ ignoreExpiration })),
  ...ANYTHING.map(ignoreNotBefore => ({ ignoreNotBefore })),
  ...ANYTHING.map(subject => ({ subject })),
  ...ANYTHING.map(jwtid => ({ jwtid })),
  ...ANYTHING.map(allowInvalidAsymmetricKeyTypes => ({ allowInvalidAsymmetricKeyTypes })),
  ...ANYTHING.filter(value => !(value instanceof RegExp)).map(audience => ({ audience })),
  ...[/^a$/, [/x/, /^b$/], ['x', /b/]].map(audience => ({ audience })),
  ...ANYTHING.filter(value => !value || typeof value === 'string' || Array.isArray(value)).map(issuer => ({
    issuer,
  })),
  ...[[], ['i', 'x'], 'i'].map(issuer => ({ issuer })),
  ...[{ clockTolerance: 6 }, { clockTolerance: -6 }, { clockTolerance: Number.POSITIVE_INFINITY }],
  ...[{ clockTolerance: Number.NaN }, { clockTimestamp: NOW - 100 }, { clockTimestamp: NOW + 100 }],
  ...[{ subject: 's', jwtid: 'j', nonce: 'n' }, { maxAge: '2 min' }, { maxAge: 59 }, { maxAge: '1 min' }],
  { maxAge: 50, clockTolerance: 11 },
  { audience: 'b', issuer: ['i'], complete: true, algorithms: ['HS256'] },
];

describe('verify', () => {
  test.each(Object.entries(TOKENS))('of a token %s, with every option', (_name, token) => {
    for (const options of VERIFY_OPTIONS) same(face => face.verify(token, SECRET, options));
  });

  test.each(Object.entries(TOKENS))('of a token %s, without a key', (_name, token) => {
    for (const key of [undefined, null, '', false, 0])
      for (const algorithms of [undefined, ['none'], ['EdDSA']])
        same(face => face.verify(token, key, { algorithms }));
  });

  const signed = ALGORITHMS.filter(alg => alg !== 'none').flatMap(algorithm => {
    const names = algorithm.startsWith('HS') ? ['secret'] : Object.keys(pairs);
    return names.flatMap(name => {
      const key = pairs[name]?.privateKey ?? 'secret';
      const options = { algorithm, allowInsecureKeySizes: true, allowInvalidAsymmetricKeyTypes: true };
      const made = outcomeOf(theirs, face => face.sign(claims, key, options));
      return 'value' in made ? [[algorithm, name, made.value as string] as const] : [];
    });
  });

  test.each(signed)('of %s by %s, with every key', (algorithm, _name, token) => {
    for (const key of [...Object.values(keyMaterials), ...Object.values(publicMaterials)])
      for (const options of [{}, { algorithms: [algorithm], allowInvalidAsymmetricKeyTypes: true }])
        same(face => face.verify(token, key, options));
  });

  test.each(signed)('of %s by %s, changed anywhere', (algorithm, name, token) => {
    const key = pairs[name]?.publicKey ?? 'secret';
    const options = { algorithms: [algorithm], allowInvalidAsymmetricKeyTypes: true };
    const end = token.lastIndexOf('.');
    for (let at = 0; at < token.length - 1; at += 7) {
      const other = token[at] === 'A' ? 'B' : 'A';
      same(face => face.verify(token.slice(0, at) + other + token.slice(at + 1), key, options));
    }
    for (const changed of [token.slice(0, end + 1), token.slice(0, -4), `${token}AAAA`, `${token}.`])
      same(face => face.verify(changed, key, options));
  });

  test.each(ALGORITHMS.filter(alg => alg !== 'none'))('takes what the other signed by %s', algorithm => {
    const name = {
      RS: 'rsa',
      PS: 'rsa',
      ES: { 256: 'p256', 384: 'p384', 512: 'p521' }[algorithm.slice(2)],
      HS: '',
    }[algorithm.slice(0, 2)];
    const pair = pairs[name ?? ''];
    for (const [signer, verifier] of [
      [ours, theirs],
      [theirs, ours],
      [ours, ours],
    ] as const) {
      const token = signer.sign({ foo: 'é' }, pair?.privateKey ?? 'secret', { algorithm });
      expect(verifier.verify(token, pair?.publicKey ?? 'secret', { algorithms: [algorithm] })).toEqual({
        foo: 'é',
        iat: NOW,
      });
    }
  });

  test('of generated claims and options gives the same verdict', () => {
    const near = fc.integer({ min: NOW - 5, max: NOW + 5 });
    const time = fc.oneof(near, fc.double(), fc.constantFrom('x', null, true));
    const word = fc.constantFrom('a', 'b', 'c', '');
    const payload = fc.record(
      {
        exp: time,
        nbf: time,
        iat: fc.oneof(near, fc.constantFrom('x', null)),
        iss: word,
        sub: word,
        jti: word,
        nonce: word,
        aud: fc.oneof(word, fc.array(word), fc.constantFrom(5, null)),
      },
      { requiredKeys: [] },
    );
    const options = fc.record(
      {
        clockTimestamp: fc.option(near, { nil: undefined }),
        clockTolerance: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ min: -5, max: 5 })),
        maxAge: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom('1s', '2500ms', '-1s', '3')),
        ignoreExpiration: fc.boolean(),
        ignoreNotBefore: fc.boolean(),
        complete: fc.boolean(),
        audience: fc.oneof(word, fc.array(word)),
        issuer: fc.oneof(word, fc.array(word)),
        subject: word,
        jwtid: word,
        nonce: fc.constantFrom('a', 'b'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(payload, options, (said, chosen) => {
        const token = forge(HS, JSON.stringify(said));
        same(face => face.verify(token, SECRET, chosen));
      }),
      { numRuns: 2000 },
    );
  });

  test('of a mutilated token gives the same answer', () => {
    const token = TOKENS['valid'] as string;
    const cut = fc.nat(token.length);
    const piece = fc.oneof(fc.string(), fc.constantFrom('.', '..', '=', 'é', ''));
    fc.assert(
      fc.property(cut, cut, piece, (from, to, between) => {
        const other = token.slice(0, from) + between + token.slice(to);
        same(face => face.verify(other, SECRET));
        same(face => face.decode(other, { complete: true }));
      }),
      { numRuns: 2000 },
    );
  });

  test('does not change options, and remembers no answer', () => {
    const options = { algorithms: ['HS256'], maxAge: '1h' };
    const copy = structuredClone(options);
    const token = TOKENS['valid'];
    const first = ours.verify(token, 'secret', options) as { iss?: string };
    first.iss = 'changed';
    expect(ours.verify(token, 'secret', options)).toEqual(claims);
    expect(options).toEqual(copy);
  });
});

describe('verify with a callback', () => {
  const finds =
    (error: unknown, key?: unknown) => (_header: unknown, done: (error: unknown, key?: unknown) => void) =>
      done(error, key);
  const later =
    (error: unknown, key?: unknown) => (_header: unknown, done: (error: unknown, key?: unknown) => void) =>
      void Promise.resolve().then(() => done(error, key));

  test.each([
    ['a key', 'secret'],
    ['a function that finds it', finds(null, 'secret')],
    ['a function that finds it later', later(undefined, 'secret')],
    ['a function that fails', finds(new Error('no such key'))],
    ['a function that fails with text', finds('no such key')],
    ['a function that fails later', later(new Error('no such key'))],
    ['a function that finds nothing', finds(null)],
    ['a function that finds a wrong key', finds(null, rsa.publicKey)],
  ])('takes %s', async (_what, key) => {
    for (const token of ['valid', 'expired', 'of another secret', 'of one part', 'unsigned', 'undefined'])
      for (const options of [{}, { complete: true }, { nonce: 5 }, undefined]) {
        const run = (face: Face, callback: unknown) => face.verify(TOKENS[token], key, options, callback);
        expect(await callsOf(ours, run)).toEqual(await callsOf(theirs, run));
        const without = (face: Face, callback: unknown) => face.verify(TOKENS[token], key, callback);
        expect(await callsOf(ours, without)).toEqual(await callsOf(theirs, without));
      }
    same(face => face.verify(TOKENS['valid'], key));
  });

  test('hands the header to the function that finds the key', async () => {
    const token = theirs.sign({}, 'secret', { keyid: 'k' });
    const headers: unknown[] = [];
    const find = (header: unknown, done: (error: null, key: string) => void): void => {
      headers.push(header);
      done(null, 'secret');
    };
    for (const face of [ours, theirs])
      await callsOf(face, (other, callback) => other.verify(token, find, callback));
    expect(headers[0]).toEqual({ alg: 'HS256', typ: 'JWT', kid: 'k' });
    expect(headers[1]).toEqual(headers[0]);
  });

  test('returns what the callback returns, before verify itself does', () => {
    same(face => face.verify(TOKENS['valid'], 'secret', (error: unknown) => ['returned', error]));
    same(face => face.verify(TOKENS['valid'], finds(null, 'secret'), {}, () => 'returned'));
  });

  test('takes no options from a callback that has members of their names', () => {
    const callback = Object.assign((error: Error | null) => error?.message ?? 'accepted', {
      algorithms: ['RS256'],
      issuer: 'another',
      maxAge: '1 monkey',
    });
    for (const token of ['valid', 'expired']) same(face => face.verify(TOKENS[token], 'secret', callback));
  });

  test('lets what the callback throws pass', () => {
    const thrower = (): never => {
      throw new RangeError('mine');
    };
    same(face => face.verify(TOKENS['valid'], 'secret', {}, thrower));
    same(face => face.verify('x', 'secret', {}, thrower));
  });
});

describe('decode', () => {
  test.each(Object.entries(TOKENS))('of a token %s', (_name, token) => {
    for (const options of [
      undefined,
      null,
      {},
      { complete: true },
      { complete: 1 },
      { json: true },
      { json: true, complete: true },
      'text',
    ])
      same(face => face.decode(token, options));
  });

  test('of what is no text', () => {
    for (const value of [...ANYTHING, 12n, Symbol.iterator, () => 1]) same(face => face.decode(value));
  });
});

describe('keys', () => {
  test('are remembered by content: a buffer that changes is another key', () => {
    const key = Buffer.from('first secret');
    const token = ours.sign({ foo: 1 }, key);
    expect(ours.verify(token, key)).toMatchObject({ foo: 1 });
    key.write('other');
    expect(outcomeOf(ours, face => face.verify(token, key))).toMatchObject({
      error: { message: 'invalid signature' },
    });
    expect(ours.verify(token, 'first secret')).toMatchObject({ foo: 1 });
  });

  test('of one content as text and as bytes are two', () => {
    const text = 'gehëim';
    for (const bytes of [Buffer.from(text, 'latin1'), Buffer.from(text, 'utf8')])
      same(face => [face.sign({ foo: 1 }, text), face.sign({ foo: 1 }, bytes)]);
  });

  test('by the thousand, and longer than are remembered, stay right', () => {
    const keys = Array.from({ length: 700 }, (_, number) => `key ${number}`);
    const tokens = keys.map(key => ours.sign({ key }, key));
    for (const [number, key] of keys.entries()) {
      expect(ours.verify(tokens[number], key)).toMatchObject({ key });
      expect(() => ours.verify(tokens[number], `${key}0`)).toThrow('invalid signature');
    }
    const long = 'x'.repeat(20_000);
    same(face => face.sign({}, long));
    same(face => face.verify(theirs.sign({ iat: NOW }, long), Buffer.from(long)));
  });
});
