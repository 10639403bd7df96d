/** Signatures: made, checked, and refused, for each scheme, by keys with one half or the other. */
import { createHmac, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import {
  exportJwk,
  exportPem,
  externalKey,
  importJwk,
  publicKey,
  type SigningKey,
  secretKey,
} from 'revocable';
import { beforeAll, describe, expect, test } from 'vitest';
import { ecdsaDer } from '#jose/ecdsa';
import { type Material, materialOf } from '#jose/key';
import { holdAscii } from '#jose/octets';
import { checkBytes, checkText, signBytes, signBytesAsync, signText } from '#jose/signature';
import { keyOf } from './runtime.ts';

const data = Buffer.from('header.payload');
const text = data.toString();
const material = (alg: string): Material => materialOf(keyOf(alg) as SigningKey);
/** How long a signature is, and what node:crypto asks of it. */
const LENGTHS = {
  HS256: 32,
  HS384: 48,
  HS512: 64,
  RS256: 256,
  PS256: 256,
  PS384: 256,
  ES256: 64,
  ES384: 96,
  ES512: 132,
  EdDSA: 64,
};

describe.each(Object.entries(LENGTHS))('%s', (alg, length) => {
  let own: Material;
  let signature: string;
  beforeAll(() => {
    own = material(alg);
    signature = signBytes(own, data);
  });

  test('signs octets and text alike, and proves both', async () => {
    expect(Buffer.from(signature, 'base64url')).toHaveLength(length);
    for (const made of [signature, signText(own, text), await signBytesAsync(own, data)]) {
      expect(made).toMatch(/^[\w-]+$/);
      expect(checkBytes(own, data, made)).toBe(true);
      expect(checkText(own, `${text}.rest`, text.length, holdAscii(`${text}.rest`), made)).toBe(true);
    }
  });

  test('proves nothing else: other octets, another signature, another length', () => {
    const bytes = Buffer.from(signature, 'base64url');
    const proves = (changed: Uint8Array | string): boolean =>
      checkBytes(
        own,
        data,
        typeof changed === 'string' ? changed : Buffer.from(changed).toString('base64url'),
      );
    expect(checkBytes(own, Buffer.from('header.Payload'), signature)).toBe(false);
    for (const at of [0, 1, bytes.length >> 1, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      expect(proves(changed)).toBe(false);
      const held = holdAscii(text);
      expect(checkText(own, text, text.length, held, changed.toString('base64url'))).toBe(false);
    }
    for (const changed of [
      bytes.subarray(1),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.alloc(1)]),
      Buffer.alloc(length),
      Buffer.alloc(0),
      Buffer.alloc(length, 0xff),
    ])
      expect(proves(changed)).toBe(false);
  });
});

test('what node:crypto makes and checks by itself', () => {
  const nodes = (alg: string): { signing: KeyObject; verifying: KeyObject } => material(alg) as never;
  expect(signBytes(material('HS384'), data)).toBe(
    createHmac('sha384', nodes('HS384').signing).update(data).digest('base64url'),
  );
  const ec = sign('sha512', data, { key: nodes('ES512').signing, dsaEncoding: 'ieee-p1363' });
  expect(checkBytes(material('ES512'), data, ec.toString('base64url'))).toBe(true);
  const ours = Buffer.from(signBytes(material('ES384'), data), 'base64url');
  expect(verify('sha384', data, { key: nodes('ES384').verifying, dsaEncoding: 'ieee-p1363' }, ours)).toBe(
    true,
  );
  expect(
    verify(
      null,
      data,
      nodes('EdDSA').verifying,
      Buffer.from(signBytes(material('EdDSA'), data), 'base64url'),
    ),
  ).toBe(true);
});

test('PSS by a key that says nothing of it: padding and salt are told', async () => {
  const { privateKey, publicKey: half } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const own = material('PS384');
  const plain: Material = { ...own, signing: privateKey, verifying: half };
  for (const signature of [signBytes(plain, data), await signBytesAsync(plain, data)]) {
    expect(checkBytes(plain, data, signature)).toBe(true);
    const bytes = Buffer.from(signature, 'base64url');
    const told = (saltLength: number) => ({ key: half, padding: 6, saltLength });
    expect(verify('sha384', data, told(48), bytes)).toBe(true);
    expect(verify('sha384', data, told(32), bytes)).toBe(false);
  }
  const short = sign('sha384', data, { key: privateKey, padding: 6, saltLength: 32 });
  expect(checkBytes(plain, data, short.toString('base64url'))).toBe(false);
});

