/** `jsonwebtoken` and our face of it, called with the same arguments: what each answers, in a form that can be compared. */
import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';

type Call = (...parameters: unknown[]) => unknown;

/** The names of both modules, without types: the tests pass what the types forbid. */
export interface Face {
  readonly sign: Call;
  readonly verify: Call;
  readonly decode: Call;
  readonly JsonWebTokenError: new (message: string, error?: Error) => Error;
  readonly NotBeforeError: new (message: string, date: Date) => Error;
  readonly TokenExpiredError: new (message: string, date: Date) => Error;
}

const require = createRequire(import.meta.url);
export const theirs: Face = require('jsonwebtoken');
export const ours: Face = require('revocable/compat/jsonwebtoken');

/** A value, or all that can be told of an error. */
export type Outcome = { readonly value: unknown } | { readonly error: ToldError };
interface ToldError {
  readonly kinds: readonly string[];
  readonly name: string;
  readonly message: string;
  readonly fields: unknown;
}

export function outcomeOf(face: Face, run: (face: Face) => unknown): Outcome {
  try {
    return { value: run(face) };
  } catch (error) {
    return { error: tell(face, error as Error) };
  }
}

function tell(face: Face, error: Error): ToldError {
  const kinds = (['JsonWebTokenError', 'NotBeforeError', 'TokenExpiredError'] as const).filter(
    name => error instanceof face[name],
  );
  const { name, message } = error;
  // How deep OpenSSL was when it failed is no answer.
  const { opensslErrorStack: _, ...fields } = error as Error & { opensslErrorStack?: unknown };
  return { kinds, name, message: NO_DER.test(message) ? 'no ECDSA signature in DER' : message, fields };
}

/** Signatures are random: at which octet one turns out to be none differs from call to call. */
const NO_DER =
  /^(?:Could not find expected "|"(?:seq|r|s)" specified length of|Expected to consume entire buffer)/;

/** What a callback was called with, in order; and what the call itself threw. */
export interface Calls {
  readonly thrown: Outcome | undefined;
  readonly calls: readonly (Outcome | { readonly arguments: readonly unknown[] })[];
}

/** Calls with a callback and waits until it was called, or until it is clear that it never will be. */
export async function callsOf(face: Face, run: (face: Face, callback: Call) => unknown): Promise<Calls> {
  const calls: Calls['calls'][number][] = [];
  const callback: Call = (...given) => {
    calls.push(given[0] instanceof Error ? { error: tell(face, given[0]) } : { arguments: given });
  };
  const made = outcomeOf(face, other => run(other, callback));
  const thrown = 'error' in made ? made : undefined;
  for (let turn = 0; turn < 50 && calls.length === 0 && thrown === undefined; turn++) await setTimeout(1);
  await setTimeout(1);
  return { thrown, calls };
}

/** Header and payload of a token, where the signature is made with a random number. */
export function withoutSignature(outcome: Outcome): Outcome {
  if (!('value' in outcome) || typeof outcome.value !== 'string') return outcome;
  return { value: outcome.value.slice(0, outcome.value.lastIndexOf('.')) };
}
