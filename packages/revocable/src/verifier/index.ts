/** Who only checks: holds no secret. */
export { combineVerifiers } from './combine.ts';
export type { SchemaOption, VerifierOptions } from './options.ts';
export type { CacheOptions } from './proved-signatures.ts';
export type { Schema, SchemaIssue, SchemaResult } from './schema.ts';
export type { Auth, Register, RegisteredClaims, Verified } from './verified.ts';
export { type Checked, type ClaimsWith, createVerifier, type Verifier } from './verifier.ts';
