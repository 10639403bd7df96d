/** The access token in the page's memory: never in storage, where any script of any day would find it. */
import type { RefreshAnswer } from '../http/wire.ts';

/** Times in milliseconds since 1970, by this machine's clock. */
export interface AccessToken {
  readonly value: string;
  /** When it was asked for, or a little later: of two tokens the one with the higher number counts. */
  readonly at: number;
  readonly expiresAt: number;
  /** Until when it will still be good on arrival. */
  readonly usableUntil: number;
}

/** Who is signed in, read from the access token and not proved: for the eye, never for a decision. */
export interface Session {
  readonly subject: string | undefined;
  readonly sessionId: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /** When the access token ends; the session itself lives longer. */
  readonly expiresAt: Date;
}

/**
 * @param at above that of every token before
 * @returns undefined when the answer is not one of RFC 6749 section 5.1
 */
export function accessTokenOf(answer: unknown, at: number, now: number): AccessToken | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { access_token, token_type, expires_in } = answer as Partial<Record<keyof RefreshAnswer, unknown>>;
  if (typeof access_token !== 'string' || access_token === '') return undefined;
  // RFC 6749 section 5.1: the type is compared without case.
  if (typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer') return undefined;
  if (typeof expires_in !== 'number' || !(expires_in > 0)) return undefined;
  const lifeMs = expires_in * 1000;
  // A tenth of its life, five seconds at most, is left for the way.
  return {
    value: access_token,
    at,
    expiresAt: now + lifeMs,
    usableUntil: now + lifeMs - Math.min(5000, lifeMs / 10),
  };
}

export function sessionOf(token: AccessToken): Session {
  const claims = claimsOf(token.value);
  const { sub, sid } = claims;
  return {
    subject: typeof sub === 'string' ? sub : undefined,
    sessionId: typeof sid === 'string' ? sid : undefined,
    claims,
    expiresAt: new Date(token.expiresAt),
  };
}

/** Empty when the token is not a JWT, as RFC 6749 section 1.4 allows. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), c => c.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
