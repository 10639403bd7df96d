import { decode } from 'revocable';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieIn, ISSUER, openWorld, PASSWORD, SHOP, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const refresh = (cookie?: string, headers = {}) =>
  world.send('/refresh', { method: 'POST', cookie, headers });

describe('POST /refresh', () => {
  it('answers as /token, without a refresh token', async () => {
    const { cookie, subject, session, username } = await world.newPerson();
    const answer = await refresh(cookie);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const body = await answer.json();
    expect(body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 300 });
    const { claims, header } = decode(body.access_token);
    expect(header.typ).toBe('at+jwt');
    expect(claims).toMatchObject({
      iss: ISSUER,
      aud: 'api',
      sub: subject,
      sid: session,
      preferred_username: username,
    });
    expect(claims.modified_at).toBeGreaterThanOrEqual(claims.refresh_modified_at as number);
  });

  it('sets a new cookie when the token rotates, and none when it is the same again', async () => {
    const { cookie } = await world.newPerson();
    const first = await refresh(cookie);
    expect(cookieIn(first)).toMatch(/^revocable=.+\.1\./);
    const second = await refresh(cookieIn(first));
    expect(second.status).toBe(200);
    expect(second.headers.get('set-cookie')).toBeNull();
  });

  it('gives twins one successor', async () => {
    const { cookie } = await world.newPerson();
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(cookie)));
    expect(new Set(answers.map(answer => answer.status))).toEqual(new Set([200]));
    expect(new Set(answers.map(cookieIn)).size).toBe(1);
  });

  it('leads to the login page without a cookie, with a forged one, and after the end; and clears nothing', async () => {
    const { cookie } = await world.newPerson();
    await world.send('/logout', { method: 'POST', cookie });
    const forged = cookie.replace(/.$/, last => (last === 'A' ? 'B' : 'A'));
    for (const given of [undefined, forged, 'revocable=nonsense', cookie]) {
      const answer = await refresh(given);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ error: 'invalid_grant', action: 'login' });
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
  });

  it('puts a role that was taken away into no later token', async () => {
    const { cookie, subject } = await world.newPerson(['auditor']);
    expect(decode(await world.accessToken(cookie)).claims.roles).toEqual(['auditor']);
    const adminCookie = await world.adminCookie();
    await world.send(`/admin/api/users/${subject}`, {
      method: 'PATCH',
      json: { roles: [] },
      cookie: adminCookie,
    });
    expect(decode(await world.accessToken(cookie)).claims.roles).toBeUndefined();
  });

  it('answers 503 with action retry in an outage, and clears nothing', async () => {
    const other = await openWorld();
    const { cookie } = await other.newPerson();
    await other.service.close();
    const answer = await other.send('/refresh', { method: 'POST', cookie });
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable', action: 'retry' });
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('refuses two cookies of its name: nobody knows which is the right one', async () => {
    const { cookie } = await world.newPerson();
    const answer = await refresh(`${cookie}; revocable=other`);
    expect(answer.status).toBe(400);
  });

  it.each([
    ['a foreign page', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['a registered page', { origin: SHOP, 'sec-fetch-site': 'same-site' }, 200],
    ['our own', { 'sec-fetch-site': 'same-origin' }, 200],
  ])('from %s', async (_, headers, status) => {
    const { cookie } = await world.newPerson();
    expect((await refresh(cookie, headers)).status).toBe(status);
  });
});

describe('/logout', () => {
  it('ends the session, clears the cookie, and goes to the login page', async () => {
    const { cookie } = await world.newPerson();
    const token = await world.accessToken(cookie);
    const answer = await world.send('/logout', { method: 'POST', cookie });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${ISSUER}/login`]);
    expect(answer.headers.get('set-cookie')).toMatch(/^revocable=; .*Max-Age=0$/);
    expect((await refresh(cookie)).status).toBe(401);
    expect(await world.isActive(token)).toBe(false);
  });

  it('answers a program 204', async () => {
    const { cookie } = await world.newPerson();
    const answer = await world.send('/logout', {
      method: 'POST',
      cookie,
      headers: { accept: 'application/json' },
    });
    expect(answer.status).toBe(204);
  });

  it('with all=true ends every session of this person, and nobody else’s', async () => {
    const person = await world.newPerson();
    const stranger = await world.newPerson();
    const other = await world.signIn(person.username);
    await world.send('/logout', { form: { all: 'true' }, cookie: person.cookie });
    expect((await refresh(other.cookie)).status).toBe(401);
    expect((await refresh(stranger.cookie)).status).toBe(200);
    expect((await refresh((await world.signIn(person.username)).cookie)).status).toBe(200);
  });

  it('GET shows a button and ends nothing', async () => {
    const { cookie } = await world.newPerson();
    const answer = await world.send('/logout', { cookie });
    expect(await answer.text()).toContain('<form method="post" action="/logout"');
    expect((await refresh(cookie)).status).toBe(200);
  });

  it('from a foreign page ends nothing', async () => {
    const { cookie } = await world.newPerson();
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await world.send('/logout', { method: 'POST', cookie, headers })).status).toBe(403);
    expect((await refresh(cookie)).status).toBe(200);
  });
});

describe('/sessions', () => {
  it('lists mine, by cookie or by access token, in RFC 3339', async () => {
    const person = await world.newPerson();
    const agent = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
    const other = await world.signIn(person.username, PASSWORD, { headers: agent, address: '198.51.100.7' });
    const bearer = await world.accessToken(person.cookie);
    for (const sending of [{ cookie: person.cookie }, { bearer }]) {
      const { sessions } = await (await world.send('/sessions', sending)).json();
      expect(sessions).toHaveLength(2);
      expect(sessions.find((each: { id: string }) => each.id === other.session)).toEqual({
        id: other.session,
        parent_id: null,
        client_id: null,
        device: 'Firefox on Linux',
        address: '198.51.100.7',
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        last_used_at: expect.any(String),
        expires_at: expect.any(String),
        current: false,
      });
      expect(sessions.find((each: { current: boolean }) => each.current).id).toBe(person.session);
    }
  });

  it('DELETE ends one of mine, and nobody else’s', async () => {
    const person = await world.newPerson();
    const stranger = await world.newPerson();
    const other = await world.signIn(person.username);
    const end = (id: string) => world.send(`/sessions/${id}`, { method: 'DELETE', cookie: person.cookie });
    expect((await end(stranger.session)).status).toBe(404);
    expect((await refresh(stranger.cookie)).status).toBe(200);
    expect((await end(other.session)).status).toBe(204);
    expect((await refresh(other.cookie)).status).toBe(401);
    expect((await refresh(person.cookie)).status).toBe(200);
    expect((await end(other.session)).status).toBe(404);
  });

  it('end-others ends the others; this one goes on', async () => {
    const person = await world.newPerson();
    const others = [await world.signIn(person.username), await world.signIn(person.username)];
    const answer = await world.send('/sessions/end-others', { method: 'POST', cookie: person.cookie });
    expect([answer.status, await answer.json()]).toEqual([200, { ended: 2 }]);
    for (const { cookie } of others) expect((await refresh(cookie)).status).toBe(401);
    expect((await refresh(person.cookie)).status).toBe(200);
  });

  it('wants somebody signed in', async () => {
    expect((await world.send('/sessions')).status).toBe(401);
    const bad = await world.send('/sessions', { bearer: 'nonsense' });
    expect(bad.status).toBe(401);
    expect(bad.headers.get('www-authenticate')).toContain('error="invalid_token"');
    const client = await world.clientToken('revocable:admin');
    expect((await world.send('/sessions', { bearer: client })).status).toBe(401);
  });
});

describe('CORS', () => {
  const from = (path: string, origin: string, method = 'GET') =>
    world.send(path, { method, headers: { origin } });

  it('echoes a registered origin, with credentials where the cookie is used', async () => {
    const answer = await from('/sessions', SHOP);
    expect(answer.headers.get('access-control-allow-origin')).toBe(SHOP);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(answer.headers.get('vary')).toContain('Origin');
  });

  it('gives no credentials elsewhere, and nothing to a foreign origin', async () => {
    const token = await from('/token', SHOP, 'POST');
    expect(token.headers.get('access-control-allow-origin')).toBe(SHOP);
    expect(token.headers.get('access-control-allow-credentials')).toBeNull();
    const foreign = await from('/sessions', 'https://evil.example');
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    expect(foreign.headers.get('vary')).toContain('Origin');
  });

  it.each(['/login', '/admin/api/users'])('there is none on %s', async path => {
    expect((await from(path, SHOP)).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('answers the preflight of a registered origin', async () => {
    const answer = await world.send('/sessions/abc', {
      method: 'OPTIONS',
      headers: { origin: SHOP, 'access-control-request-method': 'DELETE' },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-methods')).toContain('DELETE');
    expect(answer.headers.get('access-control-allow-headers')).toContain('authorization');
  });
});
