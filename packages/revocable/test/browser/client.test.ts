import { describe, expect, it } from 'vitest';
import { API, AUTH, createBrowserWorld, granted, PAGE, refusal } from './browser-world.ts';

const ORDERS = `${API}/orders`;
const login = `${AUTH}/login?return_to=${encodeURIComponent(PAGE)}`;

describe('client.fetch', () => {
  it('gets a token with the cookie, sends it, and keeps it', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    expect(await (await world.settle(client.fetch(ORDERS))).json()).toMatchObject({ token: 'token-1' });
    await world.settle(client.fetch(ORDERS));
    expect(world.count('/refresh')).toBe(1);
    const [refresh] = world.requests;
    expect(refresh).toMatchObject({ method: 'POST', credentials: 'include', redirect: 'error' });
    expect([...(refresh?.headers.keys() ?? [])]).toEqual(['accept']);
  });

  it('refreshes before it sends what would be expired on arrival', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    await world.settle(client.fetch(ORDERS));
    await world.pass(294_000);
    await world.settle(client.fetch(ORDERS));
    expect(world.count('/refresh')).toBe(1);
    await world.pass(2000);
    await world.settle(client.fetch(ORDERS));
    expect(world.count('/refresh')).toBe(2);
  });

  it('refreshes once when a service asks for it, and sends the same request again', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    await world.settle(client.fetch(ORDERS));
    world.service.token = 'nobody has it';
    const response = await world.settle(client.fetch(ORDERS, { method: 'PUT', body: 'two' }));
    expect(await response.json()).toEqual({ token: 'token-2', method: 'PUT', body: 'two' });
    expect(world.count('/refresh')).toBe(2);
    expect(world.count('/orders')).toBe(3);
  });

  it('makes one refresh for all requests of a page', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    const answers = await world.settle(Promise.all(Array.from({ length: 20 }, () => client.fetch(ORDERS))));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(world.count('/refresh')).toBe(1);
  });

  it('gives up after three refreshes with the last refusal', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    world.servers.set(API, () => refusal(401, 'refresh'));
    const response = await world.settle(client.fetch(ORDERS));
    expect(await response.json()).toMatchObject({ action: 'refresh' });
    expect(world.count('/refresh')).toBe(3);
    expect(world.count('/orders')).toBe(3);
  });

  it('goes to the login page when a service says so, once for all requests, and returns the refusal', async () => {
    const world = createBrowserWorld();
    const { client, went, heard } = world.openTab();
    await world.settle(client.fetch(ORDERS));
    world.service.session = false;
    const answers = await world.settle(Promise.all([client.fetch(ORDERS), client.fetch(ORDERS)]));
    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
    expect(await answers[0]?.json()).toMatchObject({ action: 'login' });
    expect(went).toEqual([login]);
    expect(heard).toEqual(['ended']);
    expect(world.count('/refresh')).toBe(1);
  });

  it('goes to the login page when the refresh says so; without one it only tells', async () => {
    const world = createBrowserWorld();
    world.service.session = false;
    const one = world.openTab();
    expect((await world.settle(one.client.fetch(ORDERS))).status).toBe(401);
    expect(one).toMatchObject({ went: [login], heard: ['ended'] });
    expect(world.count('/orders')).toBe(0);
    const two = world.openTab({ loginUrl: undefined } as object);
    expect((await world.settle(two.client.fetch(ORDERS))).status).toBe(401);
    expect(two).toMatchObject({ went: [], heard: ['ended'] });
  });

  it('takes a refresh that asks for a refresh, or a plain OAuth refusal, for the end of the session', async () => {
    for (const answer of [
      refusal(401, 'refresh'),
      Response.json({ error: 'invalid_grant' }, { status: 400 }),
    ]) {
      const world = createBrowserWorld();
      const { client, went } = world.openTab();
      world.service.nextRefresh.push(() => answer);
      expect((await world.settle(client.fetch(ORDERS))).status).toBe(answer.status);
      expect(went).toEqual([login]);
    }
  });

  it('signs in again without a new page', async () => {
    const world = createBrowserWorld();
    const { client, went } = world.openTab();
    world.service.session = false;
    await world.settle(client.fetch(ORDERS));
    world.service.session = true;
    await world.pass(2000);
    expect((await world.settle(client.fetch(ORDERS))).status).toBe(200);
    world.service.session = false;
    await world.settle(client.fetch(ORDERS));
    expect(went).toEqual([login, login]);
  });

  it('waits as long as a 503 asks, three times at most', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    await world.settle(client.fetch(ORDERS));
    const before = world.now;
    const stale = (): Response => refusal(503, 'retry', { 'retry-after': '2' });
    world.service.nextResource.push(stale, stale);
    expect((await world.settle(client.fetch(ORDERS, { method: 'POST', body: 'x' }))).status).toBe(200);
    expect(world.now - before).toBeGreaterThanOrEqual(4000);
    world.service.nextResource.push(stale, stale, stale, stale, () => expect.fail());
    expect((await world.settle(client.fetch(ORDERS))).status).toBe(503);
    expect(world.count('/refresh')).toBe(1);
  });

  it('waits for a refresh that answers 503: nobody is signed out', async () => {
    const world = createBrowserWorld();
    const { client, went, heard } = world.openTab();
    world.service.nextRefresh.push(
      () => refusal(503, 'retry', { 'retry-after': '1' }),
      () => new Response('gateway', { status: 502 }),
    );
    expect((await world.settle(client.fetch(ORDERS))).status).toBe(200);
    const { client: other } = world.openTab();
    world.service.nextRefresh.push(...Array.from({ length: 9 }, () => () => refusal(503, 'retry')));
    expect((await world.settle(other.fetch(ORDERS))).status).toBe(503);
    expect(world.service.nextRefresh).toHaveLength(6);
    expect([went, heard]).toEqual([[], []]);
  });

  it('sends what may have been done already not twice: a 503 of a stranger', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    const gateway = (): Response =>
      new Response('<h1>busy</h1>', { status: 503, headers: { 'retry-after': '1' } });
    world.service.nextResource.push(gateway);
    expect((await world.settle(client.fetch(ORDERS, { method: 'POST', body: 'x' }))).status).toBe(503);
    world.service.nextResource.push(gateway);
    expect((await world.settle(client.fetch(ORDERS))).status).toBe(200);
  });

  it('leaves a 401 of a stranger and a 403 to the caller', async () => {
    const world = createBrowserWorld();
    const { client, went } = world.openTab();
    for (const answer of [
      new Response('no', { status: 401 }),
      Response.json({ action: 'format the disk' }, { status: 401 }),
      refusal(403, 'none'),
    ]) {
      world.service.nextResource.push(() => answer);
      expect((await world.settle(client.fetch(ORDERS))).status).toBe(answer.status);
    }
    expect([world.count('/refresh'), went]).toEqual([1, []]);
  });

  it('sends the token to its own origin and to `origins`, and nowhere else', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    for (const origin of [
      'https://evil.example',
      'https://api.example.evil.example',
      'http://api.example',
      AUTH,
    ])
      world.servers.set(origin, () => new Response('ok'));
    for (const url of [
      'https://evil.example/',
      'https://api.example.evil.example/',
      'http://api.example/',
      'https://user@evil.example/https://api.example/',
      `${AUTH}/account`,
    ])
      await world.settle(client.fetch(url)).catch(() => {});
    expect(world.requests.filter(({ headers }) => headers.has('authorization'))).toEqual([]);
    expect(world.count('/refresh')).toBe(0);
    world.servers.set(AUTH, () => granted(world.service));
    await world.settle(client.fetch('/cart'));
    await world.settle(client.fetch(new URL(ORDERS)));
    await world.settle(client.fetch(new Request(ORDERS)));
    const sent = world.requests.filter(({ headers }) => headers.has('authorization')).map(({ url }) => url);
    expect(sent).toEqual(['https://shop.example/cart', ORDERS, ORDERS]);
  });

  it('leaves a request with an Authorization header of its own alone', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    const response = await world.settle(client.fetch(ORDERS, { headers: { authorization: 'Basic eA==' } }));
    expect(response.status).toBe(401);
    expect(world.count('/refresh')).toBe(0);
  });

  it('rejects as fetch does: offline, and a caller that gives up while it waits', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    world.servers.delete(AUTH);
    await expect(world.settle(client.fetch(ORDERS))).rejects.toThrow(TypeError);
    world.servers.set(AUTH, () => new Promise(() => {}));
    const controller = new AbortController();
    const reason = new Error('enough');
    const pending = client.fetch(ORDERS, { signal: controller.signal });
    await world.pass(100);
    controller.abort(reason);
    await expect(world.settle(pending)).rejects.toBe(reason);
  });

  it('does not wait for ever for a refresh', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    world.servers.set(AUTH, () => new Promise(() => {}));
    await expect(world.settle(client.fetch(ORDERS))).rejects.toMatchObject({ name: 'TimeoutError' });
    world.servers.set(AUTH, () => granted(world.service));
    expect((await world.settle(client.fetch(ORDERS))).status).toBe(200);
  });

  it('says it when the refresh address answers something else', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    for (const body of [
      '<html>',
      '[]',
      '{"access_token":"x"}',
      '{"access_token":"x","token_type":"DPoP","expires_in":1}',
    ]) {
      world.service.nextRefresh.push(() => new Response(body));
      await expect(world.settle(client.fetch(ORDERS))).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    }
  });

  it('tells two tokens of one millisecond apart', async () => {
    const world = createBrowserWorld();
    world.latencyMs = 0;
    const { client } = world.openTab();
    await world.settle(client.fetch(ORDERS));
    world.service.token = 'nobody has it';
    expect((await world.settle(client.fetch(ORDERS))).status).toBe(200);
    await world.settle(client.fetch(ORDERS));
    expect(world.count('/refresh')).toBe(2);
  });
});

