/** Names that a server and a page both know. Nothing here runs, so it may be loaded anywhere. */
import type { Action, ErrorCode } from '../errors.ts';

export type { Action, ErrorCode };

/**
 * The one cookie of a browser session; it holds the refresh token.
 * The prefix makes a browser refuse it unless it is Secure, HttpOnly, host-only and for `/`; `plain` is for http on loopback.
 */
export const SESSION_COOKIE = { secure: '__Host-Http-revocable', plain: 'revocable' } as const;

/** Where the login page sends people back to: a query parameter of its address and a field of its form. */
export const RETURN_TO = 'return_to';

/** The events of `GET /revocations`, in the order in which a follower first meets them. */
export const FEED_EVENTS = ['profile', 'snapshot', 'ready', 'cut', 'key'] as const;
export type FeedEvent = (typeof FEED_EVENTS)[number];

/** `error` of a refusal: RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1, RFC 9449 section 12.2; `cross_origin`. */
export type OauthError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_grant'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'temporarily_unavailable'
  | 'server_error'
  | 'cross_origin';

/** The JSON body of every refusal. */
export interface RefusalBody {
  readonly error: OauthError;
  readonly error_description: string;
  readonly code: ErrorCode;
  readonly action: Action;
}

/** The JSON answer of `/refresh` (RFC 6749 section 5.1, without a refresh token: that one stays in the cookie). */
export interface RefreshAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly scope?: string;
}
