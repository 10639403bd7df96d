/** Proves an access token before it is taken back: a forged one must change nothing. */
import { ConfigError, TokenClaimError } from '../errors.ts';
import { createVerifier } from '../verifier/index.ts';
import type { Context } from './context.ts';

/** The token's `jti`, its `exp` in milliseconds, and its session where it has one. */
export interface ProvedAccessToken {
  readonly jti: string;
  readonly expiresMs: number;
  readonly session: string | undefined;
}

export type TokenProver = (token: string) => Promise<ProvedAccessToken>;

export function createTokenProver(context: Context): TokenProver {
  const { keys, settings, clock } = context;
  if (keys === undefined)
    return async () => {
      throw new ConfigError(
        'This authority has no keys to prove a token with: revoke its session or its subject.',
      );
    };
  const verifier = createVerifier({
    keys: keys.verification,
    issuer: settings.issuer,
    audience: null,
    typ: null,
    dpop: null, // whoever takes it back need not hold it
    clock: () => clock.wall(),
  });
  return async token => {
    const { claims } = await verifier.verify(token);
    if (typeof claims.jti !== 'string') throw new TokenClaimError('jti', 'missing');
    const session = typeof claims.sid === 'string' ? claims.sid : undefined;
    return { jti: claims.jti, expiresMs: (claims.exp ?? 0) * 1000, session };
  };
}