describe('client.session', () => {
  it('says who is signed in, from the token', async () => {
    const world = createBrowserWorld();
    const { client, went } = world.openTab();
    const claims = Buffer.from(JSON.stringify({ sub: 'ädä', sid: 's1' })).toString('base64url');
    world.service.nextRefresh.push(() =>
      Response.json({ access_token: `h.${claims}.s`, token_type: 'Bearer', expires_in: 300 }),
    );
    const session = await world.settle(client.session());
    expect(session).toMatchObject({ subject: 'ädä', sessionId: 's1', claims: { sub: 'ädä' } });
    expect(session?.expiresAt.getTime()).toBe(world.now - world.latencyMs + 300_000);
    await world.settle(client.session());
    expect(world.count('/refresh')).toBe(1);
    expect(went).toEqual([]);
  });

  it('is null for nobody, goes nowhere, and rejects when it cannot be known', async () => {
    const world = createBrowserWorld();
    world.service.session = false;
    const { client, went, heard } = world.openTab();
    expect(await world.settle(client.session())).toBeNull();
    world.service.nextRefresh.push(...Array.from({ length: 3 }, () => () => refusal(503, 'retry')));
    await expect(world.settle(client.session())).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    expect([went, heard]).toEqual([[], []]);
  });
});

describe('client.logout', () => {
  it('ends the session, forgets the token and tells the listeners', async () => {
    const world = createBrowserWorld();
    const { client, heard, went } = world.openTab();
    await world.settle(client.fetch(ORDERS));
    await world.settle(client.logout());
    expect([heard, went]).toEqual([['logout'], []]);
    const request = world.requests.at(-1);
    expect(request).toMatchObject({ method: 'POST', credentials: 'include', url: `${AUTH}/logout` });
    expect((await world.settle(client.fetch(ORDERS))).status).toBe(401);
    expect(world.count('/refresh')).toBe(2);
    expect(went).toEqual([login]);
  });

  it('of every device sends all=true as a form', async () => {
    const world = createBrowserWorld();
    const { client } = world.openTab();
    await world.settle(client.logout({ all: true }));
    const request = world.requests.at(-1);
    expect(await request?.text()).toBe('all=true');
    expect(request?.headers.get('content-type')).toMatch(/^application\/x-www-form-urlencoded/);
  });

  it('is done when there is no session any more', async () => {
    const world = createBrowserWorld();
    const { client, heard } = world.openTab();
    world.service.nextLogout.push(() => refusal(401, 'login'));
    await world.settle(client.logout());
    expect(heard).toEqual(['logout']);
  });

  it('rejects when the service did not do it: the session goes on, and nobody is told otherwise', async () => {
    const world = createBrowserWorld();
    const { client, heard } = world.openTab();
    await world.settle(client.fetch(ORDERS));
    world.service.nextLogout.push(...Array.from({ length: 4 }, () => () => refusal(503, 'retry')));
    await expect(world.settle(client.logout())).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    expect(heard).toEqual([]);
    expect((await world.settle(client.fetch(ORDERS))).status).toBe(200);
    expect(world.count('/refresh')).toBe(1);
    const { client: other } = world.openTab({ logoutUrl: undefined } as object);
    await expect(other.logout()).rejects.toThrow(/"logoutUrl"/);
  });
});

