/** THE contract of an adapter, over real sockets. Every adapter runs it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeDpop } from './adapter-dpop.ts';
import {
  type AdapterWorld,
  type Answer,
  type Ask,
  ask,
  createAdapterWorld,
  type Fate,
} from './adapter-world.ts';

/** A server of the adapter's framework. It answers every path and method, and `/write` only with the scope "write". */
export interface AdapterServer {
  readonly port: number;
  /** How often the handler behind the guard has run. */
  readonly handled: () => number;
  close(): Promise<void>;
}

/** What the handler says of the `auth` that it was given: `told(auth)`. */
// biome-ignore lint/suspicious/noExplicitAny: each framework has its own request
export type Serve = (options: any) => Promise<AdapterServer>;

export interface AdapterContract {
  readonly serve: Serve;
  /** A header of the framework's own request, as a `getToken` would read it. */
  // biome-ignore lint/suspicious/noExplicitAny: each framework has its own request
  readonly headerOf: (native: any, name: string) => string | undefined;
}

/** The body that every handler answers with. */
export function told(auth: unknown): string {
  const { token, claims, payload, header, key } = (auth ?? {}) as Record<string, unknown>;
  const frozen = auth === undefined || (Object.isFrozen(auth) && Object.isFrozen(claims));
  return JSON.stringify({
    anonymous: auth === undefined,
    token,
    claims,
    header,
    key,
    same: payload === claims,
    frozen,
  });
}

