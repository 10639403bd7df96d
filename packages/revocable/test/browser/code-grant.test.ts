/** The client of a page on another site: codes with PKCE, each tab with a session of its own. */
import { describe, expect, it } from 'vitest';
import { type Client, clientOn } from '#browser/client';
import type { Page } from '#browser/page';
import type { CodeOptions } from '#browser/settings';
import { API, AUTH, createBrowserWorld } from './browser-world.ts';

const HERE = 'https://shop.example/cart?item=1';
const CALLBACK = 'https://shop.example/callback';
const ORDERS = `${API}/orders`;
const OPTIONS: CodeOptions = { issuer: AUTH, clientId: 'shop', redirectUri: CALLBACK, origins: [API] };

interface Tab {
  readonly client: Client;
  readonly heard: string[];
  /** Where the tab is, as its address bar shows it. */
  href: string;
  /** What is sent to the service, a form each. */
  readonly asked: { readonly path: string; readonly form: Record<string, string> }[];
}

/** A browser with a tab's storage, and a service that takes one code. */
function createTabs() {
  const world = createBrowserWorld();
  const stored = new Map<string, string>();
  const asked: Tab['asked'] = [];
  const answers: ((form: Record<string, string>) => Response)[] = [];
  let given = 0;
  world.servers.set(AUTH, async request => {
    expect([request.credentials, request.redirect]).toEqual(['omit', 'error']);
    expect([...request.headers.keys()].sort()).toEqual(['accept', 'content-type']);
    const { pathname } = new URL(request.url);
    const form = Object.fromEntries(new URLSearchParams(await request.text()));
    asked.push({ path: pathname, form });
    const next = answers.shift();
    if (next !== undefined) return next(form);
    if (pathname === '/revoke') return Response.json({});
    given += 1;
    world.service.token = `token-${given}`;
    const tokens = { access_token: world.service.token, refresh_token: `refresh-${given}` };
    return Response.json({ ...tokens, token_type: 'Bearer', expires_in: 300 });
  });
  const open = (href: string, options: Partial<CodeOptions> = {}): Tab => {
    const tab = { href, heard: [] as string[], asked } as { -readonly [Name in keyof Tab]: Tab[Name] };
    let randoms = 0;
    const page: Partial<Page> = {
      href: () => tab.href,
      navigate: url => {
        tab.href = url;
      },
      replace: url => {
        tab.href = url;
      },
      random: () => `random-${++randoms}`,
      store: (key, text) => void stored.set(key, text),
      take(key) {
        const text = stored.get(key) ?? null;
        stored.delete(key);
        return text;
      },
    };
    tab.client = clientOn({ ...world.page(), ...page }, { ...OPTIONS, ...options });
    tab.client.onLogout(({ reason }) => tab.heard.push(reason));
    return tab;
  };
  const comeBack = (answer: Record<string, string>): Tab =>
    open(`${CALLBACK}?${new URLSearchParams({ state: 'random-1', iss: AUTH, ...answer })}`);
  return { world, stored, asked, answers, open, comeBack };
}

/** A tab that has gone to the service. */
async function gone() {
  const tabs = createTabs();
  const tab = tabs.open(HERE);
  const answer = await tabs.world.settle(tab.client.fetch(ORDERS));
  await tabs.world.pass(0);
  return { ...tabs, tab, answer };
}

describe('nobody is signed in', () => {
  it('goes to /authorize with a challenge, and keeps verifier and state for the way back', async () => {
    const { tab, answer, asked, stored } = await gone();
    expect(answer.status).toBe(401);
    expect(asked).toEqual([]);
    const { origin, pathname, searchParams } = new URL(tab.href);
    expect(origin + pathname).toBe(`${AUTH}/authorize`);
    expect(Object.fromEntries(searchParams)).toEqual({
      response_type: 'code',
      client_id: 'shop',
      redirect_uri: CALLBACK,
      state: 'random-1',
      code_challenge: 'hash of random-2',
      code_challenge_method: 'S256',
    });
    expect(tab.href).not.toContain('verifier');
    expect([...stored.values()].map(text => JSON.parse(text))).toEqual([
      { state: 'random-1', verifier: 'random-2', from: HERE },
    ]);
    expect(tab.heard).toEqual(['ended']);
  });

  it('session says so, and goes nowhere; signIn goes, with the scope that was wished', async () => {
    const { world, open } = createTabs();
    const tab = open(HERE, { scope: 'read write' });
    expect(await world.settle(tab.client.session())).toBeNull();
    expect(tab.href).toBe(HERE);
    await world.settle(tab.client.signIn());
    expect(new URL(tab.href).searchParams.get('scope')).toBe('read write');
  });
});

