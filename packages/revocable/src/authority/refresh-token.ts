/** The opaque refresh token: `sid.generation.mac`. Nothing in it is kept in the store but what anybody may know. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { TokenError } from '../errors.ts';
import type { SessionRow } from '../sessions/index.ts';
import type { Roots } from './root.ts';

export interface RefreshToken {
  readonly session: string;
  readonly generation: number;
  readonly mac: string;
}

const MAC_LENGTH = 43;
const LONGEST = 128;

type MacInput = Pick<SessionRow, 'id' | 'client' | 'salt'>;

export function makeRefreshToken(session: MacInput, generation: number, roots: Roots): string {
  return `${session.id}.${generation}.${macOf(session, generation, roots[0].session)}`;
}

/**
 * @throws {TokenError} ERR_TOKEN_MISSING, ERR_TOKEN_TYPE for something that looks like a JWT, ERR_TOKEN_MALFORMED otherwise
 */
export function parseRefreshToken(token: unknown): RefreshToken {
  if (token === undefined || token === null || token === '')
    throw new TokenError('ERR_TOKEN_MISSING', 'There is no refresh token.');
  if (typeof token !== 'string') throw malformed();
  if (token.startsWith('eyJ')) throw new TokenError('ERR_TOKEN_TYPE', 'This is not a refresh token.');
  if (token.length > LONGEST) throw malformed();
  const [session = '', digits = '', mac = '', ...more] = token.split('.');
  const generation = Number(digits);
  const isWhole = Number.isSafeInteger(generation) && generation >= 0 && String(generation) === digits;
  if (session === '' || !isWhole || mac.length !== MAC_LENGTH || more.length > 0) throw malformed();
  return { session, generation, mac };
}

const malformed = (): TokenError =>
  new TokenError('ERR_TOKEN_MALFORMED', 'The refresh token has not the form of one.');

/** @throws {TokenError} ERR_TOKEN_SIGNATURE when no root secret made this MAC */
export function proveRefreshToken(token: RefreshToken, session: MacInput, roots: Roots): void {
  const given = Buffer.from(token.mac, 'latin1');
  const holds = roots.some(root =>
    timingSafeEqual(given, Buffer.from(macOf(session, token.generation, root.session), 'latin1')),
  );
  if (!holds) throw new TokenError('ERR_TOKEN_SIGNATURE', 'The refresh token was not made here.');
}

/** The parts as a JSON array, so that no two sets of parts have one text. */
function macOf(session: MacInput, generation: number, key: Uint8Array): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([session.id, generation, session.client, session.salt]))
    .digest('base64url');
}
