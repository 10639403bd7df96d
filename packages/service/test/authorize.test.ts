/** `GET /authorize`: RFC 6749 section 4.1, RFC 7636, RFC 8252, RFC 9207, over HTTP. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceConfig } from '@revocable/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK, encoded, type Fields, type Flow, flowOf, newPkce } from './code-flow.ts';
import { type ListeningWorld, openListeningWorld } from './listening.ts';
import { ADMIN_PASSWORD, cookieIn, openWorld, SHOP } from './world.ts';

const CLIENTS: NonNullable<ServiceConfig['clients']> = [
  {
    client_id: 'shop',
    client_name: 'The Shop',
    redirect_uris: [CALLBACK, 'https://shop.example/other?tab=1'],
    scope: 'read write revocable:read',
  },
  {
    client_id: 'tool',
    client_name: 'The Tool',
    redirect_uris: [
      'http://127.0.0.1/callback',
      'http://[::1]:1234/callback',
      'http://localhost:1234/callback',
      'com.example.tool:/callback',
    ],
  },
  { client_id: 'page', origins: [SHOP] },
  { client_id: 'narrow', redirect_uris: [CALLBACK], grant_types: ['refresh_token'] },
];

const folder = mkdtempSync(join(tmpdir(), 'revocable-authorize-'));
let world: ListeningWorld;
let flow: Flow;
let cookie = '';
beforeAll(async () => {
  world = await openListeningWorld({ store: `file:${folder}/data`, clients: CLIENTS });
  flow = flowOf(world);
  cookie = (await world.newPerson()).cookie;
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

const { challenge } = newPkce();
const good = { code_challenge: challenge, code_challenge_method: 'S256' };
const tool = (redirect_uri: string) => ({ ...good, client_id: 'tool', redirect_uri });

describe('somebody who is signed in', () => {
  it('is sent back with a code, the state and the issuer', async () => {
    const answer = await flow.authorize(good, cookie);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('set-cookie')).toBeNull();
    const { origin, pathname, searchParams } = new URL(answer.headers.get('location') ?? '');
    expect(origin + pathname).toBe(CALLBACK);
    expect(Object.fromEntries(searchParams)).toEqual({
      code: expect.stringMatching(/^[\w-]{43}$/),
      state: 'xyz',
      iss: world.url,
    });
  });

  it('gets another code each time', async () => {
    const codes = await Promise.all([1, 2].map(() => flow.code(cookie, newPkce())));
    expect(codes[0]).not.toBe(codes[1]);
  });

  it('needs no state, and gets none back', async () => {
    expect((await flow.answer({ ...good, state: undefined }, cookie)).has('state')).toBe(false);
  });

  it('keeps a query that the registered address has', async () => {
    const redirect_uri = 'https://shop.example/other?tab=1';
    const answer = await flow.authorize({ ...good, redirect_uri }, cookie);
    expect(answer.headers.get('location')).toMatch(/^https:\/\/shop\.example\/other\?tab=1&code=[\w-]{43}&/);
  });

  it('answers pages of no origin: there is no CORS here', async () => {
    const { headers } = await fetch(`${world.url}/authorize?${encoded({ client_id: 'page' })}`, {
      headers: { origin: SHOP, cookie },
    });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('an unknown client or address', () => {
  const wrong: readonly (readonly [string, Fields])[] = [
    ['no client', { client_id: undefined }],
    ['a client that nobody registered', { client_id: 'nobody' }],
    ['a name of every object', { client_id: 'constructor' }],
    ['two clients', { client_id: ['shop', 'tool'] }],
    ['no address', { redirect_uri: undefined }],
    ['two addresses', { redirect_uri: [CALLBACK, CALLBACK] }],
    ['an address of another client', { redirect_uri: 'http://127.0.0.1/callback' }],
    ['a client without addresses', { client_id: 'page' }],
    ['a slash more', { redirect_uri: `${CALLBACK}/` }],
    ['a query more', { redirect_uri: `${CALLBACK}?x=1` }],
    ['a fragment more', { redirect_uri: `${CALLBACK}#x` }],
    ['another case', { redirect_uri: 'https://SHOP.example/callback' }],
    ['the standard port', { redirect_uri: 'https://shop.example:443/callback' }],
    ['another port', { redirect_uri: 'https://shop.example:8443/callback' }],
    ['another scheme', { redirect_uri: 'http://shop.example/callback' }],
    ['a way round', { redirect_uri: 'https://shop.example/x/../callback' }],
    ['an encoded letter', { redirect_uri: 'https://shop.example/%63allback' }],
    ['a stranger', { redirect_uri: 'https://evil.example/callback' }],
    ['a stranger behind a name', { redirect_uri: 'https://shop.example@evil.example/callback' }],
    ['a script', { redirect_uri: 'javascript:alert(1)' }],
    ['another port of a name for this machine', tool('http://localhost:4321/callback')],
    ['another path on this machine', tool('http://127.0.0.1:4321/other')],
    ['another address of this machine', tool('http://127.0.0.2:4321/callback')],
    ['another spelling of it', tool('http://2130706433:4321/callback')],
    ['a port that is none', tool('http://127.0.0.1:99999/callback')],
    ['a name before it', tool('http://x@127.0.0.1:4321/callback')],
    ['a name that begins like it', tool('http://127.0.0.1.evil.example/callback')],
    ['a port with a host behind it', tool('http://127.0.0.1:80@evil.example/callback')],
    ['https on it', tool('https://127.0.0.1/callback')],
  ];

  it.each(wrong)('%s: a 400 page, never a redirect', async (_, fields) => {
    for (const somebody of [cookie, undefined]) {
      const answer = await flow.authorize({ ...good, ...fields }, somebody);
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      const markup = await answer.text();
      expect(markup).toContain('role="alert"');
      expect(markup).not.toContain('evil.example');
    }
  });
});

describe('the port of a loopback IP may vary (RFC 8252 section 7.3)', () => {
  it.each([
    ['the registered one', 'http://127.0.0.1/callback'],
    ['another', 'http://127.0.0.1:49152/callback'],
    ['another of IPv6', 'http://[::1]:49152/callback'],
    ['none of IPv6', 'http://[::1]/callback'],
    ['a name with its own port', 'http://localhost:1234/callback'],
    ['a scheme of an app', 'com.example.tool:/callback'],
  ])('%s', async (_, redirect_uri) => {
    const answer = await flow.authorize(tool(redirect_uri), cookie);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toMatch(/\?code=[\w-]{43}&/);
    expect(answer.headers.get('location')?.startsWith(`${redirect_uri}?`)).toBe(true);
  });
});

describe('every other mistake goes to the client', () => {
  const wrong: readonly (readonly [string, Fields, string])[] = [
    ['no response_type', { response_type: undefined }, 'invalid_request'],
    ['an empty one, which is absent', { response_type: '' }, 'invalid_request'],
    ['a token at once', { response_type: 'token' }, 'unsupported_response_type'],
    ['an ID token beside', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['the answer in a fragment', { response_mode: 'fragment' }, 'invalid_request'],
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['the plain method', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['no method, which would be the plain one', { code_challenge_method: undefined }, 'invalid_request'],
    ['a challenge that is no hash', { code_challenge: 'abc' }, 'invalid_request'],
    ['two challenges', { code_challenge: [challenge, challenge] }, 'invalid_request'],
    ['two states', { state: ['a', 'b'] }, 'invalid_request'],
    ['a thumbprint that is none', { dpop_jkt: 'abc' }, 'invalid_request'],
    ['a foreign scope', { scope: 'read everything' }, 'invalid_scope'],
    ['an admin scope, though it has it', { scope: 'revocable:read' }, 'invalid_scope'],
    ['a client without this grant', { client_id: 'narrow' }, 'unauthorized_client'],
  ];

  it.each(wrong)('%s', async (_, fields, error) => {
    for (const somebody of [cookie, undefined]) {
      const answer = await flow.authorize({ ...good, ...fields }, somebody);
      expect(answer.status).toBe(303);
      const { origin, searchParams } = new URL(answer.headers.get('location') ?? '');
      expect(origin).toBe('https://shop.example');
      expect(searchParams.get('error')).toBe(error);
      expect(searchParams.get('iss')).toBe(world.url);
      expect(searchParams.get('state')).toBe(Array.isArray(fields.state) ? 'a' : 'xyz');
      expect(searchParams.has('code')).toBe(false);
    }
  });

  it('ignores what it does not know, also twice', async () => {
    expect((await flow.answer({ ...good, nonce: ['1', '2'], prompt: 'login' }, cookie)).has('code')).toBe(
      true,
    );
  });
});

describe('nobody is signed in', () => {
  it('goes to the login page, and from there back to the client', async () => {
    const { username } = await world.newPerson();
    const first = await flow.authorize(good);
    expect(first.status).toBe(303);
    const login = new URL(first.headers.get('location') ?? '');
    expect(login.origin + login.pathname).toBe(`${world.url}/login`);
    const shown = await fetch(login, { headers: { accept: 'text/html' } });
    expect(await shown.text()).toContain('<h1>Sign in to The Shop</h1>');
    expect(shown.headers.get('content-security-policy')).toContain(
      "form-action 'self' https://shop.example;",
    );

    const return_to = login.searchParams.get('return_to') ?? '';
    const body = new URLSearchParams({ username, password: 'ada-loves-engines', return_to });
    const signedIn = await fetch(`${world.url}/login`, { method: 'POST', body, redirect: 'manual' });
    const again = await fetch(signedIn.headers.get('location') ?? '', {
      redirect: 'manual',
      headers: { cookie: cookieIn(signedIn) },
    });
    expect(again.headers.get('location')).toMatch(/^https:\/\/shop\.example\/callback\?code=/);
  });

  it('also when the session has been taken back', async () => {
    const person = await world.newPerson();
    await world.send('/logout', { method: 'POST', cookie: person.cookie });
    const answer = await flow.authorize(good, person.cookie);
    expect(answer.headers.get('location')).toContain('/login?return_to=%2Fauthorize%3F');
  });

  it('names no application that did not ask rightly', async () => {
    const query = encoded({ ...good, client_id: 'shop', redirect_uri: 'https://evil.example/' });
    const page = await fetch(`${world.url}/login?return_to=${encodeURIComponent(`/authorize?${query}`)}`);
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self';");
    expect(await page.text()).not.toContain('The Shop');
  });
});

describe('consent', () => {
  const https = 'https://auth.example';
  const loopback = 'http://127.0.0.1:49152/callback';
  const query = (fields: Fields) =>
    `/authorize?${encoded({ response_type: 'code', client_id: 'tool', state: 's', ...good, ...fields })}`;

  it('is asked for a loopback address of an https issuer, and a click decides', async () => {
    const own = await openWorld({ issuer: https, clients: CLIENTS });
    const person = await own.signIn('admin', ADMIN_PASSWORD);
    const asked = await own.send(query({ redirect_uri: loopback }), { cookie: person.cookie });
    expect(asked.status).toBe(200);
    const markup = await asked.text();
    expect(markup).toContain('<h1>Sign in to The Tool as admin?</h1>');
    expect(asked.headers.get('content-security-policy')).toContain(
      "form-action 'self' http://127.0.0.1:49152;",
    );

    const fields = Object.fromEntries(
      [...markup.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
        name,
        value,
      ]),
    );
    const decide = (decision: Record<string, string>, headers = { 'sec-fetch-site': 'same-origin' }) =>
      own.send('/authorize', { form: { ...fields, ...decision }, cookie: person.cookie, headers });
    const allowed = await decide({ decision: 'allow' });
    expect(allowed.status).toBe(303);
    expect(allowed.headers.get('location')).toMatch(
      /^http:\/\/127\.0\.0\.1:49152\/callback\?code=[\w-]{43}&state=s&iss=https%3A%2F%2Fauth\.example$/,
    );
    for (const decision of [{ decision: 'deny' }, {}]) {
      const denied = new URL((await decide(decision)).headers.get('location') ?? '').searchParams;
      expect([denied.get('error'), denied.get('iss'), denied.has('code')]).toEqual([
        'access_denied',
        https,
        false,
      ]);
    }
    const forged = await decide({ decision: 'allow' }, { 'sec-fetch-site': 'cross-site' });
    expect([forged.status, forged.headers.get('location')]).toEqual([403, null]);
    const elsewhere = await decide({ decision: 'allow', redirect_uri: 'http://127.0.0.1:1/other' });
    expect([elsewhere.status, elsewhere.headers.get('location')]).toEqual([400, null]);
    await own.close();
  });

  it.each([
    ['another address of an https issuer', https, { client_id: 'shop', redirect_uri: CALLBACK }],
    ['a loopback address of a loopback issuer', 'http://localhost:4700', { redirect_uri: loopback }],
  ])('is not asked for %s', async (_, issuer, fields) => {
    const own = await openWorld({ issuer, clients: CLIENTS });
    const person = await own.signIn('admin', ADMIN_PASSWORD);
    const answer = await own.send(query(fields), { cookie: person.cookie });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, expect.stringContaining('?code=')]);
    await own.close();
  });
});
