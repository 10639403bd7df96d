/**
 * Refresh tokens as JWTs, `typ` rt+jwt. Not by a signing key: those change every month and may be stolen, and a JWK Set that
 * proved refresh tokens would be one more way to take them for something else. HS256 under a key of this one session, derived
 * from root secret and salt: nobody but the authority can make or check one, and it lives as long as its session.
 */
import { createHmac } from 'node:crypto';
import { TokenClaimError, TokenError } from '../errors.ts';
import {
  algNotAllowed,
  type Compact,
  checkCritical,
  malformed,
  parseClaims,
  parseCompact,
  proveCompact,
  type SigningKey,
  secretKey,
  signJwt,
} from '../jose/index.ts';
import { isRefresh } from '../revocation/index.ts';
import type { SessionRow } from '../sessions/index.ts';
import { numericDate } from '../time.ts';
import { type Maker, partsOf, type RefreshToken } from './refresh-form.ts';
import type { RootKeys } from './root.ts';

const ALG = 'HS256';
const LONGEST = 16 * 1024;

/** Of one generation there is one text: a twin gets the same, and a retry changes nothing. */
export function makeRefreshJwt(session: SessionRow, issuer: string, root: RootKeys): string {
  const header = { alg: ALG, typ: 'rt+jwt', kid: root.name };
  const claims = {
    iss: issuer,
    aud: issuer,
    sub: session.subject,
    exp: numericDate(session.expires),
    iat: numericDate(Math.max(session.created, session.at)),
    sid: session.id,
    ...(session.tenant && { tid: session.tenant }),
    ...(session.client && { client_id: session.client }),
    ...(session.jkt && { cnf: { jkt: session.jkt } }),
    refresh_modified_at: session.login,
    generation: session.c,
  };
  return signJwt(header, claims, keyOf(session, root));
}

/** @throws {TokenError} ERR_TOKEN_MALFORMED, _TYPE, _TOO_LARGE, _CRIT, _ALG_NOT_ALLOWED */
export function parseRefreshJwt(token: string): RefreshToken {
  const compact = parseCompact(token, LONGEST);
  const { header } = compact.protected;
  if (!isRefresh(header.typ)) throw new TokenError('ERR_TOKEN_TYPE', 'This is not a refresh token.');
  checkCritical(header, []);
  if (header.alg !== ALG) throw algNotAllowed(header.alg);
  const { sid, iss, ...claims } = parseClaims(compact.text);
  const generation = claims['generation'] as number;
  if (typeof sid !== 'string' || sid === '' || !Number.isSafeInteger(generation) || generation < 0)
    throw malformed('The refresh token names no session and generation.');
  return { session: sid, generation, prove: (session, maker) => prove(compact, iss, session, maker) };
}

/** Its end is the session's, which the step knows; `exp` is for readers. */
function prove(
  compact: Compact,
  issuer: string | undefined,
  session: SessionRow,
  { settings, roots }: Maker,
): RootKeys {
  const maker = roots.find(root => root.name === compact.protected.header.kid);
  if (maker === undefined)
    throw new TokenError('ERR_TOKEN_SIGNATURE', 'The refresh token was not made here.');
  proveCompact(compact, [keyOf(session, maker)]);
  if (issuer !== settings.issuer) throw new TokenClaimError('iss', 'mismatch');
  return maker;
}

/** The parts as a JSON array, so that no two sets of parts have one text, nor one of an opaque token's. */
function keyOf(session: SessionRow, root: RootKeys): SigningKey {
  const octets = createHmac('sha256', root.session)
    .update(JSON.stringify(['rt+jwt', ALG, ...partsOf(session)]))
    .digest();
  return secretKey(ALG, octets, { kid: root.name });
}
