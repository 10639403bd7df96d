import { createAuthority, decode, openStore } from 'revocable';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, basicHeader, ISSUER, openWorld, type Sending, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const token = (form: Record<string, string>, sending: Sending = {}) =>
  world.send('/token', { form, ...sending });
const bodyOf = async (answer: Answer) => ({ status: answer.status, ...(await answer.json()) });
const credentials = { grant_type: 'client_credentials' };

describe('POST /token with client_credentials', () => {
  it('gives an access token of the client’s own audience, and no refresh token', async () => {
    const answer = await token(credentials, { basic: ['robot', 'robot+secret%'] });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const body = await bodyOf(answer);
    expect(body).toEqual({
      status: 200,
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'read write',
    });
    const { claims } = decode(body.access_token);
    expect(claims).toMatchObject({ sub: 'robot', client_id: 'robot', aud: 'warehouse', scope: 'read write' });
    expect(claims.sid).toBeUndefined();
    expect(claims.refresh_modified_at).toBe(claims.modified_at);
  });

  it('narrows to the scopes asked for, and refuses more', async () => {
    const basic = ['robot', 'robot+secret%'] as const;
    expect(await bodyOf(await token({ ...credentials, scope: 'read' }, { basic }))).toMatchObject({
      scope: 'read',
    });
    const more = await bodyOf(await token({ ...credentials, scope: 'read admin' }, { basic }));
    expect(more).toMatchObject({ status: 400, error: 'invalid_scope' });
  });

  it('never mixes revocable: scopes with others; they are for this issuer', async () => {
    const basic = ['operator', 'operator-secret'] as const;
    for (const scope of [undefined, 'revocable:read read'])
      expect(await bodyOf(await token({ ...credentials, ...(scope && { scope }) }, { basic }))).toMatchObject(
        {
          status: 400,
          error: 'invalid_scope',
        },
      );
    const { access_token } = await bodyOf(
      await token({ ...credentials, scope: 'revocable:read' }, { basic }),
    );
    expect(decode(access_token).claims.aud).toBe(ISSUER);
  });

  it('refuses a public client, and other grants', async () => {
    expect(await bodyOf(await token({ ...credentials, client_id: 'shop' }))).toMatchObject({
      status: 401,
      error: 'invalid_client',
    });
    for (const grant_type of ['password', 'implicit', 'constructor', 'toString'])
      expect(await bodyOf(await token({ grant_type, client_id: 'shop' }))).toMatchObject({
        status: 400,
        error: 'unsupported_grant_type',
      });
  });
});

