/** An nginx of the test's own on a free port, with the configuration that the page of the docs shows. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NGINX = process.env.NGINX ?? '/usr/sbin/nginx';
const PAGE = new URL('../../../docs/how-to/run-behind-nginx.md', import.meta.url);

export interface Nginx {
  readonly url: string;
  start(): Promise<void>;
  /** Breaks every connection, and waits for its end. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** The block of the page, with this test's ports and without its certificate. */
function shownConfiguration(port: number, service: number): string {
  const [, shown = ''] = /```nginx\n([\s\S]*?)```/.exec(readFileSync(PAGE, 'utf8')) ?? [];
  const changes: [string | RegExp, string][] = [
    ['127.0.0.1:4700', `127.0.0.1:${service}`],
    ['listen 443 ssl;', `listen 127.0.0.1:${port};`],
    [/ *ssl_certificate.*\n/g, ''],
  ];
  return changes.reduce((text, [from, to]) => {
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`the page does not say ${from}`);
    return changed;
  }, shown);
}

/** @param change to the configuration that the page shows */
export async function openNginx(
  service: number,
  change: (configuration: string) => string = text => text,
): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'revocable-nginx-'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const configuration = [
    'daemon off; master_process off; pid nginx.pid; error_log error.log;',
    'events { worker_connections 256; }',
    'http { access_log off;',
    ...temporary.map(name => `${name}_temp_path ${name};`),
    change(shownConfiguration(port, service)),
    '}',
  ];
  writeFileSync(join(folder, 'nginx.conf'), configuration.join('\n'));
  let child: ChildProcess | undefined;
  const nginx: Nginx = {
    url: `http://127.0.0.1:${port}`,
    async start() {
      child = spawn(NGINX, ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'], { stdio: 'ignore' });
      await listens(port, child, folder);
    },
    async kill() {
      if (child === undefined || child.exitCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
      child = undefined;
    },
    async stop() {
      await nginx.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await nginx.start();
  return nginx;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function listens(port: number, child: ChildProcess, folder: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null)
      throw new Error(`nginx ended: ${readFileSync(join(folder, 'error.log'), 'utf8')}`);
    if (await isOpen(port)) return;
    await new Promise(resolve => setTimeout(resolve, 25));
  }
  throw new Error('nginx does not listen');
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
