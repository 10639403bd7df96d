import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { authenticate, refusalResponse, requireScope } from 'revocable/fetch';
import { describe, expect, it } from 'vitest';
import { StoreError } from '#errors';
import { createAdapterWorld } from '../contracts/adapter-world.ts';
import { type AdapterContract, describeAdapter, told } from '../contracts/adapters.ts';
import { listening } from './listening.ts';

const contract: AdapterContract = {
  async serve(options) {
    let count = 0;
    const check = authenticate(options);
    const mayWrite = requireScope('write');
    const answer = async (request: Request): Promise<Response> => {
      const verdict = await check(request);
      if (!verdict.ok) return verdict.response;
      const needsScope = new URL(request.url).pathname === '/write';
      const scoped = needsScope ? mayWrite(verdict.auth, request) : verdict;
      if (!scoped.ok) return scoped.response;
      count++;
      return new Response(told(scoped.auth), {
        headers: { 'content-type': 'application/json', ...verdict.headers },
      });
    };
    const guarded = (request: Request): Promise<Response> =>
      answer(request).catch(() => new Response(null, { status: 500 }));
    const server = createAdaptorServer({ fetch: guarded }) as Server;
    return { ...(await listening(server)), handled: () => count };
  },
  headerOf: (request: Request, name) => request.headers.get(name) ?? undefined,
};

describeAdapter('fetch', contract);

describe('fetch', () => {
  it('gives a refusal as a Response', async () => {
    const world = await createAdapterWorld();
    const verdict = await authenticate({ verifier: world.verifier })(new Request('https://api.example/'));
    world.close();
    expect(verdict.ok).toBe(false);
    if (verdict.ok) return;
    expect(verdict.response.status).toBe(401);
    expect(await verdict.response.json()).toEqual(verdict.body);
  });

  it('refusalResponse answers for a handler of your own', async () => {
    const answer = refusalResponse(new StoreError('ERR_STORE_UNAVAILABLE', 'redis://10.0.0.7 is gone'));
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await answer.text()).not.toContain('10.0.0.7');
  });
});
