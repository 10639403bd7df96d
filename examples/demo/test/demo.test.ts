/** The whole story, as `npm run demo` plays it, and as a person plays it in a browser. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const SCREENSHOTS = process.env['SCREENSHOTS'];

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, 'localhost', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

let demo: ChildProcess;
let output = '';
let errors = '';
let shop = '';

beforeAll(async () => {
  const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  shop = `http://localhost:${ports[3]}`;
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  demo = spawn(process.execPath, [main], { env: { ...process.env, DEMO_PORTS: ports.join(',') } });
  demo.stderr?.on('data', text => {
    errors += text;
  });
  await new Promise<void>((resolve, reject) => {
    demo.stdout?.on('data', text => {
      output += text;
      if (output.includes('Play it yourself')) resolve();
    });
    demo.on('exit', code => reject(new Error(`the demo ended with ${code}: ${errors}\n${output}`)));
  });
}, 60_000);

afterAll(async () => {
  const ended = new Promise(resolve => demo.on('exit', resolve));
  demo.kill('SIGINT');
  await ended;
});

/** What a demo on these ports says, or on those that it chooses, until it has been played or has ended. */
async function playedOn(
  ports: string | undefined,
): Promise<{ readonly out: string; readonly mistake: string }> {
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  const { DEMO_PORTS: _, ...env } = process.env;
  const child = spawn(process.execPath, [main], {
    env: ports === undefined ? env : { ...env, DEMO_PORTS: ports },
  });
  const said = { out: '', mistake: '' };
  child.stderr.on('data', text => {
    said.mistake += text;
  });
  const ended = new Promise(resolve => child.on('exit', resolve));
  await new Promise<void>(resolve => {
    child.stdout.on('data', text => {
      said.out += text;
      if (said.out.includes('Play it yourself')) resolve();
    });
    void ended.then(() => resolve());
  });
  child.kill('SIGINT');
  await ended;
  return said;
}

describe('beside another program', () => {
  const other = createServer(socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'));
  let port = 0;
  beforeAll(async () => {
    port = await freePort();
    await new Promise<void>(resolve => other.listen(port, '127.0.0.1', resolve));
  });
  afterAll(() => void other.close());

  test('that answers on a port which was asked for: one sentence that names it', {
    timeout: 30_000,
  }, async () => {
    const others = await Promise.all([freePort(), freePort(), freePort()]);
    const { out, mistake } = await playedOn([port, ...others].join(','));
    expect(mistake).toContain(
      `The demo's auth could not start on port ${port}: Port ${port} on 127.0.0.1 is used`,
    );
    expect(out).not.toContain('sign in as ada');
  });

  test('on the usual port it goes further up, and plays to the end', { timeout: 60_000 }, async () => {
    const usual = createServer();
    // Whoever has it already will do.
    await new Promise<void>(resolve =>
      usual.once('error', () => resolve()).listen(4700, '127.0.0.1', resolve),
    );
    const { out } = await playedOn(undefined);
    expect(out).toMatch(/^ {2}auth {4}http:\/\/localhost:4[89]00 |^ {2}auth {4}http:\/\/localhost:5\d00 /m);
    expect(out).toContain('Play it yourself');
    usual.close();
  });
});

describe('npm run demo', () => {
  const STEPS = [
    /^ 1 {2}sign in as ada {21}303 {3}device "demo" {13} *\d+ ms$/,
    /^ 2 {2}refresh {28}200 {3}access token, 5 min {7} *\d+ ms$/,
    /^ 3 {2}orders {29}200 {3}hello ada {17} *\d+ ms$/,
    /^ 4 {2}stock {30}200 {3}hello ada {17} *\d+ ms$/,
    /^ 5 {2}take ada back \(access \+ refresh\) {3}200 {3}applied by 2 of 2 in \d+ ms$/,
    /^ 6 {2}orders, same token {17}401 {3}token not valid → login {3} *\d+ ms$/,
    /^ 7 {2}stock, same token {18}401 {3}token not valid → login {3} *\d+ ms$/,
    /^ 8 {2}refresh, same session {14}401 {3}invalid_grant → login {5} *\d+ ms$/,
    /^ 9 {2}sign in again {22}303 {3}\d\.\d s after step 5 {8} *\d+ ms$/,
    /^10 {2}orders and stock, new token {8}200 {3}hello ada$/,
    /^11 {2}the old token again {16}401 {3}for good$/,
  ];

  test('the eleven lines, in their words, with figures of this run', () => {
    const lines = output.split('\n').filter(line => /^[ \d]\d {2}/.test(line));
    expect(lines).toHaveLength(STEPS.length);
    STEPS.forEach((step, at) => {
      expect(lines[at]).toMatch(step);
    });
  });

  test('no check asked the network, and both services refused', () => {
    const last = output.match(
      /^revoked → refused: orders ([\d.]+) ms, stock ([\d.]+) ms · network calls per check: (\d+)$/m,
    );
    expect(last?.[3]).toBe('0');
    expect(Number(last?.[1])).toBeGreaterThan(0);
    expect(Number(last?.[2])).toBeGreaterThan(0);
  });

  test('nothing on stderr', () => expect(errors).toBe(''));
});

describe.runIf(existsSync(CHROMIUM))('in a real browser', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const quiet = [
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', ...quiet],
    });
    page = await browser.newPage({ viewport: { width: 900, height: 640 } });
  });
  afterAll(() => browser?.close());

  const look = async (name: string): Promise<void> => {
    if (SCREENSHOTS === undefined) return;
    mkdirSync(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
  };
  const signIn = async (): Promise<void> => {
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password', { exact: true }).fill('ada-loves-engines');
    await page.getByRole('button', { name: 'Sign in' }).click();
  };

  test('sign in, call both, be taken back, go to the login form, sign in again within the second', async () => {
    await page.goto(shop);
    await page.waitForURL(/\/login\?return_to=/);
    await look('1-login');
    await signIn();
    await page.getByText('Signed in as ada.').waitFor();
    await expect.poll(() => page.locator('#orders').textContent()).toContain('hello ada');
    await expect.poll(() => page.locator('#stock').textContent()).toContain('hello ada');
    await look('2-shop');

    await page.getByRole('button', { name: 'Take me back…' }).click();
    await look('3-confirm');
    await page.getByRole('button', { name: 'Take me back', exact: true }).click();
    await page.waitForURL(/\/login\?return_to=/);
    await look('4-login-again');
    await signIn();
    await page.getByText('Signed in as ada.').waitFor();
    await look('5-shop-again');
  });
});