describe('client.close', () => {
  it('stops a refresh under way and refuses further use', async () => {
    const world = createBrowserWorld();
    const { client, went, heard } = world.openTab();
    const pending = client.fetch(ORDERS);
    await world.pass(5);
    client.close();
    expect((await world.settle(pending)).status).toBe(401);
    expect([went, heard]).toEqual([[], []]);
    await expect(client.fetch(ORDERS)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await expect(client.session()).rejects.toThrow(/closed/);
  });
});

describe('createClient', () => {
  it.each<[string, object, RegExp]>([
    ['an unknown option', { origin: [API] }, /no option "origin"/],
    ['a missing refreshUrl', { refreshUrl: undefined }, /"refreshUrl"/],
    ['an address that is none', { loginUrl: 'https://' }, /"loginUrl"/],
    ['an address anybody on the way can read', { refreshUrl: 'http://auth.example/refresh' }, /https/],
    ['an origin with a path', { origins: ['https://api.example/v1'] }, /no path/],
    ['an origin anybody on the way can read', { origins: ['http://api.example'] }, /https/],
    ['a network of others', { origins: ['http://10.0.0.1'] }, /https/],
    ['a number that only looks local', { origins: ['http://127.evil.example'] }, /https/],
    ['origins that are no array', { origins: API }, /array/],
  ])('refuses %s', (_what, options, message) => {
    const open = (): unknown => createBrowserWorld().openTab(options);
    expect(open).toThrow(message);
    expect(open).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });

  it('takes http on this machine', () => {
    const origins = [
      'http://localhost:4710',
      'http://127.0.0.1:4711',
      'http://[::1]:4712',
      'http://shop.localhost',
    ];
    expect(() => createBrowserWorld().openTab({ origins })).not.toThrow();
  });
});
