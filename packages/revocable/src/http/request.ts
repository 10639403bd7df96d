/** A request as every surface sees it, whatever the framework. */
import type { OriginRequest } from './same-origin.ts';

/** A header that was sent twice is an array; one that was not is undefined. */
export interface GuardRequest extends OriginRequest {
  /** Whether it came over TLS, where `url` does not say it. */
  readonly isSecure?: boolean | undefined;
}
