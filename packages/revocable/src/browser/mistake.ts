/** Errors of the page's own client. The package's error tree is types alone here, to keep what a page loads small. */
import type { Action, ErrorCode } from '../http/wire.ts';

/** An Error with the `code` and the `action` that the same fault has elsewhere in this package. */
export interface ClientError extends Error {
  readonly code: ErrorCode;
  readonly action: Action;
}

/** Wrong use: ERR_CONFIG_INVALID. */
export function misuse(message: string): ClientError {
  return Object.assign(new Error(message), {
    name: 'ConfigError',
    code: 'ERR_CONFIG_INVALID',
    action: 'none',
  } as const);
}

/** A service that does not do what was asked, now. */
export function unavailable(message: string): ClientError {
  return Object.assign(new Error(message), {
    name: 'StoreError',
    code: 'ERR_STORE_UNAVAILABLE',
    action: 'retry',
  } as const);
}
