/** Introspection, RFC 7662: the same verdict as every verifier's, asked of the authority. */
import { RevocableError, refuseUnknown } from '../errors.ts';
import { endOf, type SessionRow } from '../sessions/index.ts';
import { numericDate } from '../time.ts';
import { boundKey, type Verifier, type VerifyOptions } from '../verifier/index.ts';
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
 * @param came given, whoever asks was sent the token itself, and its binding is judged too
 * @throws {StoreError} an outage is no verdict
 * @throws {TokenError} ERR_TOKEN_CLAIM, ERR_TOKEN_PROOF, ERR_TOKEN_NONCE of the binding
 */
export async function introspect(
  context: Context,
  verifier: Verifier | undefined,
  token: string,
  came: VerifyOptions | undefined,
): Promise<Introspection> {
  const answer = await standing(context, verifier, token);
  if (came === undefined || !answer.active || answer['token_type'] === 'refresh_token') return answer;
  refuseUnknown(came, ['dpop'], 'introspect');
  await context.senderProofs.confirm(answer['cnf'], token, came.dpop);
  return answer;
}

async function standing(
  context: Context,
  verifier: Verifier | undefined,
  token: string,
): Promise<Introspection> {
  try {
    if (typeof token === 'string' && isRefreshToken(token)) return await introspectRefresh(context, token);
    if (verifier === undefined) return INACTIVE;
    const { claims } = await verifier.verify(token);
    return { ...claims, ...(boundKey(claims['cnf']) && { token_type: 'DPoP' }), active: true };
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
    ...(session.jkt && { cnf: { jkt: session.jkt } }),
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
