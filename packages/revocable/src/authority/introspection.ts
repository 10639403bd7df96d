/** Introspection, RFC 7662: the same verdict as every verifier's, asked of the authority. */
import { RevocableError } from '../errors.ts';
import { endOf, type SessionRow } from '../sessions/index.ts';
import { numericDate } from '../time.ts';
import type { Verifier } from '../verifier/index.ts';
import type { Context } from './context.ts';
import { isRefreshToken } from './refresh-token.ts';
import { provedSession } from './refresher.ts';

export type Introspection =
  | { readonly active: false }
  | ({ readonly active: true } & Readonly<Record<string, unknown>>);

/** Section 2.2: nothing more is said of a token that is not active. */
const INACTIVE: Introspection = Object.freeze({ active: false });

/**
 * @param verifier accepts any audience: who may ask about which is the caller's rule
 * @throws {StoreError} an outage is no verdict
 */
export async function introspect(
  context: Context,
  verifier: Verifier | undefined,
  token: string,
): Promise<Introspection> {
  try {
    if (typeof token === 'string' && isRefreshToken(token)) return await introspectRefresh(context, token);
    if (verifier === undefined) return INACTIVE;
    const { claims } = await verifier.verify(token);
    return { ...claims, active: true };
  } catch (error) {
    if (error instanceof RevocableError && error.action !== 'retry') return INACTIVE;
    throw error;
  }
}

async function introspectRefresh(context: Context, token: string): Promise<Introspection> {
  const { session, generation, root } = await provedSession(context, token);
  const family = await context.store.sessions({ kind: 'session', session: session.id });
  if (!family.some(({ id }) => id === session.id) || generation < session.p) return INACTIVE;
  context.replica.judge({ claims: stampsOf(context, session), typ: 'rt+jwt', key: { kid: root.name } });
  return {
    active: true,
    iss: context.settings.issuer,
    exp: numericDate(endOf(session)),
    iat: numericDate(session.created),
    sid: session.id,
    token_type: 'refresh_token',
    ...subjectOf(session),
  };
}

const stampsOf = ({ settings }: Context, { login }: SessionRow): Readonly<Record<string, unknown>> => ({
  iss: settings.issuer,
  modified_at: login,
  refresh_modified_at: login,
});

function subjectOf(session: SessionRow): Readonly<Record<string, string>> {
  return {
    sub: session.subject,
    ...(session.tenant && { tid: session.tenant }),
    ...(session.client && { client_id: session.client }),
    ...(session.scope && { scope: session.scope }),
  };
}
