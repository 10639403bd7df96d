/** The client in a real Chromium: its page, the token service and a resource are three origins of this machine. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { authenticate } from '#adapters/node';
import { listening } from '../adapters/listening.ts';
import { type AdapterWorld, createAdapterWorld } from '../contracts/adapter-world.ts';

vi.setConfig({ testTimeout: 120_000 }); // a browser on a busy machine takes its time

const DIST = new URL('../../dist/', import.meta.url);

interface Seen {
  readonly modules: string[];
  readonly refreshes: { cookie: string | undefined; origin: string | undefined; site: unknown }[];
  readonly preflights: string[];
}

describe('the client in Chromium', () => {
  const closing: (() => Promise<void>)[] = [];
  let browser: Browser;
  let context: BrowserContext;
  let world: AdapterWorld;
  let seen: Seen;
  let session: boolean;
  /** Whether services take the newest token back without ending the session. */
  let outdated: boolean;
  let ports: { shop: number; auth: number; api: number };
  const at = (name: keyof typeof ports, path = '/'): string => `http://localhost:${ports[name]}${path}`;

  beforeAll(async () => {
    world = await createAdapterWorld();
    const serve = async (
      handler: (req: IncomingMessage, res: ServerResponse) => unknown,
    ): Promise<number> => {
      const { port, close } = await listening(createServer((req, res) => void handler(req, res)));
      closing.push(close);
      return port;
    };
    const check = authenticate({ verifier: world.verifier });
    ports = { shop: await serve(shop), auth: await serve(auth), api: await serve(api) };
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ],
    });

    function shop(req: IncomingMessage, res: ServerResponse): unknown {
      const path = req.url?.split('?')[0] ?? '/';
      if (path.endsWith('.js')) {
        seen.modules.push(path);
        return res.setHeader('content-type', 'text/javascript').end(readFileSync(new URL(`.${path}`, DIST)));
      }
      const options = `{ refreshUrl: '${at('auth', '/refresh')}', loginUrl: '${at('auth', '/login')}',
        logoutUrl: '${at('auth', '/logout')}', origins: ['${at('api').slice(0, -1)}'] }`;
      const csp = `default-src 'none'; script-src 'self' 'nonce-x'; connect-src ${at('auth')} ${at('api')}`;
      res.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': csp });
      return res.end(`<!doctype html><title>shop</title><script type="module" nonce="x">
        import { createClient } from '/browser/index.js';
        window.heard = [];
        window.client = createClient(${options});
        client.onLogout(event => heard.push(event.reason));
        window.ready = true;
      </script>`);
    }

    function cors(req: IncomingMessage, res: ServerResponse, credentials: boolean): boolean {
      res.setHeader('vary', 'Origin');
      if (req.headers.origin !== at('shop').slice(0, -1)) return false;
      res.setHeader('access-control-allow-origin', req.headers.origin);
      if (credentials) res.setHeader('access-control-allow-credentials', 'true');
      else res.setHeader('access-control-allow-headers', 'authorization');
      if (req.method !== 'OPTIONS') return false;
      seen.preflights.push(`${req.url}`);
      res.writeHead(204).end();
      return true;
    }

    async function auth(req: IncomingMessage, res: ServerResponse): Promise<unknown> {
      if (cors(req, res, true)) return undefined;
      if (req.url?.startsWith('/login')) {
        const cookie = 'revocable=s.1.mac; HttpOnly; SameSite=Lax; Path=/; Max-Age=600';
        return res
          .writeHead(200, { 'set-cookie': cookie, 'content-type': 'text/html' })
          .end('<title>login</title>');
      }
      if (req.url === '/logout') {
        session = false;
        return res
          .writeHead(204, { 'set-cookie': 'revocable=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0' })
          .end();
      }
      if (req.url !== '/refresh') return res.writeHead(404).end();
      const { cookie, origin } = req.headers;
      seen.refreshes.push({ cookie, origin, site: req.headers['sec-fetch-site'] });
      await new Promise(resolve => setTimeout(resolve, 100));
      res.setHeader('content-type', 'application/json');
      if (!session || !cookie?.includes('revocable=s.1.mac'))
        return res.writeHead(401).end('{"error":"invalid_grant","action":"login"}');
      outdated = false;
      return res.end(
        JSON.stringify({ access_token: world.token('good'), token_type: 'Bearer', expires_in: 300 }),
      );
    }

    async function api(req: IncomingMessage, res: ServerResponse): Promise<unknown> {
      if (cors(req, res, false)) return undefined;
      if (outdated || !session)
        req.headersDistinct.authorization = [`Bearer ${world.token(session ? 'outdated' : 'signedOut')}`];
      const verdict = await check(req);
      if (!verdict.ok) return verdict.send(res);
      return res.end(`hello ${verdict.auth.claims.sub}`);
    }
  }, 60_000);

  beforeEach(async () => {
    await context?.close();
    context = await browser.newContext();
    seen = { modules: [], refreshes: [], preflights: [] };
    session = true;
    outdated = false;
  });

  afterAll(async () => {
    await browser?.close();
    for (const close of closing) await close();
    world?.close();
  });

  /** Not `waitForFunction`: it evaluates texts in the page, which its policy forbids as soon as it has to wait. */
  const holds = (page: Page, expression: string): Promise<void> =>
    expect
      .poll(() => page.evaluate(`Boolean(${expression})`).catch(() => false), { timeout: 30_000 })
      .toBe(true);
  async function openTab(): Promise<Page> {
    const page = await context.newPage();
    await page.goto(at('shop', '/cart'));
    await holds(page, 'window.ready');
    return page;
  }
  const orders = (page: Page): Promise<{ status: number; text: string }> =>
    page.evaluate(
      `client.fetch('${at('api', '/orders')}').then(async r => ({ status: r.status, text: await r.text() }))`,
    );
  const signIn = async (): Promise<void> => {
    const page = await context.newPage();
    await page.goto(at('auth', '/login'));
    await page.close();
  };

  it('loads as ES modules, few and small, and nothing of the server', async () => {
    await openTab();
    const bytes = seen.modules.map(path => readFileSync(new URL(`.${path}`, DIST)).length);
    expect(seen.modules.every(path => path.startsWith('/browser/') || path === '/http/wire.js')).toBe(true);
    expect(seen.modules.length).toBeLessThan(12);
    expect(bytes.reduce((sum, size) => sum + size)).toBeLessThan(36_000);
  });

  it('gets a token with the cookie of another port, without a preflight, and calls the resource', async () => {
    await signIn();
    const page = await openTab();
    expect(await orders(page)).toEqual({ status: 200, text: 'hello ada' });
    expect(seen.refreshes).toEqual([
      { cookie: 'revocable=s.1.mac', origin: at('shop').slice(0, -1), site: 'same-site' },
    ]);
    expect(seen.preflights).toEqual(['/orders']);
    expect(await page.evaluate('client.session().then(s => s.subject)')).toBe('ada');
    expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])')).toBe(
      '[{},{},""]',
    );
  });

  it('refreshes once for four tabs that are refused at the same time', async () => {
    await signIn();
    const tabs = [await openTab(), await openTab(), await openTab(), await openTab()];
    expect((await Promise.all(tabs.map(orders))).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(seen.refreshes).toHaveLength(1);
    outdated = true;
    expect((await Promise.all(tabs.map(orders))).map(({ text }) => text)).toEqual(Array(4).fill('hello ada'));
    expect(seen.refreshes).toHaveLength(2);
  });

  it('goes to the login page when the session is taken back, and knows the way back', async () => {
    await signIn();
    const page = await openTab();
    await orders(page);
    session = false;
    await page.evaluate(`void client.fetch('${at('api', '/orders')}')`);
    await page.waitForURL(url => url.pathname === '/login');
    expect(new URL(page.url()).searchParams.get('return_to')).toBe(at('shop', '/cart'));
    expect(seen.refreshes).toHaveLength(1);
    session = true;
    await page.goto(at('shop', '/cart'));
    await holds(page, 'window.ready');
    expect(await orders(page)).toEqual({ status: 200, text: 'hello ada' });
  });

  it('signs every tab out', async () => {
    await signIn();
    const [one, two] = [await openTab(), await openTab()];
    await orders(one);
    await orders(two);
    await one.evaluate('client.logout()');
    await holds(two, 'heard.length > 0');
    expect(await Promise.all([one, two].map(page => page.evaluate('heard')))).toEqual([
      ['logout'],
      ['logout'],
    ]);
    expect(await context.cookies()).toEqual([]);
    expect(new URL(two.url()).pathname).toBe('/cart');
  });
});
