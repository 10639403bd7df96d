/** Who only checks: holds no secret. */
export { combineVerifiers } from './combine.ts';
export {
  createDpopJudge,
  type DpopJudge,
  type DpopOptions,
  type DpopRequest,
  type DpopTerms,
  type JudgedDpop,
  replayed,
} from './dpop.ts';
export { boundKey, confirmHolder, foreignKey, unproved } from './holder.ts';
export type { SchemaOption, VerifierOptions } from './options.ts';
export type { CacheOptions } from './proved-signatures.ts';
export type { Schema, SchemaIssue, SchemaResult } from './schema.ts';
export type { Auth, Register, RegisteredClaims, Verified } from './verified.ts';
export {
  type Checked,
  type ClaimsWith,
  createVerifier,
  type Verifier,
  type VerifyOptions,
} from './verifier.ts';
