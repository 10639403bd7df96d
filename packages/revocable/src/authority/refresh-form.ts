/** What each form of a refresh token, opaque or JWT, is made with and says. */
import type { SessionRow } from '../sessions/index.ts';
import type { Settings } from './options.ts';
import type { RootKeys, Roots } from './root.ts';

export interface Maker {
  readonly settings: Settings;
  readonly roots: Roots;
}

/** A token with the form of one. Nothing in it is proved. */
export interface RefreshToken {
  readonly session: string;
  readonly generation: number;
  /**
   * The root secret that made it for this session.
   * @throws {TokenError} ERR_TOKEN_SIGNATURE when none did; ERR_TOKEN_CLAIM when it was for another issuer
   */
  prove(session: SessionRow, maker: Maker): RootKeys;
}

/**
 * What a refresh token is proved to be of, beside its session: the client, the salt and, where it is bound, the key of its
 * holder. A store that was tampered with cannot set a bound token free.
 */
export const partsOf = ({ id, client, salt, jkt }: SessionRow): readonly string[] =>
  jkt === undefined ? [id, client, salt] : [id, client, salt, jkt];