describe('back with a code', () => {
  it('exchanges it at once, shows the address from before, and goes on by refresh tokens', async () => {
    const { world, asked, stored, comeBack } = await gone();
    const tab = comeBack({ code: 'c0de' });
    expect([tab.href, stored.size]).toEqual([HERE, 0]);
    await world.pass(100);
    const exchange = { client_id: 'shop', grant_type: 'authorization_code', code: 'c0de' };
    expect(asked).toEqual([
      { path: '/token', form: { ...exchange, redirect_uri: CALLBACK, code_verifier: 'random-2' } },
    ]);
    expect(await (await world.settle(tab.client.fetch(ORDERS))).json()).toMatchObject({ token: 'token-1' });
    await world.pass(300_000);
    await world.settle(tab.client.fetch(ORDERS));
    world.service.token = 'another';
    expect((await world.settle(tab.client.fetch(ORDERS))).status).toBe(200);
    expect(asked.slice(1).map(({ form }) => form.refresh_token)).toEqual(['refresh-1', 'refresh-2']);
  });

  it('a service that is down is asked again with the same code', async () => {
    const { world, asked, answers, comeBack } = await gone();
    const down = () => Response.json({ action: 'retry' }, { status: 503, headers: { 'retry-after': '1' } });
    answers.push(down, down);
    const tab = comeBack({ code: 'c0de' });
    expect((await world.settle(tab.client.fetch(ORDERS))).status).toBe(200);
    expect(asked.map(({ form }) => form.code)).toEqual(['c0de', 'c0de', 'c0de']);
  });

  it('a code that is refused leads to the service again', async () => {
    const { world, answers, comeBack } = await gone();
    answers.push(() => Response.json({ error: 'invalid_grant', action: 'login' }, { status: 400 }));
    const tab = comeBack({ code: 'c0de' });
    expect((await world.settle(tab.client.fetch(ORDERS))).status).toBe(400);
    await world.pass(0);
    expect(tab.href).toContain('/authorize?');
  });

  it.each<[string, Record<string, string>]>([
    ['another state', { code: 'x', state: 'guessed' }],
    ['another server', { code: 'x', iss: 'https://evil.example' }],
  ])('an answer with %s is none: nothing is asked for it', async (_, answer) => {
    const { world, asked, comeBack } = await gone();
    const tab = comeBack(answer);
    expect(await world.settle(tab.client.session())).toBeNull();
    expect(asked).toEqual([]);
  });

  it('an answer to no question is none', async () => {
    const { world, asked, comeBack } = createTabs();
    expect(await world.settle(comeBack({ code: 'x' }).client.session())).toBeNull();
    expect(asked).toEqual([]);
  });

  it.each([
    ['access_denied', 403],
    ['temporarily_unavailable', 503],
  ])('an error is told once, and leads nowhere by itself: %s', async (error, status) => {
    const { world, asked, comeBack } = await gone();
    const tab = comeBack({ error, error_description: 'why' });
    const answer = await world.settle(tab.client.fetch(ORDERS));
    expect([answer.status, await answer.json()]).toMatchObject([status, { error, error_description: 'why' }]);
    expect([tab.href, asked]).toEqual([HERE, []]);
    await world.settle(tab.client.fetch(ORDERS));
    await world.pass(0);
    expect(tab.href).toContain('/authorize?');
  });
});

describe('logout', () => {
  it('takes the refresh token back; then nothing is left', async () => {
    const { world, asked, comeBack } = await gone();
    const tab = comeBack({ code: 'c0de' });
    await world.settle(tab.client.fetch(ORDERS));
    await world.settle(tab.client.logout());
    expect(asked.at(-1)).toEqual({ path: '/revoke', form: { client_id: 'shop', token: 'refresh-1' } });
    expect(tab.heard).toEqual(['logout']);
    expect(await world.settle(tab.client.session())).toBeNull();
    await expect(tab.client.logout({ all: true })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  it('of a service that is down leaves the person signed in', async () => {
    const { world, answers, comeBack } = await gone();
    const tab = comeBack({ code: 'c0de' });
    await world.settle(tab.client.fetch(ORDERS));
    answers.push(() => Response.json({}, { status: 500 }));
    await expect(world.settle(tab.client.logout())).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    await world.pass(300_000);
    expect((await world.settle(tab.client.fetch(ORDERS))).status).toBe(200);
  });
});

describe('createClient({ issuer, … })', () => {
  it.each<[string, object, RegExp]>([
    ['an option of the other kind', { refreshUrl: AUTH }, /no option "refreshUrl" beside "issuer"/],
    ['an issuer with a path', { issuer: `${AUTH}/` }, /"issuer" is written like/],
    ['an issuer anybody on the way can read', { issuer: 'http://auth.example' }, /https/],
    ['no client', { clientId: '' }, /"clientId"/],
    ['a way back that is no URL', { redirectUri: '/callback' }, /"redirectUri"/],
    ['a way back of another origin', { redirectUri: 'https://other.example/callback' }, /this origin/],
    ['a scope that is no text', { scope: ['read'] }, /"scope"/],
  ])('refuses %s', (_, options, message) => {
    expect(() => createTabs().open(HERE, options)).toThrow(message);
  });

  it('refuses a page that anybody on the way can read: it could make no challenge', () => {
    const open = () =>
      createTabs().open('http://shop.example/', { redirectUri: 'http://shop.example/callback' });
    expect(open).toThrow(/https/);
  });
});
