/** The code flow over real HTTP, by hand: what a client of OAuth does, and no more. */
import { createHash, randomBytes } from 'node:crypto';
import type { ListeningWorld } from './listening.ts';

export const CALLBACK = 'https://shop.example/callback';

export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

/** RFC 7636 section 4.1. */
export function newPkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly scope?: string;
  readonly refresh_token_timeout: number;
  readonly authorization_expires_in: number;
}

/** An answer of the token endpoint, a refusal or tokens. */
export type TokenAnswer = Partial<Tokens> & {
  readonly status: number;
  readonly error?: string;
  readonly code?: string;
  readonly action?: string;
};

/** A given member that is undefined is left out, a list is sent as often as it is long. */
export function encoded(fields: Fields): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
    for (const each of value === undefined ? [] : [value].flat()) query.append(name, each);
  return query;
}

export interface Flow {
  /** What the page of a client opens. */
  authorize(fields: Fields, cookie?: string): Promise<Response>;
  /** The parameters that the client's address was opened with. */
  answer(fields: Fields, cookie: string): Promise<URLSearchParams>;
  /** A code of the shop for whoever has the cookie. */
  code(cookie: string, pkce: Pkce, fields?: Fields): Promise<string>;
  token(fields: Fields, headers?: Readonly<Record<string, string>>): Promise<TokenAnswer>;
  redeem(code: string, pkce: Pkce, fields?: Fields, headers?: Record<string, string>): Promise<TokenAnswer>;
  /** All of it. */
  signIn(cookie: string, fields?: Fields): Promise<Tokens>;
  refresh(refreshToken: string, clientId?: string): Promise<TokenAnswer>;
}

/** @param clientId of a public client whose address is `CALLBACK` */
export function flowOf(world: ListeningWorld, clientId = 'shop'): Flow {
  const usual = { response_type: 'code', client_id: clientId, redirect_uri: CALLBACK, state: 'xyz' };
  const flow: Flow = {
    authorize: (fields, cookie) =>
      fetch(`${world.url}/authorize?${encoded({ ...usual, ...fields })}`, {
        redirect: 'manual',
        headers: { accept: 'text/html', ...(cookie && { cookie }) },
      }),
    async answer(fields, cookie) {
      const { status, headers } = await flow.authorize(fields, cookie);
      if (status !== 303) throw new Error(`/authorize answered ${status}`);
      return new URL(headers.get('location') ?? '').searchParams;
    },
    async code(cookie, { challenge }, fields = {}) {
      const s256 = { code_challenge: challenge, code_challenge_method: 'S256' };
      const answer = await flow.answer({ ...s256, ...fields }, cookie);
      const code = answer.get('code');
      if (code === null) throw new Error(`no code: ${answer}`);
      return code;
    },
    async token(fields, headers = {}) {
      const answer = await fetch(`${world.url}/token`, { method: 'POST', body: encoded(fields), headers });
      return { status: answer.status, ...((await answer.json()) as object) };
    },
    redeem: (code, { verifier }, fields = {}, headers = {}) =>
      flow.token(
        {
          grant_type: 'authorization_code',
          client_id: clientId,
          redirect_uri: CALLBACK,
          code,
          code_verifier: verifier,
          ...fields,
        },
        headers,
      ),
    async signIn(cookie, fields = {}) {
      const pkce = newPkce();
      const answer = await flow.redeem(await flow.code(cookie, pkce, fields), pkce);
      if (answer.status !== 200) throw new Error(`/token answered ${answer.status}: ${answer.error}`);
      return answer as TokenAnswer & Tokens;
    },
    refresh: (refresh_token, client_id = clientId) =>
      flow.token({ grant_type: 'refresh_token', refresh_token, client_id }),
  };
  return flow;
}
