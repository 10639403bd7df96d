/** Express; knows the JWK Set and the feed, no secret. */
import cors from 'cors';
import express from 'express';
import { authenticate } from 'revocable/express';
import { ports, urls } from './places.js';
import { counting, figures, trust } from './trust.js';

const verifier = await trust('orders');
const app = express();
app.disable('x-powered-by');
app.use(cors({ origin: urls.shop, allowedHeaders: ['Authorization'] }));
app.get('/figures', (_req, res) => res.json(figures));
app.use((_req, _res, next) => counting(next));
app.use(authenticate({ verifier }));
app.get('/', (req, res) => res.json({ hello: req.auth.claims.preferred_username, orders: ['tea', 'ink'] }));
app.listen(ports.orders, 'localhost', error => {
  if (error) process.exit(1);
  process.send?.('ready');
});
process.on('disconnect', () => process.exit(0));