export function describeAdapter(name: string, { serve, headerOf }: AdapterContract): void {
  describe(`adapter contract: ${name}`, () => {
    let world: AdapterWorld;
    const servers: AdapterServer[] = [];
    const open = async (options: object): Promise<AdapterServer> => {
      const server = await serve({ verifier: world.verifier, ...options });
      servers.push(server);
      return server;
    };
    let plain: AdapterServer;
    beforeAll(async () => {
      world = await createAdapterWorld();
      plain = await open({});
    });
    afterAll(async () => {
      for (const server of servers) await server.close();
      world.close();
    });
    const bearer = (fate: Fate): string[] => ['Authorization', `Bearer ${world.token(fate)}`];

    /** Asks a server that must refuse, and sees that its handler did not run. */
    const refused = async (server: AdapterServer, what: Ask): Promise<Answer> => {
      const before = server.handled();
      const answer = await ask(server.port, what);
      expect(server.handled()).toBe(before);
      expect(answer.headers['cache-control']).toBe('no-store');
      if (what.method !== 'HEAD')
        expect(Object.keys(answer.json)).toEqual(['error', 'error_description', 'code', 'action']);
      return answer;
    };

    describe('lets in', () => {
      it('a good token, and hands over what it proved', async () => {
        const token = world.token('good');
        const answer = await ask(plain.port, { headers: ['authorization', `Bearer ${token}`] });
        expect(answer.status).toBe(200);
        expect(answer.json).toMatchObject({
          token,
          claims: { sub: 'ada', aud: 'api' },
          header: { alg: 'ES256', typ: 'at+jwt' },
          key: { alg: 'ES256' },
          same: true,
          frozen: true,
        });
      });

      it('the scheme in any case', async () => {
        const headers = ['Authorization', `bEARER ${world.token('good')}`];
        expect((await ask(plain.port, { headers })).status).toBe(200);
      });

      it('HEAD, OPTIONS and POST like GET', async () => {
        for (const method of ['HEAD', 'OPTIONS', 'POST'])
          expect((await ask(plain.port, { method, headers: bearer('good') })).status).toBe(200);
      });
    });

    describe('refuses', () => {
      it('no token: 401, and the challenge has no error code', async () => {
        const answer = await refused(plain, {});
        expect(answer.status).toBe(401);
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="api"');
        expect(answer.json).toMatchObject({ code: 'ERR_TOKEN_MISSING', action: 'login' });
      });

      it('another scheme like no token', async () => {
        const answer = await refused(plain, { headers: ['Authorization', 'Basic YWRhOng='] });
        expect(answer.status).toBe(401);
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="api"');
      });

      it('the scheme without a token: 400', async () => {
        const answer = await refused(plain, { headers: ['Authorization', 'Bearer'] });
        expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_request', action: 'none' } });
      });

      it('two Authorization headers: 400, whatever their order', async () => {
        const basic = ['Authorization', 'Basic YWRhOng='];
        for (const headers of [
          [...bearer('good'), ...bearer('good')],
          [...bearer('good'), ...basic],
          [...basic, ...bearer('good')],
        ]) {
          const answer = await refused(plain, { headers });
          expect(answer).toMatchObject({
            status: 400,
            json: { error: 'invalid_request', code: 'ERR_REQUEST_INVALID' },
          });
          expect(answer.headers['www-authenticate']).toContain('error="invalid_request"');
        }
      });

      it('two tokens in one header: 400', async () => {
        const token = world.token('good');
        for (const value of [`Bearer ${token} ${token}`, `Bearer ${token}, Bearer ${token}`])
          expect((await refused(plain, { headers: ['Authorization', value] })).status).toBe(400);
      });

      it('a token in the query beside the one in the header: 400; alone it is not read', async () => {
        const path = `/?access_token=${world.token('good')}`;
        expect((await refused(plain, { path, headers: bearer('good') })).status).toBe(400);
        expect((await refused(plain, { path })).json.code).toBe('ERR_TOKEN_MISSING');
      });

      it.each([
        ['expired', 'ERR_TOKEN_EXPIRED', 'refresh', 'token expired'],
        ['signedOut', 'ERR_TOKEN_REVOKED', 'login', 'token not valid'],
        ['outdated', 'ERR_TOKEN_REVOKED', 'refresh', 'token not valid'],
        ['wrongAudience', 'ERR_TOKEN_CLAIM', 'login', 'claim aud is not the expected one'],
        ['wrongKey', 'ERR_TOKEN_SIGNATURE', 'login', 'signature not valid'],
        ['early', 'ERR_TOKEN_NOT_YET_VALID', 'retry', 'token not valid yet'],
      ] as const)('a token that is %s: 401', async (fate, code, action, description) => {
        const token = world.token(fate);
        const answer = await refused(plain, { headers: ['Authorization', `Bearer ${token}`] });
        expect(answer.status).toBe(401);
        expect(answer.json).toEqual({ error: 'invalid_token', error_description: description, code, action });
        expect(answer.headers['www-authenticate']).toBe(
          `Bearer realm="api", error="invalid_token", error_description="${description}"`,
        );
        expect(JSON.stringify(answer.headers) + answer.text).not.toContain(token.slice(0, 40));
      });

      it('what is no token: 401', async () => {
        const answer = await refused(plain, { headers: ['Authorization', 'Bearer undefined'] });
        expect(answer).toMatchObject({
          status: 401,
          json: { error: 'invalid_token', code: 'ERR_TOKEN_MALFORMED' },
        });
      });

      it('while it cannot know: 503 with Retry-After and without a challenge', async () => {
        const server = await open({ verifier: world.staleVerifier });
        const answer = await refused(server, { headers: bearer('good') });
        expect(answer).toMatchObject({
          status: 503,
          json: { error: 'temporarily_unavailable', action: 'retry' },
        });
        expect(answer.json.code).toBe('ERR_REPLICA_STALE');
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
        expect(answer.headers['www-authenticate']).toBeUndefined();
      });

      it('HEAD with the same status and headers, and no body', async () => {
        const answer = await refused(plain, { method: 'HEAD' });
        expect(answer).toMatchObject({ status: 401, text: '' });
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="api"');
      });

      it('a preflight like any request: it may reach a handler', async () => {
        const headers = ['Origin', 'https://shop.example', 'Access-Control-Request-Method', 'GET'];
        expect((await refused(plain, { method: 'OPTIONS', headers })).status).toBe(401);
      });
    });

    describe('scopes', () => {
      it('requireScope: 403 naming the scope, or in', async () => {
        const answer = await refused(plain, { path: '/write', headers: bearer('good') });
        expect(answer).toMatchObject({
          status: 403,
          json: { error: 'insufficient_scope', code: 'ERR_SCOPE_INSUFFICIENT', action: 'none' },
        });
        expect(answer.headers['www-authenticate']).toMatch(/error="insufficient_scope".*, scope="write"$/);
        expect((await ask(plain.port, { path: '/write', headers: bearer('scoped') })).status).toBe(200);
      });

      it('the option: each of them is needed', async () => {
        const server = await open({ scope: 'read write', realm: 'orders' });
        const answer = await refused(server, { headers: bearer('good') });
        expect(answer.status).toBe(403);
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="orders", .*scope="read write"$/);
        expect((await ask(server.port, { headers: bearer('scoped') })).status).toBe(200);
      });

      it('requireScope answers in the realm of its authenticate, and 401 to nobody', async () => {
        const server = await open({ realm: 'orders', credentialsRequired: false });
        const answer = await refused(server, { path: '/write', headers: bearer('good') });
        expect(answer.headers['www-authenticate']).toMatch(
          /^Bearer realm="orders", error="insufficient_scope"/,
        );
        expect((await refused(server, { path: '/write' })).json.code).toBe('ERR_TOKEN_MISSING');
      });
    });

    describe('options', () => {
      it('credentialsRequired: false lets nobody in as nobody, and a bad token not at all', async () => {
        const server = await open({ credentialsRequired: false });
        const answer = await ask(server.port);
        expect(answer).toMatchObject({ status: 200, json: { anonymous: true } });
        expect((await refused(server, { headers: bearer('signedOut') })).status).toBe(401);
        expect((await ask(server.port, { headers: bearer('good') })).json.anonymous).toBe(false);
      });

      it('getToken finds the token elsewhere, also later', async () => {
        const server = await open({ getToken: async (native: unknown) => headerOf(native, 'x-token') });
        expect((await ask(server.port, { headers: ['X-Token', world.token('good')] })).status).toBe(200);
        expect((await refused(server, { headers: bearer('good') })).json.code).toBe('ERR_TOKEN_MISSING');
      });

      it('onRefused hears of each refusal, with the request', async () => {
        const heard: unknown[] = [];
        const onRefused = (
          { error, status }: { error: { code: string }; status: number },
          native: unknown,
        ): void => {
          heard.push([error.code, status, headerOf(native, 'x-mark')]);
        };
        const server = await open({ onRefused });
        await refused(server, { headers: ['X-Mark', 'one'] });
        await refused(server, { path: '/write', headers: [...bearer('good'), 'X-Mark', 'two'] });
        await ask(server.port, { headers: bearer('good') });
        expect(heard).toEqual([
          ['ERR_TOKEN_MISSING', 401, 'one'],
          ['ERR_SCOPE_INSUFFICIENT', 403, 'two'],
        ]);
      });

      it.each([
        ['an unknown one', { verifer: {} }, /no option "verifer"/],
        ['a missing verifier', { verifier: undefined }, /"verifier" of authenticate/],
        ['a verifier that is none', { verifier: {} }, /"verifier" of authenticate/],
        ['cookie beside getToken', { cookie: 'token', getToken: () => '' }, /not both/],
        ['a cookie that cannot be', { cookie: 'a b' }, /"cookie" of authenticate/],
        ['an empty scope', { scope: '' }, /"scope" of authenticate/],
        ['a realm that leaves its quotes', { realm: 'a"b' }, /"realm" of authenticate/],
        ['credentialsRequired of another type', { credentialsRequired: 'no' }, /"credentialsRequired"/],
      ])('refuses %s at once', async (_what, options, message) => {
        const opening = open(options);
        await expect(opening).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
        await expect(opening).rejects.toThrow(message);
      });

      it('a fault of a getToken is no verdict: 500, and the handler does not run', async () => {
        const getToken = (): never => {
          throw new TypeError('planted');
        };
        const server = await open({ getToken });
        const answer = await ask(server.port, { headers: bearer('good') });
        expect(answer.status).toBe(500);
        expect(server.handled()).toBe(0);
      });
    });

    describe('cookie mode', () => {
      let server: AdapterServer;
      beforeAll(async () => {
        server = await open({ cookie: 'access' });
      });
      const cookie = (fate: Fate): string[] => ['Cookie', `theme=dark; access=${world.token(fate)}; other=1`];

      it('takes the token from the cookie, and the header first', async () => {
        expect((await ask(server.port, { headers: cookie('good') })).json.claims.sub).toBe('ada');
        expect((await ask(server.port, { headers: [...cookie('expired'), ...bearer('good')] })).status).toBe(
          200,
        );
        expect((await refused(server, { headers: [...cookie('good'), ...bearer('expired')] })).status).toBe(
          401,
        );
        expect((await refused(server, { headers: ['Cookie', 'accessory=1'] })).json.code).toBe(
          'ERR_TOKEN_MISSING',
        );
      });

      it('refuses two cookies of the name: one of them was set by somebody else', async () => {
        const token = world.token('good');
        const headers = ['Cookie', `access=${token}; access=${token}`];
        expect((await refused(server, { headers })).status).toBe(400);
      });

      const own = (port: number): string => `http://localhost:${port}`;
      it.each([
        ['same-origin', () => ['Sec-Fetch-Site', 'same-origin']],
        ['typed by the user', () => ['Sec-Fetch-Site', 'none']],
        ['an old browser on our page', (port: number) => ['Origin', own(port)]],
        ['no browser', () => []],
      ])('lets a POST pass: %s', async (_what, headers) => {
        const sent = { method: 'POST', headers: [...cookie('good'), ...headers(server.port)] };
        expect((await ask(server.port, sent)).status).toBe(200);
      });

      it.each([
        ['cross-site', ['Sec-Fetch-Site', 'cross-site', 'Origin', 'https://evil.example']],
        ['same-site', ['Sec-Fetch-Site', 'same-site', 'Origin', 'https://blog.example']],
        ['an old browser elsewhere', ['Origin', 'https://evil.example']],
        ['an opaque origin', ['Origin', 'null']],
        ['another port', ['Origin', 'http://localhost:1']],
      ])('refuses a POST: %s', async (_what, headers) => {
        const answer = await refused(server, { method: 'POST', headers: [...cookie('good'), ...headers] });
        expect(answer).toMatchObject({
          status: 403,
          json: { error: 'cross_origin', code: 'ERR_CROSS_ORIGIN' },
        });
        expect(answer.json.action).toBe('none');
      });

      it('leaves a GET of a foreign page alone: it changes nothing', async () => {
        const headers = [...cookie('good'), 'Sec-Fetch-Site', 'cross-site'];
        expect((await ask(server.port, { headers })).status).toBe(200);
      });

      it('leaves a POST with a bearer token alone: no foreign page can add one', async () => {
        const headers = [...bearer('good'), ...cookie('good'), 'Origin', 'https://shop.example'];
        expect((await ask(server.port, { method: 'POST', headers })).status).toBe(200);
      });
    });

    describeDpop({ world: () => world, open, headerOf });
  });
}
