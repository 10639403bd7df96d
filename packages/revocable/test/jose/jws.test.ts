/** JWS in each serialization, with what goes in and out of crit, and what is refused. */
import fc from 'fast-check';
import { generateKey, type SigningKey, secretKey } from 'revocable';
import { type FlattenedJws, type GeneralJws, signJws, verifyJws } from 'revocable/jose';
import { describe, expect, test } from 'vitest';

const key = secretKey('HS256', new Uint8Array(32).fill(1), { kid: 'k' });
const ec = generateKey('ES256', { kid: 'ec' });
const refused = (jws: unknown, code: string, options: object = {}): void =>
  expect(() => verifyJws(jws as string, { keys: [key, ec], ...options })).toThrow(
    expect.objectContaining({ code }),
  );
const wrong = (options: object, payload: unknown = 'x'): void =>
  expect(() => signJws(payload as string, { key, ...options })).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
  );

test('any octets come back, in every serialization, detached or not, encoded or not', () => {
  const forms = fc.record({
    serialization: fc.constantFrom('compact', 'flattened', 'general'),
    detached: fc.boolean(),
    b64: fc.constantFrom(undefined, true, false),
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.string()), forms, (payload, { b64, ...form }) => {
      const options = b64 === undefined ? form : { ...form, b64 };
      const octets = Buffer.from(payload as string);
      fc.pre(
        b64 !== false ||
          form.detached ||
          (form.serialization === 'compact'
            ? /^[ -\-/-~]+$/.test(octets.toString('latin1'))
            : octets.equals(Buffer.from(octets.toString()))),
      );
      const jws = signJws(payload, { key, ...options });
      const verified = verifyJws(JSON.parse(JSON.stringify(jws)), {
        keys: key,
        ...(form.detached ? { payload: octets } : {}),
      });
      expect(Buffer.from(verified.payload).equals(octets)).toBe(true);
      expect(verified.key).toEqual({ alg: 'HS256', kid: 'k' });
    }),
  );
});

test('a payload that b64: false cannot write is refused when signing', () => {
  wrong({ b64: false }, 'a.b');
  wrong({ b64: false }, 'ä');
  wrong({ b64: false, serialization: 'flattened' }, new Uint8Array([255]));
  wrong({ b64: 'no' });
});

test('a detached payload is the one that was signed, and is given once', () => {
  const jws = signJws('payload', { key, detached: true });
  expect(jws).toContain('..');
  refused(jws, 'ERR_TOKEN_SIGNATURE');
  refused(jws, 'ERR_TOKEN_SIGNATURE', { payload: 'other' });
  refused(signJws('payload', { key }), 'ERR_TOKEN_MALFORMED', { payload: 'payload' });
});

describe('crit', () => {
  const jws = signJws('x', { key, header: { crit: ['urn:x'], 'urn:x': 1 } });

  test('is for those who say that they understand it', () => {
    refused(jws, 'ERR_TOKEN_CRIT');
    refused(jws, 'ERR_TOKEN_CRIT', { crit: ['urn:y'] });
    expect(verifyJws(jws, { keys: key, crit: ['urn:x'] }).header['urn:x']).toBe(1);
  });

  test('is not signed unless it can be verified', () => {
    for (const header of [
      { crit: ['x'] },
      { crit: [] },
      { crit: ['alg'] },
      { crit: ['x', 'x'], x: 1 },
      { crit: 'x', x: 1 },
      { b64: false },
      { alg: 'none' },
      { kid: 'x' },
    ])
      wrong({ header });
  });

  test('and b64 stand in the protected header alone', () => {
    const flattened = signJws('x', { key, serialization: 'flattened' });
    for (const header of [{ crit: ['x'], x: 1 }, { b64: false }, { alg: 'HS256' }])
      refused({ ...flattened, header }, 'ERR_TOKEN_MALFORMED');
    for (const unprotected of [{ crit: ['x'] }, { b64: true }, { alg: 'HS256' }])
      wrong({ serialization: 'flattened', unprotected });
    wrong({ unprotected: { x: 1 } });
  });
});

