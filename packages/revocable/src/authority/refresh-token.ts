/**
 * Refresh tokens, opaque or as JWTs: a session, a generation, and the proof that a root secret made it for that session.
 * The store keeps nothing that makes one; the root secret alone does not either, for each proof covers the session's salt.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { TokenError } from '../errors.ts';
import { decode } from '../jose/index.ts';
import { isRefresh } from '../revocation/index.ts';
import type { SessionRow } from '../sessions/index.ts';
import { type Maker, partsOf, type RefreshToken } from './refresh-form.ts';
import { makeRefreshJwt, parseRefreshJwt } from './refresh-jwt.ts';
import type { RootKeys, Roots } from './root.ts';

/** `sid.generation.mac`. The generation in its one spelling, so that a token has one, too. */
const OPAQUE = /^([^.]{1,64})\.(0|[1-9]\d{0,15})\.([\w-]{43})$/;

/** The token of the session's current generation: the same each time. */
export function makeRefreshToken(session: SessionRow, { settings, roots }: Maker): string {
  if (settings.refreshFormat === 'jwt') return makeRefreshJwt(session, settings.issuer, roots[0]);
  return `${session.id}.${session.c}.${macOf(session, session.c, roots[0].session)}`;
}

/** Told by its form, and of a JWT by its `typ`; never by which claims there are. */
export function isRefreshToken(token: string): boolean {
  return OPAQUE.test(token) || isRefresh(typeOf(token));
}

function typeOf(token: string): string | undefined {
  try {
    return decode(token).header.typ;
  } catch {
    return undefined;
  }
}

/**
 * Both forms are taken, whichever this authority makes.
 * @throws {TokenError} ERR_TOKEN_MISSING, ERR_TOKEN_TYPE for any other JWT, ERR_TOKEN_MALFORMED, ERR_TOKEN_TOO_LARGE,
 *   ERR_TOKEN_CRIT, ERR_TOKEN_ALG_NOT_ALLOWED
 */
export function parseRefreshToken(token: unknown): RefreshToken {
  if (token === undefined || token === null || token === '')
    throw new TokenError('ERR_TOKEN_MISSING', 'There is no refresh token.');
  if (typeof token !== 'string') throw malformed();
  const [, session, digits = '', mac = ''] = OPAQUE.exec(token) ?? [];
  if (session === undefined) return parseRefreshJwt(token);
  const generation = Number(digits);
  if (!Number.isSafeInteger(generation)) throw malformed();
  return { session, generation, prove: (row, maker) => proveMac(mac, row, generation, maker.roots) };
}

const malformed = (): TokenError =>
  new TokenError('ERR_TOKEN_MALFORMED', 'The refresh token has not the form of one.');

function proveMac(mac: string, session: SessionRow, generation: number, roots: Roots): RootKeys {
  const given = Buffer.from(mac, 'latin1');
  const maker = roots.find(root =>
    timingSafeEqual(given, Buffer.from(macOf(session, generation, root.session), 'latin1')),
  );
  if (maker === undefined)
    throw new TokenError('ERR_TOKEN_SIGNATURE', 'The refresh token was not made here.');
  return maker;
}

/** The parts as a JSON array, so that no two sets of parts have one text. */
function macOf(session: SessionRow, generation: number, key: Uint8Array): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([generation, ...partsOf(session)]))
    .digest('base64url');
}
