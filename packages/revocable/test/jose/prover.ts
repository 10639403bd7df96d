/** A client that makes DPoP proofs, right ones unless a test wants them wrong. */
import { createHash, randomUUID } from 'node:crypto';
import { type Alg, exportJwk, generateKey, type SigningKey, thumbprint } from 'revocable';
import { forge } from './forge.ts';

export interface Wish {
  readonly method?: string;
  readonly url?: string;
  readonly token?: string;
  readonly nonce?: string;
  /** Seconds. */
  readonly iat?: number;
  /** Members in place of the right ones; undefined leaves one out. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface Prover {
  readonly key: SigningKey;
  readonly jkt: string;
  prove(wish?: Wish): string;
}

export const TOKEN_URL = 'https://auth.example/token';

export function createProver(alg: Alg = 'ES256', now: () => number = Date.now): Prover {
  const key = generateKey(alg);
  const { kid: _, ...jwk } = exportJwk(key);
  return {
    key,
    jkt: thumbprint(key),
    prove({ method = 'POST', url = TOKEN_URL, token, nonce, iat, header, claims } = {}) {
      const ath = token && createHash('sha256').update(token).digest('base64url');
      return forge(
        key,
        { typ: 'dpop+jwt', alg, jwk, ...header },
        {
          jti: randomUUID(),
          htm: method,
          htu: url,
          iat: iat ?? Math.floor(now() / 1000),
          ...(ath && { ath }),
          ...(nonce && { nonce }),
          ...claims,
        },
      );
    },
  };
}
