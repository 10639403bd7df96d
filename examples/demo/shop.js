/** The page that calls both, and a server that takes people back as an admin's tool would. */
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { ports, urls } from './places.js';

const here = fileURLToPath(new URL('./page', import.meta.url));
const library = fileURLToPath(new URL('..', import.meta.resolve('revocable/browser')));
const app = new Hono();
app.get('/places.js', c =>
  c.body(`export const urls = ${JSON.stringify(urls)};`, 200, { 'Content-Type': 'text/javascript' }),
);
app.post('/take-back/:subject', async c => c.json(await takeBack(c.req.param('subject'))));
app.use(
  '/revocable/*',
  serveStatic({ root: library, rewriteRequestPath: path => path.slice('/revocable'.length) }),
);
app.use('*', serveStatic({ root: here }));
serve({ fetch: app.fetch, port: ports.shop, hostname: 'localhost' }, () => process.send?.('ready'));
process.on('disconnect', () => process.exit(0));

async function takeBack(subject) {
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope: 'revocable:revoke' });
  const login = Buffer.from(`shop-server:${process.env.DEMO_CLIENT_SECRET}`).toString('base64');
  const basic = { Authorization: `Basic ${login}` };
  const token = await post(`${urls.auth}/token`, form, basic);
  const json = { Authorization: `Bearer ${token.access_token}`, 'Content-Type': 'application/json' };
  return post(
    `${urls.auth}/admin/api/revocations`,
    JSON.stringify({ target: { subject }, reason: 'demo' }),
    json,
  );
}

async function post(url, body, headers) {
  const answer = await fetch(url, { method: 'POST', body, headers });
  return answer.json();
}
