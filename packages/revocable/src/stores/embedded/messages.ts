/** What the main thread and the worker say to each other. */
import { ConfigError, RevocableError, StoreError, type StoreErrorCode } from '../../errors.ts';
import type { Request } from './connection.ts';
import type { Watched } from './operations.ts';

export type ToWorker =
  | { readonly type: 'open'; readonly store: number; readonly folder: string; readonly exclusive: boolean }
  | { readonly type: 'batch'; readonly store: number; readonly requests: readonly Request[] }
  | { readonly type: 'secret'; readonly store: number }
  | { readonly type: 'close'; readonly store: number }
  | { readonly type: 'end' };

export interface WireError {
  readonly kind: 'config' | 'store' | 'other';
  readonly code: string;
  readonly message: string;
  readonly cause: unknown;
}

export type WireOutcome = { readonly value: unknown } | { readonly error: WireError };

export interface Opening {
  readonly watched: Watched;
  readonly warning: string | undefined;
}

export type FromWorker =
  /** Answers to the oldest unanswered message about this store. */
  | { readonly type: 'answer'; readonly store: number; readonly outcomes: readonly WireOutcome[] }
  /** Something was written, by this process or another. */
  | { readonly type: 'changed'; readonly store: number; readonly watched: Watched };

/** Structured clone keeps neither the class nor the code of an error. */
export function wireError(error: unknown): WireError {
  const kind = error instanceof ConfigError ? 'config' : error instanceof StoreError ? 'store' : 'other';
  const code = error instanceof RevocableError ? error.code : '';
  const { message, cause } = error instanceof Error ? error : { message: String(error), cause: undefined };
  return { kind, code, message, cause: cause instanceof Error ? cause.message : undefined };
}

export function errorFrom({ kind, code, message, cause }: WireError): Error {
  const details = cause === undefined ? {} : { cause };
  if (kind === 'config') return new ConfigError(message, details);
  if (kind === 'store') return new StoreError(code as StoreErrorCode, message, details);
  return new Error(message, details);
}
