/** Hono; knows the JWK Set and the feed, no secret. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { authenticate } from 'revocable/hono';
import { ports, urls } from './places.js';
import { counting, figures, trust } from './trust.js';

const verifier = await trust('stock');
const app = new Hono();
app.use(cors({ origin: urls.shop, allowHeaders: ['Authorization'] }));
app.get('/figures', c => c.json(figures));
app.use((_c, next) => counting(next));
app.use(authenticate({ verifier }));
app.get('/', c => c.json({ hello: c.get('auth').claims.preferred_username, stock: { tea: 12, ink: 3 } }));
serve({ fetch: app.fetch, port: ports.stock, hostname: 'localhost' }, () => process.send?.('ready'));
process.on('disconnect', () => process.exit(0));
