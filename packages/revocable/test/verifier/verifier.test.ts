/** Verifiers: what they ask for, what they give, and whom they ask. */
import {
  combineVerifiers,
  createSigner,
  createVerifier,
  decode,
  generateKey,
  secretKey,
  TokenError,
} from 'revocable';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type KeySource, keySource, notFound } from '#jose/index';
import { forge, headerOf, withOtherSignature } from '../jose/forge.ts';

const key = secretKey('HS256', new Uint8Array(32).fill(1));
const sign = (claims: object, options: object = {}): string =>
  createSigner({ key, expiresIn: '5m', ...options }).sign(claims as never);
const wrong = (make: () => unknown, text = ''): void => {
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  if (text !== '') expect(make).toThrow(text);
};

describe('options', () => {
  const good = { keys: key, issuer: null, audience: null };

  test('what is dangerous to forget is required', () => {
    for (const name of ['keys', 'issuer', 'audience']) {
      const { [name as 'keys']: _, ...rest } = good;
      wrong(() => createVerifier(rest as never), name);
    }
  });

  test('unknown and malformed ones are refused by name', () => {
    const bad: Readonly<Record<string, readonly unknown[]>> = {
      algorithm: ['HS256'],
      issuer: ['', [], [''], 7, {}],
      audience: ['', [], ['']],
      subject: [null, '', []],
      typ: ['', [], 7],
      algorithms: [[], 'HS256', ['none']],
      clockTolerance: [-1, '60', Number.NaN, '1y'],
      maxAge: ['900', -1],
      requireExpiry: ['false', 0],
      maxTokenLength: [0, -1, 1.5, '16'],
      requiredClaims: ['role', [7]],
      schema: [{}, null, () => {}],
      revocation: [{}, null],
      clock: [7],
    };
    for (const [name, values] of Object.entries(bad))
      for (const value of values) wrong(() => createVerifier({ ...good, [name]: value } as never), name);
    for (const options of [undefined, null, 7, 'x', []]) wrong(() => createVerifier(options as never));
  });

  test('revocation: the issuer must be named, the tolerance small', () => {
    const revocation = { issuer: 'me', judge: () => {} } as never;
    for (const issuer of [null, 'other', ['a', 'b']])
      wrong(() => createVerifier({ ...good, issuer, revocation }), 'me');
    wrong(() => createVerifier({ ...good, issuer: 'me', revocation, clockTolerance: 61 }), 'clockTolerance');
    expect(
      createVerifier({ ...good, issuer: ['me', 'other'], revocation, clockTolerance: '1m' }).issuers,
    ).toEqual(['me', 'other']);
  });
});

describe('what is verified', () => {
  const verifier = createVerifier({ keys: key, issuer: 'me', audience: 'api' });
  const token = sign({ sub: 'u1' }, { issuer: 'me', audience: 'api' });

  test('is header, claims and key, the same by all three ways', async () => {
    const verified = verifier.verifySync(token);
    expect(verified).toEqual({
      header: { alg: 'HS256', typ: 'JWT' },
      claims: { sub: 'u1', iss: 'me', aud: 'api', iat: expect.any(Number), exp: expect.any(Number) },
      key: { kid: undefined, alg: 'HS256' },
    });
    expect(await verifier.verify(token)).toEqual(verified);
    expect(verifier.check(token)).toEqual({ ok: true, ...verified });
    expect(decode(token)).toEqual({
      header: verified.header,
      claims: verified.claims,
      signature: expect.any(String),
    });
  });

  test('verify rejects and never throws at once', async () => {
    const promise = verifier.verify('x');
    await expect(promise).rejects.toBeInstanceOf(TokenError);
  });

  test('check gives the refusal with its code and action, and lets wrong use through', () => {
    expect(verifier.check('')).toMatchObject({
      ok: false,
      code: 'ERR_TOKEN_MISSING',
      action: 'login',
      error: { name: 'TokenError' },
    });
    const broken = createVerifier({
      keys: key,
      issuer: null,
      audience: null,
      schema: z.object({}).refine(async () => true),
    });
    expect(() => broken.check(token)).toThrow(Error);
  });
});

