/** Access tokens: RFC 9068 claims, and the two stamps. */
import { ConfigError } from '../errors.ts';
import { randomId } from '../random.ts';
import { PROFILE_CLAIMS } from '../revocation/index.ts';
import { endOf, type SessionRow } from '../sessions/index.ts';
import { numericDate } from '../time.ts';
import type { Context } from './context.ts';

/** What an access token says, but for what the profile adds. Times in milliseconds. */
export interface AccessGrant {
  readonly subject: string;
  readonly tenant: string;
  readonly client: string;
  readonly audience: readonly string[];
  readonly scope: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The `now` of the atomic step, and its stamps. */
  readonly now: number;
  readonly stamp: number;
  readonly login: number;
  readonly session?: SessionRow;
  /** Thumbprint of the key that it is bound to. */
  readonly jkt?: string | undefined;
}

export interface MintedAccessToken {
  readonly accessToken: string;
  /** `DPoP`: bound to a key, and worth nothing without it (RFC 9449 section 5). */
  readonly tokenType: 'Bearer' | 'DPoP';
  /** Seconds. */
  readonly expiresIn: number;
}

export async function mintAccessToken(context: Context, grant: AccessGrant): Promise<MintedAccessToken> {
  const { settings, keys, random } = context;
  if (keys === undefined)
    throw new ConfigError('This authority signs nothing ("signing" is null): it only takes back.');
  const iat = numericDate(grant.now);
  const lifeEnd = numericDate(grant.now + settings.accessMs);
  const exp = grant.session === undefined ? lifeEnd : Math.min(lifeEnd, numericDate(endOf(grant.session)));
  const jti = randomId(random);
  const claims = {
    ...grant.claims,
    iss: settings.issuer,
    sub: grant.subject,
    aud: grant.audience.length === 1 ? grant.audience[0] : grant.audience,
    exp,
    iat,
    jti,
    ...present('client_id', grant.client),
    ...present('sid', grant.session?.id ?? ''),
    ...present('tid', grant.tenant),
    ...present('scope', grant.scope),
    auth_time: numericDate(grant.login),
    modified_at: grant.stamp,
    refresh_modified_at: grant.login,
    ...confirmation(grant),
  };
  const accessToken = await keys.sign(settings.typ, claims);
  context.emit({
    type: 'token.issued',
    subject: grant.subject,
    ...(grant.tenant && { tenant: grant.tenant }),
    ...(grant.client && { client: grant.client }),
    ...(grant.session && { session: grant.session.id }),
    token: jti,
  });
  return { accessToken, tokenType: grant.jkt === undefined ? 'Bearer' : 'DPoP', expiresIn: exp - iat };
}

/** RFC 9449 section 6.1; other confirmation methods of the caller's stay beside it (RFC 7800 section 3.1). */
function confirmation({ claims, jkt }: AccessGrant): Readonly<Record<string, unknown>> {
  if (jkt === undefined) return {};
  const others = claims['cnf'];
  return { cnf: { ...(typeof others === 'object' ? others : {}), jkt } };
}

const present = (name: string, value: string): Record<string, string> =>
  value === '' ? {} : { [name]: value };

/**
 * Claims a caller gives may not name one that the profile sets.
 * @throws {ConfigError} ERR_CONFIG_INVALID naming the claim
 */
export function ownClaims(claims: unknown): Readonly<Record<string, unknown>> {
  if (claims === undefined) return {};
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw new ConfigError('"claims" is an object.');
  const taken = Object.keys(claims).find(name => PROFILE_CLAIMS.includes(name) || name === 'auth_time');
  if (taken !== undefined)
    throw new ConfigError(`The claim "${taken}" is set by the authority and cannot be given.`);
  return claims as Record<string, unknown>;
}
