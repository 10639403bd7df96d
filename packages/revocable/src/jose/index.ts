/** The standards, at the level below tokens: JOSE as RFC 7515, 7517, 7518, 7519 and 7638 have it. */
export {
  type Alg,
  type Algorithm,
  type AsymmetricAlg,
  algorithms,
  type EcdsaAlgorithm,
  type EddsaAlgorithm,
  findAlgorithm,
  type HmacAlgorithm,
  type MlDsaAlgorithm,
  type RsaAlgorithm,
} from './algorithms.ts';
export { decodeBase64url, encodeBase64url } from './base64url.ts';
export { type Claims, checkClaims, checkOwnClaims, type Expectations, parseClaims } from './claims.ts';
export { type Compact, malformed, parseCompact, proveCompact } from './compact.ts';
export {
  accessTokenHash,
  DPOP_ALGORITHMS,
  type DpopProof,
  type DpopTarget,
  proveDpop,
} from './dpop-proof.ts';
export { ecdsaDer, ecdsaRaw } from './ecdsa.ts';
export { type ExportOptions, exportJwk, exportPem } from './export-key.ts';
export { type ExternalKeyOptions, externalKey } from './external-key.ts';
export { type GenerateKeyOptions, generateKey, generateKeyAsync } from './generate.ts';
export { checkCritical, type JoseHeader, mediaType, type ProtectedHeader } from './header.ts';
export {
  importJwk,
  type PrivateKeyOptions,
  privateKey,
  publicKey,
  secretKey,
} from './import-key.ts';
export { type JsonObject, type JsonValue, parseJsonObject, parseJsonText } from './json.ts';
export type { Jwk, Jwks } from './jwk.ts';
export {
  type FlattenedJws,
  type GeneralJws,
  type Serialization,
  type Serialized,
  type SignJwsOptions,
  signJws,
} from './jws.ts';
export { decode, signJwt, signJwtAsync, type Unverified } from './jwt.ts';
export {
  type CryptoKeyLike,
  type ExternalKey,
  type ExternalSign,
  isKey,
  type KeyKind,
  type KeyName,
  type KeyObjectLike,
  materialOf,
  type PublicKey,
  type SigningKey,
  type VerificationKey,
} from './key.ts';
export type { KeyOptions, PrivateMaterial, PublicMaterial, SecretMaterial } from './key-material.ts';
export { createKeySet, importJwks, type JwksPolicy, type KeySet, type KeySetOptions } from './key-set.ts';
export {
  algNotAllowed,
  chooseKeys,
  type HasKeySource,
  type KeySource,
  type Keys,
  keySource,
  notFound,
  sourceOf,
} from './key-source.ts';
export type { Risk, RiskListener, RiskyToken } from './risks.ts';
export { createSigner, type Signer, type SignerOptions } from './signer.ts';
export { targetUri } from './target-uri.ts';
export { thumbprint } from './thumbprint.ts';
export { allRisks, tokenRisks } from './token-risks.ts';
export { type VerifiedJws, type VerifyJwsOptions, verifyJws } from './verify-jws.ts';
