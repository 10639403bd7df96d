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

/** Makes of claims what a schema makes of them. */
export type SchemaCheck<Output> = (claims: unknown) => Output;

/**
 * Its messages may quote what was received, so of an issue only the path goes into the error.
 * The check throws TokenClaimError (ERR_TOKEN_CLAIM); ConfigError for a schema that has only ever answered by promise.
 * @throws {ConfigError} ERR_CONFIG_INVALID
 */
export function createSchemaCheck<Output>(schema: Schema<Output>): SchemaCheck<Output> {
  checkSchema(schema);
  let isSynchronous = false;
  return claims => {
    const result = validate(schema, claims);
    if (isPromise(result)) throw promised(isSynchronous);
    if (result.issues !== undefined) throw new TokenClaimError(pathOf(result.issues[0]), 'invalid');
    isSynchronous = true;
    return result.value;
  };
}

function checkSchema(schema: unknown): void {
  const standard = (schema as { '~standard'?: { version?: unknown; validate?: unknown } } | null)?.[
    '~standard'
  ];
  if (standard?.version !== 1 || typeof standard.validate !== 'function')
    throw new ConfigError(
      '"schema" is a Standard Schema, such as one of zod 3.24, valibot 1 or arktype 2, or later.',
    );
}

type Answer<Output> = ReturnType<Schema<Output>['~standard']['validate']>;

/** A transform of the user's may throw at claims: that is a refusal, and its message may quote them. */
function validate<Output>(schema: Schema<Output>, claims: unknown): Answer<Output> {
  try {
    return schema['~standard'].validate(claims);
  } catch {
    throw new TokenClaimError('', 'invalid', 'The schema threw at the claims.');
  }
}

/** A promise that nobody awaits must not reject unheard: that would end the process. */
function isPromise<Output>(answer: Answer<Output>): answer is Promise<SchemaResult<Output>> {
  if (typeof (answer as { then?: unknown }).then !== 'function') return false;
  void Promise.resolve(answer).catch(() => {});
  return true;
}

/** zod asks again by promise when a transform threw: after one that answered at once, a promise is such a refusal. */
function promised(isSynchronous: boolean): ConfigError | TokenClaimError {
  if (isSynchronous) return new TokenClaimError('', 'invalid', 'The schema threw at the claims.');
  return new ConfigError('"schema" answers by promise; a verifier takes synchronous ones.');
}

/** Where in the claims; a record's keys are the token's own words, so a long path is cut. */
function pathOf(issue: SchemaIssue | undefined): string {
  const keys = (issue?.path ?? []).map(segment =>
    String(typeof segment === 'object' ? segment.key : segment),
  );
  return keys.join('.').slice(0, 100);
}
