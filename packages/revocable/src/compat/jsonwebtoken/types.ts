/** The types of `@types/jsonwebtoken` 9, without a need for `@types/node`. */
import type { KeyObjectLike } from '../../jose/index.ts';
import type { JsonWebTokenError, NotBeforeError, TokenExpiredError } from './error.ts';

export type Algorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'none';

/** Numbers are seconds; a text is a time span, such as "2 days" or "10h"; without a unit it is MILLISECONDS. */
export type TimeSpan = string | number;

export interface SignOptions {
  /** @default 'HS256' */
  algorithm?: Algorithm | undefined;
  keyid?: string | undefined;
  expiresIn?: TimeSpan;
  notBefore?: TimeSpan | undefined;
  audience?: string | string[] | undefined;
  subject?: string | undefined;
  issuer?: string | undefined;
  jwtid?: string | undefined;
  /** Adds the claims to the object that was given, not to a copy. */
  mutatePayload?: boolean | undefined;
  /** Leaves `iat` out. */
  noTimestamp?: boolean | undefined;
  header?: JwtHeader | undefined;
  /** Of a text payload. @default 'utf8' */
  encoding?: string | undefined;
  /** Admits RSA keys below 2048 bits. */
  allowInsecureKeySizes?: boolean | undefined;
  /** Admits keys whose type or curve is not the algorithm's. */
  allowInvalidAsymmetricKeyTypes?: boolean | undefined;
}

export interface VerifyOptions {
  /** By the type of the key, if not given. */
  algorithms?: Algorithm[] | undefined;
  audience?: string | RegExp | [string | RegExp, ...(string | RegExp)[]] | undefined;
  /** Seconds since 1970, in place of the clock. */
  clockTimestamp?: number | undefined;
  /** Seconds. */
  clockTolerance?: number | undefined;
  /** Asks for header, payload and signature. */
  complete?: boolean | undefined;
  issuer?: string | [string, ...string[]] | undefined;
  ignoreExpiration?: boolean | undefined;
  ignoreNotBefore?: boolean | undefined;
  jwtid?: string | undefined;
  /** What the claim `nonce` must be. */
  nonce?: string | undefined;
  subject?: string | undefined;
  /** How long after its `iat` a token is accepted. */
  maxAge?: TimeSpan | undefined;
  allowInvalidAsymmetricKeyTypes?: boolean | undefined;
}

export interface DecodeOptions {
  complete?: boolean | undefined;
  /** Parses the payload as JSON whatever the header's `typ`. */
  json?: boolean | undefined;
}

export type VerifyErrors = JsonWebTokenError | NotBeforeError | TokenExpiredError;
export type VerifyCallback<T = Jwt | JwtPayload | string> = (
  error: VerifyErrors | null,
  decoded?: T | undefined,
) => void;
export type SignCallback = (error: Error | null, encoded?: string | undefined) => void;

export interface JwtHeader {
  alg: string | Algorithm;
  typ?: string | undefined;
  cty?: string | undefined;
  crit?: (string | Exclude<keyof JwtHeader, 'crit'>)[] | undefined;
  kid?: string | undefined;
  jku?: string | undefined;
  x5u?: string | string[] | undefined;
  'x5t#S256'?: string | undefined;
  x5t?: string | undefined;
  x5c?: string | string[] | undefined;
}

export interface JwtPayload {
  // biome-ignore lint/suspicious/noExplicitAny: code that was written against @types/jsonwebtoken must go on compiling
  [key: string]: any;
  iss?: string | undefined;
  sub?: string | undefined;
  aud?: string | string[] | undefined;
  exp?: number | undefined;
  nbf?: number | undefined;
  iat?: number | undefined;
  jti?: string | undefined;
}

export interface Jwt {
  header: JwtHeader;
  payload: JwtPayload | string;
  signature: string;
}

export type SigningKeyCallback = (error: Error | null, signingKey?: Secret | PublicKey) => void;
export type GetPublicKeyOrSecret = (header: JwtHeader, callback: SigningKeyCallback) => void;

/** What `createPublicKey` and `createPrivateKey` of node:crypto take with options beside the key. */
export interface KeyInput {
  key: string | Uint8Array | KeyObjectLike | object;
  format?: 'pem' | 'der' | 'jwk' | undefined;
  type?: 'pkcs1' | 'pkcs8' | 'sec1' | 'spki' | undefined;
  passphrase?: string | Uint8Array | undefined;
  encoding?: string | undefined;
}
export type PublicKey = string | Uint8Array | ArrayBuffer | KeyObjectLike | KeyInput;
export type PrivateKey = PublicKey;
export type Secret = string | Uint8Array | KeyObjectLike | { key: string | Uint8Array; passphrase: string };
