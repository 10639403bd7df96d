/** A client's key, and the DPoP proofs that it makes: RFC 9449 section 4.2. */
import { createHash, randomUUID } from 'node:crypto';
import { exportJwk, generateKey, thumbprint } from 'revocable';
import { signJwt } from 'revocable/jose';

export interface Wish {
  readonly method?: string;
  readonly path?: string;
  readonly token?: string;
  readonly nonce?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface Prover {
  readonly jkt: string;
  prove(wish?: Wish): string;
}

/** @param base of the service, as clients know it */
export function createProver(base: string): Prover {
  const key = generateKey('ES256');
  return {
    jkt: thumbprint(key),
    prove({ method = 'POST', path = '/token', token, nonce, claims }: Wish = {}): string {
      const ath = token && createHash('sha256').update(token).digest('base64url');
      const times = { iat: Math.floor(Date.now() / 1000), jti: randomUUID() };
      return signJwt(
        { typ: 'dpop+jwt', alg: 'ES256', jwk: exportJwk(key) },
        {
          ...times,
          htm: method,
          htu: `${base}${path}`,
          ...(ath && { ath }),
          ...(nonce && { nonce }),
          ...claims,
        },
        key,
      );
    },
  };
}