describe('several signatures', () => {
  const general = signJws('x', { key: [key, ec], serialization: 'general' }) as GeneralJws;
  const [first, second] = general.signatures as [FlattenedJws, FlattenedJws];

  test('one that holds is enough, and says whose it is', () => {
    expect(verifyJws(general, { keys: key }).key.kid).toBe('k');
    expect(verifyJws(general, { keys: ec }).key.kid).toBe('ec');
    expect(
      verifyJws(
        { ...general, signatures: [{ ...first, signature: second.signature }, second] },
        { keys: [key, ec] },
      ).key.kid,
    ).toBe('ec');
  });

  test('none that holds is none', () => {
    refused({ ...general, signatures: [{ ...first, signature: second.signature }] }, 'ERR_TOKEN_SIGNATURE');
    refused({ ...general, signatures: [] }, 'ERR_TOKEN_MALFORMED');
    refused({ ...general, signatures: Array.from({ length: 17 }, () => first) }, 'ERR_TOKEN_TOO_LARGE');
    refused(general, 'ERR_TOKEN_ALG_NOT_ALLOWED', { algorithms: ['EdDSA'] });
  });
});

test('what an unprotected header says is told apart', () => {
  const jws = signJws('x', { key, serialization: 'flattened', unprotected: { note: 'free' } });
  const changed = { ...(jws as FlattenedJws), header: { note: 'changed' } };
  expect(verifyJws(changed, { keys: key })).toMatchObject({ unprotected: { note: 'changed' } });
  expect(verifyJws(signJws('x', { key }), { keys: key })).not.toHaveProperty('unprotected');
});

test('a form that is none, or not the one that is taken, is malformed', () => {
  const compact = signJws('x', { key });
  const [segment, payload, signature] = compact.split('.') as [string, string, string];
  const flattened = { protected: segment, payload, signature };
  expect(verifyJws(flattened, { keys: key }).payload).toBeDefined();
  refused(flattened, 'ERR_TOKEN_MALFORMED', { serialization: 'compact' });
  refused(compact, 'ERR_TOKEN_MALFORMED', { serialization: 'general' });
  for (const jws of [
    7,
    true,
    {},
    [],
    { ...flattened, signatures: [] },
    { payload, signatures: {} },
    { ...flattened, payload: 7 },
    { ...flattened, protected: 7 },
    { ...flattened, header: [] },
    { ...flattened, header: 'x' },
    { payload, signatures: [null] },
    `${segment}.${payload}`,
    `${compact}.`,
    `${segment}.${payload}=.${signature}`,
    `${segment}=.${payload}.${signature}`,
    `${segment}.${payload}.${signature}=`,
  ])
    refused(jws, 'ERR_TOKEN_MALFORMED');
  for (const jws of [undefined, null, '']) refused(jws, 'ERR_TOKEN_MISSING');
  refused({ ...flattened, header: { __proto__: null, toJSON: 1n } }, 'ERR_TOKEN_MALFORMED');
});

test('wrong use', () => {
  wrong({ key: [key, ec] as SigningKey[] });
  wrong({ serialization: 'xml' });
  wrong({ unknown: 1 });
  wrong({}, 7);
  wrong({ detached: 'yes' });
  for (const unprotected of [7, 'x', null, ['x']]) wrong({ serialization: 'general', unprotected });
  for (const options of [
    ...[{ crit: 'x' }, { crit: [7] }, { audience: 'x' }, { keys: undefined }, { payload: 7 }],
    ...[{ algorithms: ['none'] }, { algorithms: [] }, { algorithms: 'ES256' }, { serialization: 'xml' }],
  ])
    refused('x', 'ERR_CONFIG_INVALID', options);
});
