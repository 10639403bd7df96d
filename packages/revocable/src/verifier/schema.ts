/** Standard Schema v1 (standardschema.dev): zod, valibot, arktype and others, without depending on any. */
import { ConfigError, TokenClaimError } from '../errors.ts';

/** As much of a Standard Schema as is used. */
export interface Schema<Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** @throws {ConfigError} ERR_CONFIG_INVALID */
export function checkSchema(schema: unknown): void {
  const standard = (schema as { '~standard'?: { version?: unknown; validate?: unknown } } | null)?.[
    '~standard'
  ];
  if (standard?.version !== 1 || typeof standard.validate !== 'function')
    throw new ConfigError(
      '"schema" is a Standard Schema, such as one of zod 3.24, valibot 1 or arktype 2, or later.',
    );
}

/**
 * What the schema makes of the claims.
 * Its messages may quote what was received, so of an issue only the path goes into the error.
 * @throws {TokenClaimError} ERR_TOKEN_CLAIM
 * @throws {ConfigError} ERR_CONFIG_INVALID for a schema that answers by promise
 */
export function applySchema<Output>(schema: Schema<Output>, claims: unknown): Output {
  const result = validate(schema, claims);
  if (result instanceof Promise || typeof (result as { then?: unknown }).then === 'function')
    throw new ConfigError('"schema" answers by promise; a verifier takes synchronous ones.');
  if (result.issues !== undefined) throw new TokenClaimError(pathOf(result.issues[0]), 'invalid');
  return result.value;
}

function validate<Output>(
  schema: Schema<Output>,
  claims: unknown,
): ReturnType<Schema<Output>['~standard']['validate']> {
  try {
    return schema['~standard'].validate(claims);
  } catch {
    // A transform of the user's that the claims broke: a refusal, and its message may quote them.
    throw new TokenClaimError('', 'invalid', 'The schema threw at the claims.');
  }
}

/** Where in the claims; a record's keys are the token's own words, so a long path is cut. */
function pathOf(issue: SchemaIssue | undefined): string {
  const keys = (issue?.path ?? []).map(segment =>
    String(typeof segment === 'object' ? segment.key : segment),
  );
  return keys.join('.').slice(0, 100);
}
