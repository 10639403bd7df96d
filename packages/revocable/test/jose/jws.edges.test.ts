/** JWS at its edges, where a changed line of `jws.ts` or `verify-jws.ts` would go unnoticed by whole properties. */
import { createHmac } from 'node:crypto';
import { createKeySet, generateKey, secretKey } from 'revocable';
import { type FlattenedJws, type GeneralJws, signJws, verifyJws } from 'revocable/jose';
import { describe, expect, test, vi } from 'vitest';
import { keySource } from '#jose/key-source';
import { b64 } from './forge.ts';

const key = secretKey('HS256', new Uint8Array(32).fill(1), { kid: 'k' });
const bare = secretKey('HS256', new Uint8Array(32).fill(2));
const ec = generateKey('ES256', { kid: 'ec' });
const headerOf = (jws: string | FlattenedJws): object =>
  JSON.parse(
    Buffer.from(
      typeof jws === 'string' ? (jws.split('.')[0] as string) : (jws.protected as string),
      'base64url',
    ).toString(),
  );
const refused = (jws: unknown, code: string, options: object = {}, text = ''): void => {
  const verify = (): unknown => verifyJws(jws as string, { keys: [key, ec], ...options });
  expect(verify).toThrow(expect.objectContaining({ code }));
  if (text !== '') expect(verify).toThrow(text);
};
const wrong = (options: object, text: string, payload: unknown = 'x'): void => {
  const make = (): unknown => signJws(payload as string, { key, ...options });
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  expect(make).toThrow(text);
};

describe('what is written', () => {
  test('the header holds alg, kid where there is one, and what was given', () => {
    expect(headerOf(signJws('x', { key, header: { cty: 'text/plain' } }))).toEqual({
      alg: 'HS256',
      kid: 'k',
      cty: 'text/plain',
    });
    expect(Object.keys(headerOf(signJws('x', { key: bare })))).toEqual(['alg']);
  });

  test('b64 stands in the header and in crit, behind what was there', () => {
    const header = { crit: ['urn:x'], 'urn:x': 1 };
    expect(headerOf(signJws('x', { key, b64: false, header }))).toEqual({
      alg: 'HS256',
      kid: 'k',
      'urn:x': 1,
      b64: false,
      crit: ['urn:x', 'b64'],
    });
    expect(headerOf(signJws('x', { key, b64: true }))).toEqual({
      alg: 'HS256',
      kid: 'k',
      b64: true,
      crit: ['b64'],
    });
    expect(headerOf(signJws('x', { key }))).not.toHaveProperty('b64');
  });

  test('the signature is over the header, a dot, and the payload: encoded, or as it is', () => {
    const macOf = (input: string): string =>
      createHmac('sha256', new Uint8Array(32).fill(1)).update(input).digest('base64url');
    const [header, payload, signature] = signJws('x', { key }).split('.');
    expect([payload, signature]).toEqual([b64('x'), macOf(`${header}.${b64('x')}`)]);
    const [plainHeader, plain, plainSignature] = signJws('x', { key, b64: false }).split('.');
    expect([plain, plainSignature]).toEqual(['x', macOf(`${plainHeader}.x`)]);
  });

  test('each form has its members and no others', () => {
    const flattened = signJws('x', { key, serialization: 'flattened' });
    expect(Object.keys(flattened).sort()).toEqual(['payload', 'protected', 'signature']);
    expect(flattened.payload).toBe(b64('x'));
    const withHeader = signJws('x', { key, serialization: 'flattened', unprotected: { note: 1 } });
    expect(Object.keys(withHeader).sort()).toEqual(['header', 'payload', 'protected', 'signature']);
    const detached = signJws('x', { key, serialization: 'general', detached: true });
    expect(Object.keys(detached)).toEqual(['signatures']);
    expect(Object.keys(detached.signatures[0] as object).sort()).toEqual(['protected', 'signature']);
    expect(signJws('x', { key, detached: true })).toMatch(/^[\w-]+\.\.[\w-]+$/);
  });

  test.each([
    ['a space', ' '],
    ['the last that is printed', '~'],
    ['letters', 'Az09'],
    ['what stands around the dot', '-/'],
  ])('b64: false writes %s as it is in the compact form', (_what, payload) => {
    const jws = signJws(payload, { key, b64: false });
    expect(jws.split('.')[1]).toBe(payload);
    expect(Buffer.from(verifyJws(jws, { keys: key }).payload).toString()).toBe(payload);
  });

  test.each([
    ['a dot', '.'],
    ['what is below a space', '\u001f'],
    ['what is above the tilde', '\u007f'],
    ['a letter beyond ASCII', 'é'],
  ])('and not %s, which only a detached one or another form can carry', (_what, payload) => {
    wrong({ b64: false }, 'use detached: true', payload);
    expect(
      verifyJws(signJws(payload, { key, b64: false, detached: true }), { keys: key, payload }).header,
    ).toBeDefined();
    const flattened = signJws(payload, { key, b64: false, serialization: 'flattened' });
    expect(flattened.payload).toBe(payload);
    expect(Buffer.from(verifyJws(flattened, { keys: key }).payload).toString()).toBe(payload);
  });

  test('what is no UTF-8 is written in no form without base64', () => {
    for (const serialization of ['flattened', 'general'])
      wrong({ b64: false, serialization }, 'use detached: true', Uint8Array.from([0xff, 0x41]));
  });
});

