/** Starts the four servers, plays the story, and leaves them up. */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { ports, urls } from './places.js';
import { play } from './story.js';

const secrets = {
  DEMO_CLIENT_SECRET: randomBytes(24).toString('base64url'),
  REVOCABLE_ADMIN_PASSWORD: randomBytes(18).toString('base64url'),
};
const children = [];

async function start(name) {
  const child = fork(new URL(`./${name}.js`, import.meta.url), {
    env: { ...process.env, ...secrets },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  let complaint = '';
  child.stderr.on('data', text => {
    complaint += text;
  });
  // Its own word: on its port another program might answer.
  const ready = name === 'auth' ? once(child.stdout, 'data') : once(child, 'message');
  await Promise.race([ready, once(child, 'exit')]);
  if (child.exitCode === null) return;
  const line = complaint.trim().split('\n')[0] || 'it ended at once';
  throw new Error(`The demo's ${name} could not start on port ${ports[name]}: ${line}`);
}

function stop(code) {
  for (const child of children) child.kill('SIGTERM');
  process.exit(code);
}
process.on('SIGINT', () => stop(0));
process.on('SIGTERM', () => stop(0));

console.log('revocable demo: one service signs, two verify, one person is taken back');
console.log(`  auth    ${urls.auth}   signs; the only one with a private key`);
console.log(`  orders  ${urls.orders}   Express; knows the JWK Set and the feed, no secret`);
console.log(`  stock   ${urls.stock}   Hono; the same`);
console.log(`  shop    ${urls.shop}   the page that calls both`);
try {
  await start('auth');
  await Promise.all(['orders', 'stock', 'shop'].map(start));
  await play(secrets.REVOCABLE_ADMIN_PASSWORD);
  console.log(`Play it yourself: ${urls.shop} (ada / ada-loves-engines) · Ctrl-C stops all four`);
} catch (error) {
  console.error(error.message);
  stop(1);
}
