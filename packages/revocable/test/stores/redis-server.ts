/** A redis-server of the test's own: on a free port, in a temporary folder, ended after the test file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const REDIS_SERVER: string = process.env.REDIS_SERVER ?? '/usr/bin/redis-server';

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Sends one command, as an operator would, and gives back what comes. */
  command(...words: string[]): Promise<string>;
  /** kill -9, and waits for its end. */
  kill(): Promise<void>;
  /** Starts it again in the same folder, on the same port. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export async function startRedis(...options: string[]): Promise<RedisServer> {
  if (!existsSync(REDIS_SERVER))
    throw new Error(`There is no ${REDIS_SERVER}: apt-get install redis-server, or set REDIS_SERVER.`);
  const folder = mkdtempSync(join(tmpdir(), 'revocable-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...options];
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    command: (...command) => say(port, command),
    async kill() {
      const ended = child;
      child = undefined;
      if (ended === undefined || ended.exitCode !== null) return;
      const closed = once(ended, 'close');
      ended.kill('SIGKILL');
      await closed;
    },
    async start() {
      child = spawn(REDIS_SERVER, words, { stdio: 'ignore' });
      await answers(port, child);
    },
    async stop() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
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

async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let i = 0; i < 500; i += 1) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    if (/^(\+PONG|-NOAUTH)/.test(await say(port, ['PING']).catch(() => ''))) return;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  throw new Error('redis-server does not answer');
}

/** RESP2, one command a connection. */
function say(port: number, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const quit = '*1\r\n$4\r\nQUIT\r\n';
    const bulk = words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('');
    socket.on('connect', () => socket.write(`*${words.length}\r\n${bulk}${quit}`));
    socket.setEncoding('utf8').on('data', piece => {
      text += piece;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}