describe('client authentication', () => {
  const robot = { client_id: 'robot', client_secret: 'robot+secret%' };

  it('takes basic, form-decoded, and post', async () => {
    expect((await token(credentials, { basic: ['robot', 'robot+secret%'] })).status).toBe(200);
    expect((await token({ ...credentials, ...robot })).status).toBe(200);
  });

  it('takes the registered method alone', async () => {
    const operator = { client_id: 'operator', client_secret: 'operator-secret', scope: 'revocable:read' };
    expect(await bodyOf(await token({ ...credentials, ...operator }))).toMatchObject({
      status: 401,
      error: 'invalid_client',
    });
  });

  it('challenges only after Basic', async () => {
    const basic = await token(credentials, { basic: ['robot', 'wrong'] });
    expect([basic.status, basic.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Basic realm=/),
    ]);
    const post = await token({ ...credentials, client_id: 'robot', client_secret: 'wrong' });
    expect([post.status, post.headers.get('www-authenticate')]).toEqual([401, null]);
  });

  it('says the same of an unknown client and a wrong secret', async () => {
    const [unknown, wrong] = await Promise.all([
      token(credentials, { basic: ['nobody', 'wrong'] }),
      token(credentials, { basic: ['robot', 'wrong'] }),
    ]);
    expect(await unknown?.text()).toBe(await wrong?.text());
  });

  it.each([
    ['two methods', { ...credentials, client_secret: 'x' }, { basic: ['robot', 'robot+secret%'] as const }],
    ['two clients', { ...credentials, client_id: 'stock' }, { basic: ['robot', 'robot+secret%'] as const }],
  ])('refuses %s in one request', async (_, form, sending) => {
    expect(await bodyOf(await token(form, sending))).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('refuses two Authorization headers', async () => {
    const authorization = `${basicHeader('robot', 'robot+secret%')}, ${basicHeader('robot', 'robot+secret%')}`;
    expect(await bodyOf(await token(credentials, { headers: { authorization } }))).toMatchObject({
      status: 400,
      error: 'invalid_request',
    });
  });

  it('slows down who guesses secrets', async () => {
    const guess = () => token(credentials, { basic: ['stock', 'wrong'], address: '192.0.2.99' });
    for (let i = 0; i < 5; i++) expect((await guess()).status).toBe(401);
    expect(await bodyOf(await guess())).toMatchObject({ status: 429, error: 'slow_down' });
    const other = await token(credentials, { basic: ['stock', 'stock-secret'], address: '192.0.2.98' });
    expect(other.status).toBe(200);
  });
});

describe('form bodies', () => {
  const send = (body: string, type = 'application/x-www-form-urlencoded') =>
    world.service.fetch(
      new Request(`${ISSUER}/token`, { method: 'POST', body, headers: { 'content-type': type } }),
      { address: '192.0.2.1' },
    );

  it.each([
    ['JSON', '{"grant_type":"client_credentials"}', 'application/json'],
    ['no type', 'grant_type=client_credentials', 'text/plain'],
    ['a repeated known parameter', 'grant_type=client_credentials&grant_type=refresh_token', undefined],
    ['nothing', '', undefined],
    ['a parameter without value, which is absent', 'grant_type=', undefined],
    ['a body that is too large', `grant_type=client_credentials&x=${'y'.repeat(70_000)}`, undefined],
  ])('%s: invalid_request', async (_, body, type) => {
    expect(await bodyOf(await send(body, type))).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('ignores unknown parameters, also repeated ones', async () => {
    const body = 'grant_type=client_credentials&client_id=robot&client_secret=robot%2Bsecret%25&x=1&x=2';
    expect((await send(body)).status).toBe(200);
  });
});

describe('POST /introspect', () => {
  const introspect = (form: Record<string, string>, sending: Sending) =>
    world.send('/introspect', { form, ...sending });
  const basic = ['stock', 'stock-secret'] as const;

  it('tells a confidential client, or a bearer of revocable:verify', async () => {
    const { cookie, subject } = await world.newPerson();
    const access = await world.accessToken(cookie);
    for (const sending of [{ basic }, { bearer: await world.clientToken('revocable:verify') }]) {
      const answer = await introspect({ token: access }, sending);
      expect(await answer.json()).toMatchObject({ active: true, sub: subject, iss: ISSUER, aud: 'api' });
    }
  });

  it('says exactly {"active":false} of everything else', async () => {
    const { cookie } = await world.newPerson();
    const access = await world.accessToken(cookie);
    await world.send('/logout', { method: 'POST', cookie });
    const warehouse = (await (await token(credentials, { basic: ['robot', 'robot+secret%'] })).json())
      .access_token;
    for (const each of [access, 'nonsense', `${access}x`, warehouse, cookie.slice('revocable='.length)]) {
      const answer = await introspect({ token: each }, { basic });
      expect([answer.status, await answer.text()]).toEqual([200, '{"active":false}']);
    }
  });

  it('tells a caller of its own audience', async () => {
    const { access_token } = await bodyOf(await token(credentials, { basic: ['robot', 'robot+secret%'] }));
    const answer = await introspect({ token: access_token }, { basic: ['robot', 'robot+secret%'] });
    expect(await answer.json()).toMatchObject({ active: true, aud: 'warehouse' });
  });

  it('asks who asks', async () => {
    expect((await introspect({ token: 'x', client_id: 'shop' }, {})).status).toBe(401);
    expect((await introspect({ token: 'x' }, {})).status).toBe(401);
    const bearer = await world.clientToken('revocable:read');
    const narrow = await introspect({ token: 'x' }, { bearer });
    expect([narrow.status, await narrow.json()]).toMatchObject([403, { error: 'insufficient_scope' }]);
  });

  it('takes no token from the query', async () => {
    const answer = await world.send('/introspect?token=abc', { form: { x: 'y' }, basic });
    expect(await bodyOf(answer)).toMatchObject({ status: 400, error: 'invalid_request' });
  });
});

describe('POST /revoke', () => {
  const basic = ['robot', 'robot+secret%'] as const;
  const revoke = (form: Record<string, string>, sending: Sending = { basic }) =>
    world.send('/revoke', { form, ...sending });

  it('takes back the one access token', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(async () => (await (await token(credentials, { basic })).json()).access_token),
    );
    expect(await bodyOf(await revoke({ token: first }))).toEqual({ status: 200 });
    const active = async (each: string) =>
      (await (await world.send('/introspect', { form: { token: each }, basic })).json()).active;
    expect([await active(first), await active(second)]).toEqual([false, true]);
  });

  it('answers 200 {} for unknown tokens, and 400 invalid_grant for another client’s', async () => {
    expect(await bodyOf(await revoke({ token: 'nonsense' }))).toEqual({ status: 200 });
    const person = await world.newPerson();
    const access = await world.accessToken(person.cookie);
    expect(await bodyOf(await revoke({ token: access }))).toMatchObject({
      status: 400,
      error: 'invalid_grant',
    });
    expect(await world.isActive(access)).toBe(true);
  });

  it('wants a client and a token', async () => {
    expect((await revoke({ token: 'x' }, {})).status).toBe(401);
    expect(await bodyOf(await revoke({}))).toMatchObject({ status: 400, error: 'invalid_request' });
  });
});

describe('what everybody may know', () => {
  it('publishes the keys with kid, use, alg, an ETag and CORS for all', async () => {
    const answer = await world.send('/.well-known/jwks.json');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const etag = answer.headers.get('etag') ?? '';
    const { keys } = await answer.json();
    expect(keys[0]).toMatchObject({ kty: 'EC', use: 'sig', alg: 'ES256', kid: expect.any(String) });
    for (const key of keys) expect(Object.keys(key)).not.toContain('d');
    const again = await world.send('/.well-known/jwks.json', { headers: { 'if-none-match': etag } });
    expect([again.status, again.headers.get('etag')]).toEqual([304, etag]);
  });

  it('names its endpoints, each of which is there', async () => {
    const metadata = await (await world.send('/.well-known/oauth-authorization-server')).json();
    expect(metadata).toMatchObject({
      issuer: ISSUER,
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    });
    for (const [name, address] of Object.entries(metadata)) {
      if (!name.endsWith('_endpoint') && name !== 'jwks_uri') continue;
      expect((await world.send(address as string)).status, name).not.toBe(404);
    }
  });
});

describe('POST /token with refresh_token', () => {
  it('answers with lifetimes, and refuses another client without consuming', async () => {
    const folder = `file:${await import('node:fs').then(fs => fs.mkdtempSync('/tmp/revocable-test-'))}`;
    const clients = [{ client_id: 'shop' }, { client_id: 'other' }];
    const own = await openWorld({ store: folder, clients });
    const person = await own.newPerson();
    const store = await openStore(folder);
    const authority = await createAuthority({
      store,
      issuer: ISSUER,
      audience: 'api',
      signing: { alg: 'ES256' },
    });
    const { refreshToken } = await authority.issue({
      subject: person.subject,
      client: 'shop',
      scope: 'read',
    });
    const refresh = (client_id: string) =>
      own.send('/token', { form: { grant_type: 'refresh_token', refresh_token: refreshToken, client_id } });
    expect(await bodyOf(await refresh('other'))).toMatchObject({
      status: 400,
      error: 'invalid_grant',
      action: 'login',
    });
    const body = await bodyOf(await refresh('shop'));
    expect(body).toMatchObject({ status: 200, token_type: 'Bearer', expires_in: 300, scope: 'read' });
    expect(body.refresh_token).toMatch(/\.1\./);
    expect(body.refresh_token_timeout).toBe(7 * 86_400);
    expect(body.authorization_expires_in).toBeGreaterThan(30 * 86_400 - 60);
    expect(body.authorization_expires_in).toBeLessThanOrEqual(30 * 86_400);
    await authority.close();
    await store.close();
    await own.close();
  });
});
