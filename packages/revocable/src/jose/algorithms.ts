/** THE TABLE: one row per algorithm. RFC 7518 section 3, RFC 8037, RFC 8812 section 3, RFC 9864, RFC 9964. */

export type HmacAlgorithm = 'HS256' | 'HS384' | 'HS512';
export type RsaAlgorithm = 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512';
export type EcdsaAlgorithm = 'ES256' | 'ES384' | 'ES512' | 'ES256K';
export type EddsaAlgorithm = 'EdDSA' | 'Ed25519' | 'Ed448';
export type MlDsaAlgorithm = 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';
/** Algorithms of key pairs. */
export type AsymmetricAlg = RsaAlgorithm | EcdsaAlgorithm | EddsaAlgorithm | MlDsaAlgorithm;
/** Every `alg` this library knows; `none` is not one. */
export type Alg = HmacAlgorithm | AsymmetricAlg;

export type KeyTypeName = 'oct' | 'RSA' | 'EC' | 'OKP' | 'AKP';
/** How `signature.ts` makes and checks it; `pure` takes the message itself, without a hash of our choice. */
export type Scheme = 'hmac' | 'pkcs1' | 'pss' | 'ecdsa' | 'pure';

export interface Algorithm {
  readonly name: Alg;
  readonly scheme: Scheme;
  /** JWK `kty`. */
  readonly kty: KeyTypeName;
  /** JWK `crv`; the first is what `generateKey` makes. Empty where the key type has no curves. */
  readonly curves: readonly CurveName[];
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  /** Of a secret or a modulus, in bits; 0 where the key type fixes it. */
  readonly minimumBits: number;
  /** Octets of the RSASSA-PSS salt, as many as the hash has (RFC 7518 section 3.5). */
  readonly saltLength: number;
  /** Octets of a signature; 0 where the curve or the modulus says it. */
  readonly signatureLength: number;
}

export type CurveName = 'P-256' | 'P-384' | 'P-521' | 'secp256k1' | 'Ed25519' | 'Ed448';

export interface Curve {
  /** The name in node:crypto. */
  readonly native: string;
  /** Octets of a coordinate or an encoded point, and so of JWK `x`, `y` and `d`. */
  readonly octets: number;
  readonly signatureLength: number;
}

export const CURVES: Readonly<Record<CurveName, Curve>> = {
  'P-256': { native: 'prime256v1', octets: 32, signatureLength: 64 },
  'P-384': { native: 'secp384r1', octets: 48, signatureLength: 96 },
  'P-521': { native: 'secp521r1', octets: 66, signatureLength: 132 },
  secp256k1: { native: 'secp256k1', octets: 32, signatureLength: 64 },
  Ed25519: { native: 'ed25519', octets: 32, signatureLength: 64 },
  Ed448: { native: 'ed448', octets: 57, signatureLength: 114 },
};

const NO_HASH = { hash: null, minimumBits: 0, saltLength: 0, signatureLength: 0 } as const;
const NO_CURVE: readonly CurveName[] = [];
const SHA256 = { hash: 'sha256', octets: 32 } as const;
const SHA384 = { hash: 'sha384', octets: 48 } as const;
const SHA512 = { hash: 'sha512', octets: 64 } as const;
type Sha2 = typeof SHA256 | typeof SHA384 | typeof SHA512;

/** RFC 7518 section 3.2: a key of the same size as the hash output or larger. */
const hmac = (name: HmacAlgorithm, { hash, octets }: Sha2): Algorithm => ({
  name,
  scheme: 'hmac',
  kty: 'oct',
  curves: NO_CURVE,
  hash,
  minimumBits: octets * 8,
  saltLength: 0,
  signatureLength: octets,
});

/** RFC 7518 sections 3.3 and 3.5: a key of 2048 bits or larger. */
const rsa = (name: RsaAlgorithm, scheme: 'pkcs1' | 'pss', { hash, octets }: Sha2): Algorithm => ({
  name,
  scheme,
  kty: 'RSA',
  curves: NO_CURVE,
  hash,
  minimumBits: 2048,
  saltLength: scheme === 'pss' ? octets : 0,
  signatureLength: 0,
});

const ecdsa = (name: EcdsaAlgorithm, curve: CurveName, { hash }: Sha2): Algorithm => ({
  ...NO_HASH,
  name,
  scheme: 'ecdsa',
  kty: 'EC',
  curves: [curve],
  hash,
});

/** RFC 8037 section 3.1: `EdDSA` leaves the curve to the key; RFC 9864 names it in the algorithm. */
const eddsa = (name: EddsaAlgorithm, ...curves: CurveName[]): Algorithm => ({
  ...NO_HASH,
  name,
  scheme: 'pure',
  kty: 'OKP',
  curves,
});

/** RFC 9964; the signature sizes are those of FIPS 204 table 2. */
const mlDsa = (name: MlDsaAlgorithm, signatureLength: number): Algorithm => ({
  ...NO_HASH,
  name,
  scheme: 'pure',
  kty: 'AKP',
  curves: NO_CURVE,
  signatureLength,
});

const TABLE: Readonly<Record<Alg, Algorithm>> = {
  HS256: hmac('HS256', SHA256),
  HS384: hmac('HS384', SHA384),
  HS512: hmac('HS512', SHA512),
  RS256: rsa('RS256', 'pkcs1', SHA256),
  RS384: rsa('RS384', 'pkcs1', SHA384),
  RS512: rsa('RS512', 'pkcs1', SHA512),
  PS256: rsa('PS256', 'pss', SHA256),
  PS384: rsa('PS384', 'pss', SHA384),
  PS512: rsa('PS512', 'pss', SHA512),
  ES256: ecdsa('ES256', 'P-256', SHA256),
  ES384: ecdsa('ES384', 'P-384', SHA384),
  ES512: ecdsa('ES512', 'P-521', SHA512),
  ES256K: ecdsa('ES256K', 'secp256k1', SHA256),
  EdDSA: eddsa('EdDSA', 'Ed25519', 'Ed448'),
  Ed25519: eddsa('Ed25519', 'Ed25519'),
  Ed448: eddsa('Ed448', 'Ed448'),
  'ML-DSA-44': mlDsa('ML-DSA-44', 2420),
  'ML-DSA-65': mlDsa('ML-DSA-65', 3309),
  'ML-DSA-87': mlDsa('ML-DSA-87', 4627),
};
const ROWS: ReadonlyMap<string, Algorithm> = new Map(Object.entries(TABLE));

/** Every `alg` of the table, whether this runtime has it or not. */
export const algorithms: readonly Alg[] = Object.freeze(Object.keys(TABLE) as Alg[]);

/** The row of an `alg`, compared as it is written; undefined for any other text, `none` among them. */
export function findAlgorithm(alg: unknown): Algorithm | undefined {
  return typeof alg === 'string' ? ROWS.get(alg) : undefined;
}

/** The algorithm that a curve implies where a JWK names none (Ed25519 and Ed448: EdDSA). */
export function algorithmOfCurve(crv: unknown): Algorithm | undefined {
  for (const row of ROWS.values()) if ((row.curves as readonly unknown[]).includes(crv)) return row;
  return undefined;
}