describe('what is not written', () => {
  test('a header that is no object, and members that come from elsewhere', () => {
    for (const header of [null, 7, 'x', [], ['x']]) wrong({ header }, '"header" is an object');
    for (const name of ['alg', 'kid', 'b64'])
      wrong({ header: { [name]: 'x' } }, `"header" cannot set "${name}"`);
    wrong({ header: JSON.parse('{"__proto__":{}}') }, '"header" cannot set "__proto__"');
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    wrong({ header: circle }, 'cannot be written as JSON');
    wrong({ serialization: 'flattened', unprotected: circle }, 'cannot be written as JSON');
    try {
      signJws('x', { key, header: circle });
    } catch (error) {
      expect((error as Error).cause).toBeInstanceOf(TypeError);
    }
  });

  test('an unprotected header that is in the wrong place, or says it twice', () => {
    wrong({ unprotected: { note: 1 } }, 'The compact serialization has no unprotected header');
    const of = (unprotected: object, header: object = {}): object => ({
      serialization: 'general',
      unprotected,
      header,
    });
    wrong(of({ crit: ['x'] }), '"unprotected" has "crit", which belongs in the protected header');
    wrong(of({ b64: true }), '"unprotected" has "b64"');
    wrong(of({ kid: 'x' }), '"unprotected" has a member that the protected header has too');
    wrong(of({ note: 1 }, { note: 2 }), '"unprotected" has a member that the protected header has too');
  });

  test('no key, and several where one is meant', () => {
    for (const serialization of ['compact', 'flattened'] as const)
      wrong({ key: [key, ec], serialization }, '"key" is one key');
    for (const serialization of ['compact', 'flattened', 'general'] as const)
      wrong({ key: [], serialization }, '"key" is one key');
    wrong({ unknown: 1 }, 'signJws');
  });
});

