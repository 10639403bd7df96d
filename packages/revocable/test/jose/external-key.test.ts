/** A key whose private half lies elsewhere: what it is made of, and what is refused. */
import { createSigner, exportJwk, exportPem, externalKey, generateKey, thumbprint } from 'revocable';
import { expect, test } from 'vitest';

const key = generateKey('ES256', { kid: 'own' });
const jwk = exportJwk(key);
const never = async (): Promise<Uint8Array> => new Uint8Array(64);
const refused = (make: () => unknown, code: string, text: string | RegExp = /./): void => {
  expect(make).toThrow(expect.objectContaining({ code }));
  expect(make).toThrow(text);
};

test('is of its own type, with the algorithm that was asked for', () => {
  const external = externalKey('ES256', jwk, never);
  expect(external).toMatchObject({ type: 'external', alg: 'ES256' });
  expect(thumbprint(external)).toBe(thumbprint(key));
});

test('its key ID: the one that is given, that of the JWK, or the thumbprint', () => {
  const { kid: _, ...nameless } = jwk;
  const kidOf = (material: unknown, options = {}): string | undefined =>
    externalKey('ES256', material as never, never, options).kid;
  expect(kidOf(jwk)).toBe('own');
  expect(kidOf(jwk, { kid: 'given' })).toBe('given');
  expect(kidOf(nameless)).toBe(thumbprint(key));
  expect(kidOf(exportPem(key))).toBe(thumbprint(key));
});

test('what is refused', () => {
  refused(() => externalKey('ES256', jwk, undefined as never), 'ERR_CONFIG_INVALID', 'takes a function');
  refused(() => externalKey('ES256', jwk, 'sign' as never), 'ERR_CONFIG_INVALID', 'takes a function');
  refused(
    () => externalKey('ES256', jwk, never, { allowWeak: true } as never),
    'ERR_CONFIG_INVALID',
    'externalKey',
  );
  refused(() => externalKey('ES256', jwk, never, { kid: '' }), 'ERR_CONFIG_INVALID', '"kid"');
  refused(() => externalKey('HS256' as never, jwk, never), 'ERR_CONFIG_INVALID', 'externalKey makes keys');
  refused(() => externalKey('ES384', jwk, never), 'ERR_KEY_INVALID');
  refused(() => externalKey('ES256', exportJwk(key, { private: true }), never), 'ERR_KEY_INVALID');
  refused(() => externalKey('ES256', { ...jwk, kid: 7 as never }, never), 'ERR_KEY_INVALID');
  for (const material of [null, undefined, 7])
    refused(() => externalKey('ES256', material as never, never), 'ERR_CONFIG_INVALID');
});

test('signs a token by promise', async () => {
  const octets: Uint8Array[] = [];
  const external = externalKey('ES256', jwk, async data => {
    octets.push(data);
    return new Uint8Array(64);
  });
  await expect(createSigner({ key: external, expiresIn: 60 }).signAsync()).rejects.toMatchObject({
    code: 'ERR_KEY_INVALID',
  });
  expect(Buffer.from(octets[0] as Uint8Array).toString()).toMatch(/^eyJ[\w-]+\.eyJ[\w-]+$/);
});
