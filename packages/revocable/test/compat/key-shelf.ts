/** Keys of every kind that `jsonwebtoken` takes, and some that it does not. */
import { Buffer } from 'node:buffer';
import {
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  type RSAPSSKeyPairKeyObjectOptions,
} from 'node:crypto';

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const rsa: Pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const weakRsa: Pair = generateKeyPairSync('rsa', { modulusLength: 1024 });
const pss = (hash: string, saltLength: number): Pair =>
  generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: hash,
    mgf1HashAlgorithm: hash,
    saltLength,
  } as object as RSAPSSKeyPairKeyObjectOptions);
const curve = (namedCurve: string): Pair => generateKeyPairSync('ec', { namedCurve });

export const pairs: Readonly<Record<string, Pair>> = {
  rsa,
  weakRsa,
  pss256: pss('sha256', 32),
  pssLongSalt: pss('sha256', 64),
  pss512: pss('sha512', 64),
  pssFree: generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
  p256: curve('prime256v1'),
  p256InFull: generateKeyPairSync('ec', { namedCurve: 'prime256v1', paramEncoding: 'explicit' }),
  p384: curve('secp384r1'),
  p521: curve('secp521r1'),
  secp256k1: curve('secp256k1'),
  ed25519: generateKeyPairSync('ed25519'),
  x25519: generateKeyPairSync('x25519'),
  dsa: generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }),
};

const pem = (key: KeyObject): string =>
  key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' }) as string;
const pkcs1 = (key: KeyObject): string => key.export({ type: 'pkcs1', format: 'pem' }) as string;
const encrypted = rsa.privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'open',
}) as string;

/** What both libraries must answer alike as a key for signing or verifying. */
export const keyMaterials: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(
    Object.entries(pairs).flatMap(([name, { publicKey, privateKey }]) => [
      [`${name} public`, publicKey],
      [`${name} private`, privateKey],
    ]),
  ),
  'rsa private PEM': pem(rsa.privateKey),
  'rsa private PKCS1': pkcs1(rsa.privateKey),
  'rsa private PEM bytes': Buffer.from(pem(rsa.privateKey)),
  'rsa private encrypted': { key: encrypted, passphrase: 'open' },
  'rsa private encrypted, wrong passphrase': { key: encrypted, passphrase: 'shut' },
  'rsa private JWK': { key: rsa.privateKey.export({ format: 'jwk' }), format: 'jwk' },
  'rsa private DER': {
    key: rsa.privateKey.export({ type: 'pkcs8', format: 'der' }),
    format: 'der',
    type: 'pkcs8',
  },
  'p256 private PEM': pem((pairs['p256'] as Pair).privateKey),
  'p256 private PEM, its curve written out': pem((pairs['p256InFull'] as Pair).privateKey),
  'p256 public JWK': { key: (pairs['p256'] as Pair).publicKey.export({ format: 'jwk' }), format: 'jwk' },
  text: 'secret',
  'text with white space': ' secret\n',
  'text, not ASCII': 'gehëim',
  bytes: Buffer.from('secret'),
  octets: new Uint8Array([1, 2, 3, 0, 255]),
  'octets in a larger buffer': new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4),
  ArrayBuffer: new Uint8Array([1, 2, 3]).buffer,
  'secret KeyObject': createSecretKey(Buffer.from('secret')),
  'empty text': '',
  null: null,
  undefined: undefined,
  false: false,
  zero: 0,
  one: 1,
  true: true,
  object: {},
  array: [],
  'String object': Object('secret'),
  'bare JWK': rsa.publicKey.export({ format: 'jwk' }),
};

/** Public halves as PEM, which `verify` takes. (`sign` would take them for secrets; see the differences.) */
export const publicMaterials: Readonly<Record<string, unknown>> = {
  'rsa public PEM': pem(rsa.publicKey),
  'rsa public PEM bytes': Buffer.from(pem(rsa.publicKey)),
  'rsa public PKCS1': pkcs1(rsa.publicKey),
  'p256 public PEM': pem((pairs['p256'] as Pair).publicKey),
  'p256 public PEM, its curve written out': pem((pairs['p256InFull'] as Pair).publicKey),
};
