import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { authenticate, requireScope } from 'revocable/hono';
import { describe, expect, it } from 'vitest';
import { createAdapterWorld } from '../contracts/adapter-world.ts';
import { type AdapterContract, describeAdapter, told } from '../contracts/adapters.ts';
import { listening } from './listening.ts';

const contract: AdapterContract = {
  async serve(options) {
    let count = 0;
    const app = new Hono();
    app.onError((_error, c) => c.body(null, 500));
    app.use(authenticate(options));
    app.use('/write', requireScope('write'));
    app.all('*', c => {
      count++;
      if (c.get('jwtPayload') !== c.get('auth')?.payload) throw new Error('jwtPayload is not the payload');
      return c.body(told(c.get('auth')), 200, { 'content-type': 'application/json' });
    });
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    return { ...(await listening(server)), handled: () => count };
  },
  headerOf: (c: Context, name) => c.req.header(name),
};

describeAdapter('hono', contract);

describe('hono', () => {
  it('keeps the headers of cors() on a refusal, so that the page can read it', async () => {
    const world = await createAdapterWorld();
    const app = new Hono();
    app.use(cors({ origin: 'https://shop.example' }));
    app.use(authenticate({ verifier: world.verifier }));
    app.get('/', c => c.text(`hello ${c.get('auth').claims.sub}`));
    const refused = await app.request('/', { headers: { origin: 'https://shop.example' } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(await refused.json()).toMatchObject({ action: 'login' });
    const preflight = await app.request('/', {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'GET' },
    });
    expect(preflight.status).toBe(204);
    const good = await app.request('/', { headers: { authorization: `Bearer ${world.token('good')}` } });
    expect(await good.text()).toBe('hello ada');
    world.close();
  });
});