describe('halves', () => {
  const refusal = { code: 'ERR_CONFIG_INVALID' };

  test('a public key signs nothing, whichever way it is asked', async () => {
    for (const alg of ['ES256', 'RS256', 'PS256']) {
      const half = materialOf(publicKey(alg as 'ES256', exportPem(keyOf(alg) as SigningKey)));
      expect(() => signBytes(half, data)).toThrow(expect.objectContaining(refusal));
      expect(() => signText(half, text)).toThrow(`This ${alg} key cannot sign`);
      await expect(signBytesAsync(half, data)).rejects.toMatchObject(refusal);
      expect(checkBytes(half, data, signBytes(material(alg), data))).toBe(true);
    }
  });

  test('a secret that may only verify signs nothing, and one that may only sign proves nothing', async () => {
    const jwk = exportJwk(keyOf('HS256') as SigningKey, { private: true });
    const [verifies, signs] = ['verify', 'sign'].map(use =>
      materialOf(importJwk({ ...jwk, key_ops: [use] })),
    );
    const signature = signText(signs as Material, text);
    expect(signature).toBe(signBytes(material('HS256'), data));
    expect(() => signText(verifies as Material, text)).toThrow(expect.objectContaining(refusal));
    await expect(signBytesAsync(verifies as Material, data)).rejects.toMatchObject(refusal);
    expect(checkBytes(verifies as Material, data, signature)).toBe(true);
    expect(checkBytes(signs as Material, data, signature)).toBe(false);
    expect(checkText(signs as Material, text, text.length, holdAscii(text), signature)).toBe(false);
  });
});

describe('a key that lies elsewhere', () => {
  const outside = (alg: 'ES256' | 'EdDSA' | 'RS256', make: () => unknown): Material =>
    materialOf(externalKey(alg, exportPem(keyOf(alg) as SigningKey), async () => make() as Uint8Array));

  test('gives raw or DER of ECDSA, and what it gives of others as it is', async () => {
    const raw = Buffer.from(signBytes(material('ES256'), data), 'base64url');
    for (const made of [raw, new Uint8Array(raw), ecdsaDer(raw)])
      expect(
        await signBytesAsync(
          outside('ES256', () => made),
          data,
        ),
      ).toBe(raw.toString('base64url'));
    for (const alg of ['EdDSA', 'RS256'] as const) {
      const made = Buffer.from(signBytes(material(alg), data), 'base64url');
      expect(
        await signBytesAsync(
          outside(alg, () => made),
          data,
        ),
      ).toBe(made.toString('base64url'));
    }
  });

  test('gives nothing out that its public half does not prove', async () => {
    const raw = Buffer.from(signBytes(material('ES256'), data), 'base64url');
    const cases: readonly (readonly [unknown, string])[] = [
      [undefined, 'did not resolve with octets'],
      [raw.toString('base64url'), 'did not resolve with octets'],
      [raw.subarray(1), 'no ECDSA signature of this curve'],
      [new Uint8Array(0), 'no ECDSA signature of this curve'],
      [Buffer.alloc(64), 'its public half does not prove'],
      [Buffer.from(raw).reverse(), 'its public half does not prove'],
      [ecdsaDer(Buffer.from(raw).reverse()), 'its public half does not prove'],
    ];
    for (const [made, message] of cases) {
      const signing = signBytesAsync(
        outside('ES256', () => made),
        data,
      );
      await expect(signing).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' });
      await expect(signing).rejects.toThrow(message);
    }
    const short = outside('EdDSA', () => raw.subarray(0, 63));
    await expect(signBytesAsync(short, data)).rejects.toThrow('its public half does not prove');
  });

  test('signs by promise alone', () => {
    const external = outside('ES256', () => new Uint8Array(64));
    expect(() => signBytes(external, data)).toThrow('An external key signs by promise: use signAsync.');
    expect(() => signText(external, text)).toThrow('An external key signs by promise');
  });
});

test('a secret whose HMAC is made by createHmac gives the same', () => {
  const own = materialOf(secretKey('HS512', new Uint8Array(200).fill(3)));
  const slow: Material = { ...own, hmac: undefined };
  expect(signBytes(slow, data)).toBe(signBytes(own, data));
  expect(signText(slow, text)).toBe(signText(own, text));
  const signature = signText(own, text);
  expect(checkBytes(slow, data, signature)).toBe(true);
  expect(checkText(slow, text, text.length, holdAscii(text), signature)).toBe(true);
  expect(checkText(slow, text, text.length, holdAscii(text), signature.slice(1))).toBe(false);
});

test('RSA by promise is made off the event loop, the others at once', async () => {
  const order: string[] = [];
  const made = ['RS256', 'PS256', 'ES256'].map(async alg => {
    await signBytesAsync(material(alg), data);
    order.push(alg);
  });
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  order.push('twenty turns later');
  await Promise.all(made);
  expect(order.slice(0, 2)).toEqual(['ES256', 'twenty turns later']);
});

test('an ECDSA signature of another length is none, though its numbers are the right ones', () => {
  const raw = Buffer.from(signBytes(material('ES256'), data), 'base64url');
  const zero = Buffer.alloc(1);
  const longer = Buffer.concat([zero, raw.subarray(0, 32), zero, raw.subarray(32)]);
  expect(checkBytes(material('ES256'), data, longer.toString('base64url'))).toBe(false);
});

test('a key that cannot check proves nothing, and throws nothing', () => {
  for (const alg of ['ES256', 'RS256', 'PS256', 'EdDSA']) {
    const signature = signBytes(material(alg), data);
    expect(checkBytes({ ...material(alg), verifying: {} as never }, data, signature)).toBe(false);
  }
});

test('RSA that cannot sign rejects, and lets the next one in', async () => {
  const broken: Material = { ...material('RS256'), signing: material('EdDSA').signing };
  for (let n = 0; n < 3; n++) await expect(signBytesAsync(broken, data)).rejects.toThrow();
  expect(checkBytes(material('RS256'), data, await signBytesAsync(material('RS256'), data))).toBe(true);
});