describe('a replica that must ask first', () => {
  test('asks for proved tokens alone, with the token that came', async () => {
    const order: unknown[] = [];
    const revocation = {
      issuer: 'me',
      judgeLater: async ({ claims }: { claims: object }, token: string) => void order.push(claims, token),
      judge: () => order.push('judge'),
    };
    const verifier = createVerifier({
      keys: key,
      issuer: 'me',
      audience: null,
      revocation: revocation as never,
    });
    const token = sign({ iss: 'me' });
    await expect(verifier.verify(withOtherSignature(token))).rejects.toMatchObject({ name: 'TokenError' });
    expect(order).toEqual([]);
    await verifier.verify(token);
    expect(order).toEqual([expect.objectContaining({ iss: 'me' }), token]);
    verifier.verifySync(token);
    expect(order).toHaveLength(3);
    expect(order.at(-1)).toBe('judge');
  });
});

describe('a key that is not at hand', () => {
  const sourceWith = (fetch: () => Promise<void>, has: () => boolean): { [keySource]: KeySource } => ({
    [keySource]: { epoch: 0, find: () => (has() ? [key] : []), fetch },
  });

  test('verify fetches it; verifySync refuses, and its fetch begins', async () => {
    let there = false;
    const fetch = vi.fn(async () => {
      there = true;
    });
    const verifier = createVerifier({ keys: sourceWith(fetch, () => there), issuer: null, audience: null });
    expect(verifier.check(sign({}))).toMatchObject({ code: 'ERR_KEY_NOT_FOUND', action: 'refresh' });
    expect(fetch).toHaveBeenCalledOnce();
    there = false;
    expect((await verifier.verify(sign({}))).claims).toBeDefined();
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test('a fetch that fails is its error for verify, and no unhandled rejection for verifySync', async () => {
    const failing = sourceWith(
      async () => Promise.reject(notFound()),
      () => false,
    );
    const verifier = createVerifier({ keys: failing, issuer: null, audience: null });
    expect(verifier.check(sign({})).ok).toBe(false);
    await expect(verifier.verify(sign({}))).rejects.toMatchObject({ code: 'ERR_KEY_NOT_FOUND' });
    await new Promise(resolve => setImmediate(resolve));
  });
});

describe('combineVerifiers', () => {
  const [a, b] = [generateKey('ES256'), generateKey('EdDSA')];
  const forA = createVerifier({ keys: a, issuer: ['a', 'a2'], audience: null, requiredClaims: ['role'] });
  const forB = createVerifier({ keys: b, issuer: 'b', audience: null });
  const both = combineVerifiers(forA, forB);
  const by = (signer: typeof a, claims: object): string =>
    createSigner({ key: signer, expiresIn: '5m' }).sign(claims as never);

  test('the issuer chooses who judges all of it', async () => {
    expect(both.verifySync(by(a, { iss: 'a2', role: 1 })).key.alg).toBe('ES256');
    expect((await both.verify(by(b, { iss: 'b' }))).key.alg).toBe('EdDSA');
    expect(both.check(by(a, { iss: 'a' }))).toMatchObject({ code: 'ERR_TOKEN_CLAIM' });
    expect(both.check(by(a, { iss: 'b' }))).toMatchObject({ code: 'ERR_TOKEN_ALG_NOT_ALLOWED' });
    expect(both.issuers).toEqual(['a', 'a2', 'b']);
  });

  test('no issuer, an unknown one, or one that cannot be read: ERR_KEY_NOT_FOUND', () => {
    for (const payload of [{}, { iss: 'c' }, { iss: ['a'] }, 'no json', new Uint8Array([255])])
      expect(both.check(forge(a, headerOf(a), payload))).toMatchObject({ code: 'ERR_KEY_NOT_FOUND' });
    expect(both.check('')).toMatchObject({ code: 'ERR_TOKEN_MISSING' });
  });

  test('two of one issuer, one of any, or none are wrong use', () => {
    wrong(() => combineVerifiers());
    wrong(() => combineVerifiers(forA, forA), 'a');
    wrong(() => combineVerifiers(createVerifier({ keys: a, issuer: null, audience: null })), 'issuer');
    wrong(() => combineVerifiers({} as never));
  });
});
