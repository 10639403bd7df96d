/** Stores to measure on, each with an authority: in memory, in a folder, on a Redis of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';
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
  const addSessions = (from, count) => addToRedis(address, from, count);
  return { ...place, pid: server.pid, addSessions, close };
}

/** As the store writes them (see its `keys.ts` and `rows.ts`), but in a few scripts: a million logins take half an hour. */
const ADD = `
local now, from, to = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local due = string.format('%.0f', now + 604800000)
for i = from, to - 1 do
  local id, user = 'session-' .. i, 'u::user-' .. math.floor(i / 10)
  redis.call('HSET', 'revocable:{sessions}:users', id, user)
  redis.call('ZADD', 'revocable:{sessions}:ends', due, id)
  local fixed = cjson.encode({ id = id, tenant = '', subject = string.sub(user, 4), client = '', device = 'laptop', address = '',
    salt = 'salt-of-' .. id, login = tonumber(now), created = tonumber(now), parent = '', audience = { 'api' }, scope = '', place = i })
  local numbers = '0 0 0 ' .. now .. ' ' .. string.format('%.0f', now + 2592000000) .. ' 604800000 30000 strict'
  redis.call('HSET', 'revocable:{' .. user .. '}', 'r:' .. id, fixed, 'm:' .. id, numbers, 'c:' .. id, '{}')
end`;

async function addToRedis(address, from, count) {
  const client = createClient({ url: address });
  await client.connect();
  for (let at = from; at < from + count; at += 5000) {
    const to = Math.min(at + 5000, from + count);
    await client.sendCommand(['EVAL', ADD, '0', String(Date.now()), String(at), String(to)]);
  }
  await client.close();
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