describe('what is refused', () => {
  const general = signJws('x', { key: [key, ec], serialization: 'general' }) as GeneralJws;
  const flattened = signJws('x', { key, serialization: 'flattened' });
  const entry = general.signatures[0] as FlattenedJws;

  test('an option that is not one is named', () => {
    refused('x', 'ERR_CONFIG_INVALID', { unknown: 1 }, 'verifyJws');
    for (const crit of [['x', 7], [null]])
      refused('x', 'ERR_CONFIG_INVALID', { crit }, '"crit" is an array of names');
    refused('x', 'ERR_CONFIG_INVALID', { algorithms: ['HS256', 'none'] }, '"algorithms"');
    refused('x', 'ERR_CONFIG_INVALID', { payload: 7 }, '"payload"');
    refused('x', 'ERR_CONFIG_INVALID', { serialization: 'xml' }, '"serialization"');
  });

  test('another form than the one that is taken, each of the three', () => {
    const forms = { compact: signJws('x', { key }), flattened, general };
    for (const [form, jws] of Object.entries(forms))
      for (const serialization of Object.keys(forms))
        if (form === serialization)
          expect(verifyJws(jws, { keys: [key, ec], serialization: form as 'compact' }).payload).toBeDefined();
        else refused(jws, 'ERR_TOKEN_MALFORMED', { serialization }, 'another serialization');
  });

  test('members of both forms at once, each of them', () => {
    for (const member of [
      { signature: flattened.signature },
      { protected: flattened.protected },
      { header: { a: 1 } },
    ])
      refused({ ...general, ...member }, 'ERR_TOKEN_MALFORMED', {}, 'mixes');
    refused({ payload: b64('x'), signatures: entry }, 'ERR_TOKEN_MALFORMED', {}, 'mixes');
  });

  test('a signature without its members, or with ones of another type', () => {
    for (const change of [
      ...[{ signature: undefined }, { signature: 7 }, { protected: 7 }, { protected: null }],
      ...[{ header: null }, { header: 'x' }, { header: [] }, { header: 7 }],
    ]) {
      refused({ ...flattened, ...change }, 'ERR_TOKEN_MALFORMED', {}, 'has not the members it must have');
      refused(
        { ...general, signatures: [{ ...entry, ...change }] },
        'ERR_TOKEN_MALFORMED',
        {},
        'has not the members',
      );
    }
  });

  test('sixteen signatures are taken, one more is too many', () => {
    const times = (count: number): object => ({
      ...general,
      signatures: Array.from({ length: count }, () => entry),
    });
    expect(verifyJws(times(16) as GeneralJws, { keys: key }).key.kid).toBe('k');
    refused(times(17), 'ERR_TOKEN_TOO_LARGE');
  });

  test('of several failures a bad signature is told first, else the first', () => {
    const bad = { ...entry, signature: b64(Buffer.alloc(32)) };
    const unknown = { ...entry, protected: b64('{"alg":"ES512"}') };
    const critical = { ...entry, protected: b64('{"alg":"HS256","crit":["x"],"x":1}') };
    const of = (...signatures: object[]): object => ({ payload: general.payload, signatures });
    refused(of(unknown, bad, critical), 'ERR_TOKEN_SIGNATURE');
    refused(of(unknown, critical), 'ERR_TOKEN_ALG_NOT_ALLOWED');
    refused(of(critical, unknown), 'ERR_TOKEN_CRIT');
    expect(verifyJws(of(critical, unknown, bad, entry) as GeneralJws, { keys: key }).key.kid).toBe('k');
  });

  test('a fault of the caller is none of the token', () => {
    const broken = {
      [keySource]: {
        epoch: 0,
        find: () => {
          throw new TypeError('mine');
        },
      },
    };
    expect(() => verifyJws(flattened, { keys: broken })).toThrow(TypeError);
  });

  test('no header at all, or one that is no object', () => {
    refused(
      { payload: b64('x'), signature: entry.signature },
      'ERR_TOKEN_MALFORMED',
      {},
      'no base64url of a JSON object',
    );
    for (const segment of ['', 'e30=', b64('[]'), b64('x'), b64('7')])
      refused({ ...flattened, protected: segment }, 'ERR_TOKEN_MALFORMED');
    refused(
      { payload: b64('x'), header: { kid: 'k' }, signature: entry.signature },
      'ERR_TOKEN_MALFORMED',
      {},
      'no "alg"',
    );
  });

  test('a header that is only unprotected is read, and proves nothing by itself', () => {
    const jws = { payload: b64('x'), header: { alg: 'HS256' }, signature: b64(Buffer.alloc(32)) };
    refused(jws, 'ERR_TOKEN_SIGNATURE');
  });

  test('a signature of a wrong spelling, and a payload of one', () => {
    refused(
      { ...flattened, signature: `${flattened.signature}=` },
      'ERR_TOKEN_MALFORMED',
      {},
      'The signature is not in strict',
    );
    refused({ ...flattened, payload: 'eA==' }, 'ERR_TOKEN_MALFORMED', {}, 'The payload is not in strict');
    refused({ ...flattened, payload: 7 }, 'ERR_TOKEN_MALFORMED', {}, 'The payload is no string');
    const unencoded = signJws('x', { key, b64: false, serialization: 'flattened' });
    refused({ ...unencoded, payload: '\ud800' }, 'ERR_TOKEN_MALFORMED', {}, 'no UTF-8');
  });

  test('a payload that is there and given too, and one that is neither', () => {
    refused(flattened, 'ERR_TOKEN_MALFORMED', { payload: 'x' }, 'another one was given');
    const { payload: _, ...without } = flattened;
    refused(without, 'ERR_TOKEN_SIGNATURE');
    expect(verifyJws(without, { keys: key, payload: new TextEncoder().encode('x') }).key.kid).toBe('k');
    const empty = signJws('', { key, serialization: 'flattened' });
    expect(Buffer.from(verifyJws({ ...empty, payload: '' }, { keys: key }).payload)).toHaveLength(0);
    const nothing = signJws('', { key, b64: false, serialization: 'flattened' });
    expect(
      Buffer.from(verifyJws({ ...nothing, payload: undefined as never }, { keys: key }).payload),
    ).toHaveLength(0);
  });

  test('algorithms narrow those of the keys, before a key is looked for', () => {
    refused(flattened, 'ERR_TOKEN_ALG_NOT_ALLOWED', { algorithms: ['ES256'] });
    expect(verifyJws(flattened, { keys: key, algorithms: ['HS256', 'ES256'] }).key.alg).toBe('HS256');
    refused({ ...flattened, protected: b64('{"alg":"none"}') }, 'ERR_TOKEN_ALG_NOT_ALLOWED');
  });

  test('keys that are not at hand: no key, and their fetch begins unheard', async () => {
    const fetch = vi.fn(async () => Promise.reject(new Error('down')));
    const source = { epoch: 0, find: () => [], fetch };
    refused(flattened, 'ERR_KEY_NOT_FOUND', { keys: { [keySource]: source } });
    expect(fetch).toHaveBeenCalledExactlyOnceWith('HS256', 'k');
    refused(flattened, 'ERR_KEY_NOT_FOUND', { keys: { [keySource]: { epoch: 0, find: () => [] } } });
    await new Promise(resolve => setImmediate(resolve));
    refused(flattened, 'ERR_KEY_NOT_FOUND', { keys: createKeySet() });
  });

  test('nothing, and things that are no JWS', () => {
    for (const jws of [undefined, null, '']) refused(jws, 'ERR_TOKEN_MISSING');
    for (const jws of [7, true, 1n, Symbol('x'), () => 'x'])
      refused(jws, 'ERR_TOKEN_MALFORMED', {}, 'a string or an object');
    for (const jws of ['x', 'a.b', 'a.b.c.d', '....']) refused(jws, 'ERR_TOKEN_MALFORMED', {}, 'three parts');
    refused('..', 'ERR_TOKEN_MALFORMED', {}, 'no base64url of a JSON object');
  });

  test('an unprotected header is read as JSON would be: no methods, no prototype', () => {
    const read = (header: object): unknown =>
      verifyJws({ ...flattened, header } as FlattenedJws, { keys: key }).unprotected;
    expect(read({ note: 1, at: new Date(0) })).toEqual({ note: 1, at: '1970-01-01T00:00:00.000Z' });
    expect(Object.isFrozen(read({ note: { deep: [1] } }))).toBe(true);
    refused(
      { ...flattened, header: { toJSON: () => undefined } },
      'ERR_TOKEN_MALFORMED',
      {},
      'no JSON object',
    );
    refused({ ...flattened, header: { toJSON: () => '{}' } }, 'ERR_TOKEN_MALFORMED', {}, 'no JSON object');
    refused({ ...flattened, header: { big: 1n } }, 'ERR_TOKEN_MALFORMED', {}, 'no JSON object');
    refused(
      { ...flattened, header: JSON.parse('{"__proto__":1}') },
      'ERR_TOKEN_MALFORMED',
      {},
      'no JSON object',
    );
  });
});
