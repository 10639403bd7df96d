import { createServer } from 'node:http';
import express, { type Request } from 'express';
import { authenticate, requireScope } from 'revocable/express';
import { describe, expect, it } from 'vitest';
import { ask, createAdapterWorld } from '../contracts/adapter-world.ts';
import { type AdapterContract, describeAdapter, told } from '../contracts/adapters.ts';
import { listening } from './listening.ts';

const contract: AdapterContract = {
  async serve(options) {
    let count = 0;
    const app = express();
    app.use(authenticate(options));
    app.use('/write', requireScope('write'));
    app.use((req, res) => {
      count++;
      res.type('application/json').send(told(req.auth));
    });
    const silent = (_error: unknown, _req: unknown, res: express.Response, _next: unknown): void => {
      res.status(500).end();
    };
    app.use(silent);
    return { ...(await listening(createServer(app))), handled: () => count };
  },
  headerOf: (req: Request, name) => req.get(name),
};

describeAdapter('express', contract);

describe('express', () => {
  it('sees a token in the query of a router that is mounted below a path', async () => {
    const world = await createAdapterWorld();
    const app = express();
    app.use('/api', authenticate({ verifier: world.verifier }), (_req, res) => res.end());
    const { port, close } = await listening(createServer(app));
    const headers = ['Authorization', `Bearer ${world.token('good')}`];
    expect((await ask(port, { path: '/api/orders?access_token=x', headers })).status).toBe(400);
    expect((await ask(port, { path: '/api/orders', headers })).status).toBe(200);
    await close();
    world.close();
  });

  it('requireScope without authenticate lets nobody in', async () => {
    const app = express();
    app.use(requireScope('read'), (_req, res) => res.end());
    const { port, close } = await listening(createServer(app));
    expect((await ask(port)).status).toBe(401);
    await close();
  });
});
