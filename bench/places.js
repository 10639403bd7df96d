/** Stores to measure on, each with an authority: in memory, in a folder, on a Redis of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createAuthority, openStore } from 'revocable';

export const SECRET = 'a root secret of a benchmark, 32 bytes';

export async function memoryPlace(options) {
  return placeOn('memory:', await openStore('memory:'), options);
}

/** @param {string} folder for the data; whoever made it removes it */
export async function embeddedPlace(folder, options) {
  const address = `file:${join(folder, 'embedded')}`;
  return placeOn(address, await openStore(address), options);
}

export async function redisPlace(folder, options) {
  const port = await freePort();
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const server = spawn('redis-server', words, { stdio: 'ignore' });
  const address = `redis://127.0.0.1:${port}`;
  const place = await placeOn(address, await untilOpen(address), { secret: SECRET, ...options });
  const close = async () => {
    await place.close();
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  return { ...place, pid: server.pid, close };
}

async function placeOn(address, store, options) {
  const authority = await createAuthority({ store, ...options });
  const close = async () => {
    await authority.close();
    await store.close();
  };
  return { address, store, authority, close };
}

async function untilOpen(address) {
  for (;;) {
    try {
      return await openStore(address);
    } catch {
      await pause(50);
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
