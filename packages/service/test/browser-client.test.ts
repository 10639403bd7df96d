/** `revocable/browser` on another site than the service, in a real Chromium: codes, refreshes, and the way to the login page. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { createVerifier, followRevocations, type Replica, remoteKeySet } from 'revocable';
import { authenticate } from 'revocable/node';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type Listening, type ListeningWorld, listening, openListeningWorld } from './listening.ts';
import { PASSWORD, type Person } from './world.ts';

vi.setConfig({ testTimeout: 120_000 }); // a browser on a busy machine takes its time

const DIST = new URL('../../revocable/dist/', import.meta.url);

let world: ListeningWorld;
let shop: Listening;
let api: Listening;
let revocation: Replica;
let browser: Browser;
let context: BrowserContext;
let person: Person & { readonly username: string };
/** Of another site than 127.0.0.1, where the service is. */
const at = ({ port }: Listening, path = ''): string => `http://localhost:${port}${path}`;

beforeAll(async () => {
  shop = await listening(shopPage);
  api = await listening((req, res) => void resource(req, res));
  const redirect_uris = [at(shop, '/callback')];
  world = await openListeningWorld({
    clients: [{ client_id: 'shop', client_name: 'The Shop', redirect_uris, origins: [at(shop)] }],
  });
  revocation = await followRevocations(`${world.url}/revocations`);
  const keys = remoteKeySet(`${world.url}/.well-known/jwks.json`);
  const check = authenticate({
    verifier: createVerifier({ keys, issuer: world.url, audience: 'api', revocation }),
  });
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });

  function shopPage(req: IncomingMessage, res: ServerResponse): void {
    const path = req.url?.split('?')[0] ?? '/';
    if (path.endsWith('.js')) {
      res.setHeader('content-type', 'text/javascript').end(readFileSync(new URL(`.${path}`, DIST)));
      return;
    }
    const csp = `default-src 'none'; script-src 'self' 'nonce-x'; connect-src ${world.url} ${at(api)}`;
    res.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': csp });
    res.end(`<!doctype html><title>shop</title><script type="module" nonce="x">
      import { createClient } from '/browser/index.js';
      window.heard = [];
      window.client = createClient({ issuer: '${world.url}', clientId: 'shop',
        redirectUri: '${at(shop, '/callback')}', origins: ['${at(api)}'] });
      client.onLogout(event => heard.push(event.reason));
      window.ready = true;
    </script>`);
  }

  async function resource(req: IncomingMessage, res: ServerResponse): Promise<void> {
    res.setHeader('access-control-allow-origin', at(shop));
    res.setHeader('access-control-allow-headers', 'authorization');
    if (req.method === 'OPTIONS') {
      res.writeHead(204).end();
      return;
    }
    const verdict = await check(req);
    if (verdict.ok) res.end(`hello ${verdict.auth.claims.sub}`);
    else verdict.send(res);
  }
}, 60_000);

beforeEach(async () => {
  await context?.close();
  context = await browser.newContext();
  context.setDefaultTimeout(30_000);
  person = await world.newPerson();
});

afterAll(async () => {
  await browser?.close();
  revocation?.close();
  await shop.close();
  await api.close();
  await world?.close();
});

/** Not `waitForFunction`: it evaluates texts in the page, which its policy forbids. A page that is just going says nothing. */
const holds = (page: Page, expression: string): Promise<void> =>
  expect
    .poll(() => page.evaluate(`Boolean(${expression})`).catch(() => false), { timeout: 30_000 })
    .toBe(true);

async function openTab(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(at(shop, '/cart?item=1'));
  await holds(page, 'window.ready');
  return page;
}

const orders = (page: Page): Promise<unknown> =>
  page.evaluate(
    `client.fetch('${at(api, '/orders')}').then(async r => r.ok ? r.text() : (await r.json()).action)`,
  );

/** Another document than the one that was left, at the same address. */
async function comesBack(page: Page, leave: string): Promise<void> {
  await page.evaluate(`window.left = true; void ${leave}`);
  await isBack(page);
}
const isBack = (page: Page): Promise<void> =>
  holds(page, `window.ready && !window.left && location.href === '${at(shop, '/cart?item=1')}'`);

/** From the page to the service, through its form, and back. */
async function signIn(page: Page): Promise<void> {
  await page.evaluate('void client.signIn()');
  await page.waitForURL(url => url.pathname === '/login');
  expect(await page.textContent('h1')).toBe('Sign in to The Shop');
  await page.fill('#username', person.username);
  await page.fill('#password', PASSWORD);
  await page.click('button.main');
  await isBack(page);
}

it('signs somebody in by a code, and calls a resource: the address is as before, and nothing is kept', async () => {
  const page = await openTab();
  await signIn(page);
  expect(await orders(page)).toBe(`hello ${person.subject}`);
  expect(await page.evaluate('client.session().then(s => s.subject)')).toBe(person.subject);
  expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])')).toBe(
    '[{},{},""]',
  );
});

it('after a reload comes back without a form', async () => {
  const page = await openTab();
  await signIn(page);
  await page.reload();
  await holds(page, 'window.ready');
  expect(await page.evaluate('client.session()')).toBeNull();
  const codes: string[] = [];
  page.on(
    'request',
    request => void (request.url().includes('/callback?code=') && codes.push(request.url())),
  );
  await comesBack(page, `client.fetch('${at(api, '/orders')}')`);
  expect(codes).toHaveLength(1);
  expect(await orders(page)).toBe(`hello ${person.subject}`);
});

it('is refreshed silently when access tokens are taken back, and goes to the login page when both are', async () => {
  const page = await openTab();
  await signIn(page);
  await orders(page);
  const asked: string[] = [];
  page.on(
    'request',
    request => void (request.url().endsWith('/token') && asked.push(request.postData() ?? '')),
  );
  const takeBack = async (plane: string): Promise<void> => {
    const json = { target: { subject: person.subject }, plane };
    const done = await world.send('/admin/api/revocations', { json, cookie: await world.adminCookie() });
    const { cursor } = await done.json();
    expect(cursor).toEqual(expect.any(String));
  };
  await takeBack('access');
  await expect
    .poll(async () => [await orders(page), asked.length > 0], { timeout: 20_000 })
    .toEqual([`hello ${person.subject}`, true]);
  expect(asked[0]).toMatch(/grant_type=refresh_token/);
  await takeBack('session');
  const isAtLogin = async (): Promise<boolean> => {
    await orders(page).catch(() => undefined); // the page may go while it is asked
    return new URL(page.url()).pathname === '/login';
  };
  await expect.poll(isAtLogin, { timeout: 20_000 }).toBe(true);
});

it('signs out of this site in every tab, and not of the service', async () => {
  const [one, two] = [await openTab(), await openTab()];
  await signIn(one);
  await comesBack(two, 'client.signIn()');
  expect([await orders(one), await orders(two)]).toEqual(Array(2).fill(`hello ${person.subject}`));
  const ofShop = async (): Promise<number> => {
    const { sessions } = await (await world.send('/sessions', { cookie: person.cookie })).json();
    return sessions.filter((each: { client_id: string | null }) => each.client_id === 'shop').length;
  };
  expect(await ofShop()).toBe(2);
  await one.evaluate('client.logout()');
  await holds(two, 'heard.length > 0');
  expect(await two.evaluate('client.session()')).toBeNull();
  await expect.poll(ofShop, { timeout: 20_000 }).toBe(0);
  const [cookie] = await context.cookies(world.url);
  expect(cookie?.name).toBe('revocable');
});
