/** A service on a real port, so that real sockets and proxies stand between it and who follows it. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { ServiceConfig } from '@revocable/service';
import { openWorld, type World } from './world.ts';

export interface Listening {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export async function listening(handler: RequestListener): Promise<Listening> {
  const server: Server = createServer(handler);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, port, close };
}

export interface ListeningWorld extends World {
  readonly url: string;
  readonly port: number;
}

/** The service names as its issuer the port that it listens on. */
export async function openListeningWorld(config: ServiceConfig = {}): Promise<ListeningWorld> {
  let answer: (request: Request) => Promise<Response> = async () => new Response(null, { status: 503 });
  const server = await listening(
    getRequestListener(request => answer(request), { overrideGlobalObjects: false }),
  );
  const world = await openWorld({ feed: 'public', issuer: server.url, ...config });
  answer = async request => world.service.fetch(request, { address: '127.0.0.1' });
  const close = async (): Promise<void> => {
    await world.close();
    await server.close();
  };
  return { ...world, url: server.url, port: server.port, close };
}
