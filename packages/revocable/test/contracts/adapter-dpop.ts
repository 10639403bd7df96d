/** The part of an adapter's contract that is RFC 9449, sections 7 and 9: bound tokens over real sockets. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createDpopNonces } from '#verifier/dpop-nonces';
import { createProver, type Wish } from '../jose/prover.ts';
import { type AdapterWorld, type Answer, type Ask, ask, type Fate, NONCE_SECRET } from './adapter-world.ts';
import type { AdapterContract, AdapterServer } from './adapters.ts';

export interface DpopContract {
  world(): AdapterWorld;
  open(options: object): Promise<AdapterServer>;
  readonly headerOf: AdapterContract['headerOf'];
}

const ALGS = 'algs="ES256 ES384 ES512 EdDSA Ed25519 PS256 PS384 PS512 RS256 RS384 RS512"';

export function describeDpop({ world, open, headerOf }: DpopContract): void {
  describe('DPoP', () => {
    const prover = createProver();
    const seen = (server: AdapterServer, path = '/'): string => `http://localhost:${server.port}${path}`;
    /** Headers of a right request to a server, but for what is wished. */
    const bound = (url: string, wish: Wish = {}, fate: Fate = 'good'): string[] => {
      const token = world().token(fate, prover.jkt);
      const proof = prover.prove({ method: 'GET', url, token, ...wish });
      return ['Authorization', `DPoP ${token}`, 'DPoP', proof];
    };
    const refused = async (server: AdapterServer, what: Ask): Promise<Answer> => {
      const before = server.handled();
      const answer = await ask(server.port, what);
      expect(server.handled()).toBe(before);
      return answer;
    };
    let server: AdapterServer;
    beforeAll(async () => {
      server = await open({ dpop: true });
    });

    it('lets a bound token in with a proof of this request', async () => {
      const answer = await ask(server.port, { headers: bound(seen(server)) });
      expect(answer).toMatchObject({
        status: 200,
        json: { claims: { sub: 'ada', cnf: { jkt: prover.jkt } } },
      });
      const url = seen(server, '/deep/path');
      const asked = { method: 'POST', path: '/deep/path?page=2', headers: bound(url, { method: 'POST' }) };
      expect((await ask(server.port, asked)).status).toBe(200);
      const headers = bound(seen(server)).map(word => word.replace(/^DPoP /, 'dpop '));
      expect((await ask(server.port, { headers })).status).toBe(200);
    });

    it('lets plain tokens in beside', async () => {
      const headers = ['Authorization', `Bearer ${world().token('good')}`];
      expect((await ask(server.port, { headers })).status).toBe(200);
    });

    it('refuses a bound token as a bearer token, with a proof or without (section 7.2)', async () => {
      const [, credentials = '', ...proof] = bound(seen(server));
      const bearer = ['Authorization', credentials.replace('DPoP', 'Bearer')];
      for (const headers of [bearer, [...bearer, ...proof]]) {
        const answer = await refused(server, { headers });
        expect(answer).toMatchObject({
          status: 401,
          json: { error: 'invalid_token', code: 'ERR_TOKEN_CLAIM' },
        });
        expect(answer.headers['www-authenticate']).toBe(
          `Bearer realm="api", error="invalid_token", error_description="claim cnf is not the expected one", DPoP realm="api", ${ALGS}`,
        );
      }
    });

    it('refuses it also where DPoP is not spoken, by either scheme', async () => {
      const plain = await open({});
      const headers = bound(seen(plain));
      const bearer = headers.map(word => word.replace(/^DPoP /, 'Bearer '));
      expect((await refused(plain, { headers: bearer })).json.code).toBe('ERR_TOKEN_CLAIM');
      expect((await refused(plain, { headers })).json.code).toBe('ERR_TOKEN_MISSING');
    });

    it('nothing sent: both challenges, and neither has an error (figure 17)', async () => {
      const answer = await refused(server, {});
      expect(answer.headers['www-authenticate']).toBe(`Bearer realm="api", DPoP realm="api", ${ALGS}`);
    });

    it.each([
      ['of another method', { method: 'PUT' }, 'ERR_TOKEN_PROOF'],
      ['of another path', { url: 'http://localhost/other' }, 'ERR_TOKEN_PROOF'],
      ['that is old', { iat: 1 }, 'ERR_TOKEN_PROOF'],
      ['of another token', { token: 'another' }, 'ERR_TOKEN_PROOF'],
    ])('refuses a proof %s', async (_what, wish, code) => {
      const answer = await refused(server, { headers: bound(seen(server), wish) });
      expect(answer).toMatchObject({
        status: 401,
        json: { error: 'invalid_dpop_proof', code, action: 'none' },
      });
      expect(answer.headers['www-authenticate']).toMatch(
        /^Bearer realm="api", DPoP realm="api", error="invalid_dpop_proof", error_description="[^"]+", algs="ES256 /,
      );
    });

    it('refuses the scheme without a proof, two proofs, one that is used again, and one of another key', async () => {
      const [name = '', credentials = '', , proof = ''] = bound(seen(server));
      expect((await refused(server, { headers: [name, credentials] })).json.code).toBe('ERR_TOKEN_PROOF');
      const twice = [name, credentials, 'DPoP', proof, 'DPoP', proof];
      expect((await refused(server, { headers: twice })).json.code).toBe('ERR_TOKEN_PROOF');
      const once = [name, credentials, 'DPoP', proof];
      expect((await ask(server.port, { headers: once })).status).toBe(200);
      expect((await refused(server, { headers: once })).json.error).toBe('invalid_dpop_proof');
      const token = credentials.slice('DPoP '.length);
      const foreign = createProver().prove({ method: 'GET', url: seen(server), token });
      const answer = await refused(server, { headers: [name, credentials, 'DPoP', foreign] });
      expect(answer.json).toMatchObject({ error: 'invalid_token', code: 'ERR_TOKEN_CLAIM', action: 'login' });
      expect(answer.headers['www-authenticate']).toMatch(/DPoP realm="api", error="invalid_token"/);
    });

    it('refuses a plain token by the scheme DPoP', async () => {
      const token = world().token('good');
      const proof = prover.prove({ method: 'GET', url: seen(server), token });
      const answer = await refused(server, { headers: ['Authorization', `DPoP ${token}`, 'DPoP', proof] });
      expect(answer.json).toMatchObject({
        code: 'ERR_TOKEN_CLAIM',
        error_description: 'claim cnf is missing',
      });
    });

    it('tells of expiry and scopes in the challenge of the scheme that was tried', async () => {
      const expired = await refused(server, { headers: bound(seen(server), {}, 'expired') });
      expect(expired.headers['www-authenticate']).toMatch(
        /DPoP realm="api", error="invalid_token", .*token expired/,
      );
      const write = await refused(server, { path: '/write', headers: bound(seen(server, '/write')) });
      expect(write.status).toBe(403);
      expect(write.headers['www-authenticate']).toMatch(
        /DPoP realm="api", error="insufficient_scope", .*scope="write"/,
      );
    });

    it('required: no bearer token, and the challenge says so', async () => {
      const strict = await open({ dpop: { required: true } });
      const answer = await refused(strict, { headers: ['Authorization', `Bearer ${world().token('good')}`] });
      expect(answer).toMatchObject({ status: 401, json: { code: 'ERR_TOKEN_MISSING' } });
      expect(answer.headers['www-authenticate']).toBe(`DPoP realm="api", ${ALGS}`);
      expect((await ask(strict.port, { headers: bound(seen(strict)) })).status).toBe(200);
    });

    it('behind a proxy: the origin, or the whole URL, that clients know', async () => {
      const proxied = await open({ dpop: { origin: 'https://api.example' } });
      expect((await ask(proxied.port, { headers: bound('https://api.example/') })).status).toBe(200);
      expect((await refused(proxied, { headers: bound(seen(proxied)) })).json.code).toBe('ERR_TOKEN_PROOF');
      const url = (native: unknown): string => `https://api.example/v1${headerOf(native, 'x-path')}`;
      const moved = await open({ dpop: { url } });
      const headers = [...bound('https://api.example/v1/orders'), 'X-Path', '/orders'];
      expect((await ask(moved.port, { headers })).status).toBe(200);
    });

    it('nonces: the refusal brings one, and an answer the next (sections 8.2 and 9)', async () => {
      const nonces = await open({ verifier: world().nonceVerifier, dpop: true });
      const answer = await refused(nonces, { headers: bound(seen(nonces)) });
      expect(answer).toMatchObject({
        status: 401,
        json: { error: 'use_dpop_nonce', code: 'ERR_TOKEN_NONCE', action: 'retry' },
      });
      expect(answer.headers['www-authenticate']).toMatch(/DPoP realm="api", error="use_dpop_nonce", /);
      const nonce = String(answer.headers['dpop-nonce']);
      expect(nonce).toHaveLength(22);
      const taken = await ask(nonces.port, { headers: bound(seen(nonces), { nonce }) });
      expect(taken.status).toBe(200);
      const old = createDpopNonces([NONCE_SECRET]).current(Date.now() - 30_000);
      const next = await ask(nonces.port, { headers: bound(seen(nonces), { nonce: old }) });
      expect(next.status).toBe(200);
      expect(next.headers['dpop-nonce']).toHaveLength(22);
      expect(next.headers['dpop-nonce']).not.toBe(old);
    });

    it('a token of a cookie or a getToken is bound alike', async () => {
      const cookies = await open({ dpop: true, cookie: 'access' });
      const token = world().token('good', prover.jkt);
      const proof = prover.prove({ method: 'GET', url: seen(cookies), token });
      expect(
        (await ask(cookies.port, { headers: ['Cookie', `access=${token}`, 'DPoP', proof] })).status,
      ).toBe(200);
      expect((await refused(cookies, { headers: ['Cookie', `access=${token}`] })).json.code).toBe(
        'ERR_TOKEN_CLAIM',
      );
    });

    it.each([
      ['an unknown one', { requird: true }, /no option "requird"/],
      ['an origin with a path', { origin: 'https://api.example/v1' }, /"dpop.origin"/],
      ['a url that is a text', { url: 'https://api.example' }, /"dpop.url"/],
      ['both', { origin: 'https://api.example', url: () => '' }, /not both/],
      ['required of another type', { required: 'yes' }, /"dpop.required"/],
    ])('refuses options: %s', async (_what, dpop, message) => {
      await expect(open({ dpop })).rejects.toThrow(message);
    });
    it('refuses a verifier that judges no proofs', async () => {
      await expect(open({ dpop: true, verifier: { verify: async () => ({}) } })).rejects.toThrow(
        /judges proofs/,
      );
    });
  });
}
