/** What the fuzzer starts from: valid tokens of every algorithm that the runtime has, in every serialization. */
import {
  type Alg,
  createKeySet,
  createSigner,
  createVerifier,
  type SigningKey,
  type Verifier,
} from 'revocable';
import { type FlattenedJws, type GeneralJws, signJws } from 'revocable/jose';
import { keyOf, present } from '../jose/runtime.ts';

const OPEN = { issuer: null, audience: null, requireExpiry: false } as const;
const CLAIMS = [
  { sub: 'u1' },
  { sub: 'u2', aud: ['api', 'web'], iss: 'https://issuer.example', scope: 'read write' },
  {
    sub: 'u3',
    name: 'J\u00fcrgen \u{1f511} "quoted" \\ back',
    list: [1, 2.5, -3e-7, null, true, { deep: [[]] }],
  },
];

/** An object to be changed; every signature in it holds over `bytes`. */
export interface JsonOriginal {
  readonly jws: FlattenedJws | GeneralJws;
  readonly bytes: Buffer;
  readonly isDetached: boolean;
}

export interface Originals {
  readonly alg: Alg;
  readonly key: SigningKey;
  readonly verifier: Verifier;
  readonly cached: Verifier;
  readonly tokens: readonly string[];
  readonly objects: readonly JsonOriginal[];
}

function tokensOf(key: SigningKey): string[] {
  const signers = [
    createSigner({ key, expiresIn: '1000d' }),
    createSigner({ key, expiresIn: null, typ: 'at+jwt', header: { cty: 'JWT', note: '\u00e9' } }),
  ];
  return signers.flatMap(signer => CLAIMS.map(claims => signer.sign(claims)));
}

function objectsOf(key: SigningKey, partner: SigningKey): JsonOriginal[] {
  const texts = ['', 'x', '{"sub":"u1"}', 'J\u00fcrgen', '$.02'].map(text => Buffer.from(text));
  return texts.flatMap(bytes =>
    [{}, { detached: true }, { b64: false }, { b64: false, detached: true }].flatMap(option => {
      const isDetached = 'detached' in option;
      const unprotected = { note: 'anyone wrote this' };
      return [
        { jws: signJws(bytes, { key, serialization: 'flattened', ...option }), bytes, isDetached },
        {
          jws: signJws(bytes, { key: [key, partner], serialization: 'general', unprotected, ...option }),
          bytes,
          isDetached,
        },
      ];
    }),
  );
}

function originalsOf(alg: Alg): Originals {
  const key = keyOf(alg) as SigningKey;
  const partner = keyOf(alg === 'ES256' ? 'HS256' : 'ES256') as SigningKey;
  return {
    alg,
    key,
    verifier: createVerifier({ keys: key, ...OPEN }),
    cached: createVerifier({
      keys: createKeySet([key]),
      cache: { maxEntries: 16, maxBytes: 65_536 },
      ...OPEN,
    }),
    tokens: tokensOf(key),
    objects: objectsOf(key, partner),
  };
}

export const originals: readonly Originals[] = present.map(originalsOf);
export const allKeys: readonly SigningKey[] = originals.map(({ key }) => key);
/** Holds the keys of all algorithms at once, as a service in the midst of a migration does. */
export const verifierOfAll: Verifier = createVerifier({ keys: allKeys, ...OPEN });
/** Every token that a verifier here may accept. */
export const genuine: ReadonlySet<string> = new Set(originals.flatMap(({ tokens }) => tokens));
