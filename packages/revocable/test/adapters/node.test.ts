import { createServer, type IncomingMessage, request } from 'node:http';
import { createServer as createSecureServer, request as secureRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authenticate, authenticateUpgrade, requireScope } from '#adapters/node';
import { type AdapterWorld, createAdapterWorld } from '../contracts/adapter-world.ts';
import { type AdapterContract, describeAdapter, told } from '../contracts/adapters.ts';
import { createProver } from '../jose/prover.ts';
import { listening } from './listening.ts';

const contract: AdapterContract = {
  async serve(options) {
    let count = 0;
    const check = authenticate(options);
    const mayWrite = requireScope('write');
    const server = createServer(async (req, res) => {
      try {
        const verdict = await check(req);
        if (!verdict.ok) return verdict.send(res);
        const scoped = req.url?.startsWith('/write') ? mayWrite(verdict.auth, req) : verdict;
        if (!scoped.ok) return scoped.send(res);
        count++;
        for (const [name, value] of Object.entries(verdict.headers ?? {})) res.setHeader(name, value);
        res.setHeader('content-type', 'application/json').end(told(scoped.auth));
      } catch {
        res.writeHead(500).end();
      }
    });
    return { ...(await listening(server)), handled: () => count };
  },
  headerOf: (req: IncomingMessage, name) => req.headers[name]?.toString(),
};

describeAdapter('node', contract);

describe('node: a refusal', () => {
  it('is a value with all that an answer needs', async () => {
    const world = await createAdapterWorld();
    const req = { method: 'GET', url: '/', headers: {}, headersDistinct: {} } as IncomingMessage;
    const verdict = await authenticate({ verifier: world.verifier })(req);
    world.close();
    expect(verdict).toMatchObject({
      ok: false,
      error: { code: 'ERR_TOKEN_MISSING' },
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="api"', 'content-type': 'application/json' },
      body: { error: 'invalid_token', action: 'login' },
    });
  });

  it('keeps the headers that were set before', async () => {
    const world = await createAdapterWorld();
    const server = createServer(async (req, res) => {
      res.setHeader('access-control-allow-origin', 'https://shop.example');
      const verdict = await authenticate({ verifier: world.verifier })(req);
      if (!verdict.ok) verdict.send(res);
    });
    const { port, close } = await listening(server);
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(answer.status).toBe(401);
    await close();
    world.close();
  });

  it('of an auth that authenticate has not made is the fault of the program', () => {
    const check = requireScope('read');
    expect(() => check({ claims: { scope: 'read' } }, {} as IncomingMessage)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});

describe('node: authenticateUpgrade', () => {
  let world: AdapterWorld;
  let port: number;
  let close: () => Promise<void>;
  beforeAll(async () => {
    world = await createAdapterWorld();
    const check = authenticateUpgrade({ verifier: world.verifier, cookie: 'access' });
    const server = createServer((_req, res) => res.end());
    server.on('upgrade', async (req, socket) => {
      const verdict = await check(req);
      if (!verdict.ok) return verdict.send(socket);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.end(`${verdict.auth.claims.sub}`);
    });
    ({ port, close } = await listening(server));
  });
  afterAll(async () => {
    await close();
    world.close();
  });

  const upgrade = (headers: Record<string, string>): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const all = { Connection: 'Upgrade', Upgrade: 'websocket', ...headers };
      const sent = request({ host: '127.0.0.1', port, headers: all });
      const read = (status: number | undefined, stream: Duplex | IncomingMessage, head = ''): void => {
        let body = head;
        stream.on('data', chunk => {
          body += chunk;
        });
        stream.on('end', () => resolve({ status: status ?? 0, body }));
      };
      sent.on('upgrade', (res, socket, head) => read(res.statusCode, socket, head.toString()));
      sent.on('response', res => read(res.statusCode, res));
      sent.on('error', reject);
      sent.end();
    });

  it('opens for a good token', async () => {
    expect(await upgrade({ Authorization: `Bearer ${world.token('good')}` })).toMatchObject({
      status: 101,
      body: 'ada',
    });
  });

  it('answers a refusal as a whole HTTP answer, and ends the socket', async () => {
    const { status, body } = await upgrade({ Authorization: `Bearer ${world.token('signedOut')}` });
    expect(status).toBe(401);
    expect(JSON.parse(body)).toMatchObject({ code: 'ERR_TOKEN_REVOKED', action: 'login' });
  });

  it('refuses the WebSocket of a foreign page, though it is opened with GET', async () => {
    const Cookie = `access=${world.token('good')}`;
    expect((await upgrade({ Cookie, Origin: 'https://evil.example' })).status).toBe(403);
    expect(
      (await upgrade({ Cookie, Origin: `http://localhost:${port}`, Host: `localhost:${port}` })).status,
    ).toBe(101);
  });
});

describe('node: a bound token over TLS', () => {
  it('the URL that a proof is for begins with https', async () => {
    const world = await createAdapterWorld();
    const check = authenticate({ verifier: world.verifier, dpop: true });
    // Anonymous key exchange: a certificate is not what this is about.
    const anonymous = { ciphers: 'ADH-AES128-GCM-SHA256:@SECLEVEL=0', maxVersion: 'TLSv1.2' } as const;
    const server = createSecureServer({ ...anonymous, dhparam: 'auto' }, async (req, res) => {
      const verdict = await check(req);
      if (verdict.ok) res.end('in');
      else verdict.send(res);
    });
    const { port, close } = await listening(server);
    const prover = createProver();
    const token = world.token('good', prover.jkt);
    const statusWith = (url: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const proof = prover.prove({ method: 'GET', url, token });
        const headers = { host: `localhost:${port}`, authorization: `DPoP ${token}`, dpop: proof };
        const options = {
          ...anonymous,
          host: '127.0.0.1',
          port,
          headers,
          rejectUnauthorized: false,
          agent: false,
        };
        secureRequest(options, res => resolve(res.resume().statusCode))
          .on('error', reject)
          .end();
      });
    expect(await statusWith(`https://localhost:${port}/`)).toBe(200);
    expect(await statusWith(`http://localhost:${port}/`)).toBe(401);
    await close();
    world.close();
  });
});
