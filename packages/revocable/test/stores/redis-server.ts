/** A redis-server of the test's own: on a free port, in a temporary folder, ended after the test file. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const REDIS_SERVER: string = process.env.REDIS_SERVER ?? '/usr/bin/redis-server';

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Undefined while it is not running. */
  readonly pid: number | undefined;
  /** Sends one command, as an operator would, and gives back what comes. */
  command(...words: string[]): Promise<string>;
  /** kill -9, and waits for its end. */
  kill(): Promise<void>;
  /** Stops it where it stands, and lets it go on. */
  freeze(): void;
  thaw(): void;
  /** Starts it again in the same folder, on the same port. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly port: number;
  /** What follows the program: options, or a file that was written. */
  readonly words: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

/** With a plain port, for the operator, whatever else the options open. */
export async function startRedis(...options: string[]): Promise<RedisServer> {
  const port = await freePort();
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', ...options];
  return startServer({ port, words });
}

export async function startServer({ port, words, files = {} }: ServerOptions): Promise<RedisServer> {
  if (!existsSync(REDIS_SERVER))
    throw new Error(`There is no ${REDIS_SERVER}: apt-get install redis-server, or set REDIS_SERVER.`);
  const folder = mkdtempSync(join(tmpdir(), 'revocable-redis-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return child?.pid;
    },
    command: (...command) => say(port, command),
    async kill() {
      const ended = child;
      child = undefined;
      if (ended === undefined || ended.exitCode !== null) return;
      const closed = once(ended, 'close');
      ended.kill('SIGKILL');
      await closed;
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async start() {
      child = spawn(REDIS_SERVER, words, { stdio: 'ignore', cwd: folder });
      endWithUs(child);
      await answers(port, child);
    },
    async stop() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Also when a test run is ended in the middle. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
process.once('SIGTERM', () => process.exit(143)); // Without a listener it would end with no event at all.

function endWithUs(child: ChildProcess): void {
  children.add(child);
  child.once('close', () => children.delete(child));
}

/** Below those that the system gives to outgoing connections: one of them would be taken before a server starts. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}

/** Free ones, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

export interface Certificates {
  /** Files. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** What is in `ca`. */
  readonly text: string;
  remove(): void;
}

/** Of an authority of the test's own, for 127.0.0.1. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'revocable-tls-'));
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const openssl = (...words: string[]): void =>
    void execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  openssl('req', '-x509', ...made, '-keyout', 'ca-key.pem', '-out', ca, '-subj', '/CN=authority of a test');
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  openssl('req', '-x509', ...made, '-keyout', key, '-out', cert, '-CA', ca, '-CAkey', 'ca-key.pem', ...names);
  return {
    ca,
    cert,
    key,
    text: readFileSync(ca, 'utf8'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let i = 0; i < 500; i += 1) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    if (/^(\+PONG|-NOAUTH)/.test(await say(port, ['PING']).catch(() => ''))) return;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  throw new Error('redis-server does not answer');
}

/** RESP2, one command a connection. A Sentinel knows no QUIT: there the first piece is all. */
function say(port: number, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const quit = '*1\r\n$4\r\nQUIT\r\n';
    const bulk = words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('');
    socket.on('connect', () => socket.write(`*${words.length}\r\n${bulk}${quit}`));
    socket.setEncoding('utf8').on('data', piece => {
      text += piece;
      if (piece.includes('unknown command')) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}
