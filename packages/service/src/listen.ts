/** A port with a `fetch` behind it. */
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';

export type Answer = (request: Request, origin: { readonly address: string }) => Response | Promise<Response>;

export interface Listener {
  readonly port: number;
  /** Refuses connections, and resolves when the running requests are finished; after the grace they are cut. */
  stop(graceMs: number): Promise<void>;
}

/** A port that cannot be had; its message is one sentence that names it. */
export class PortError extends Error {
  override readonly name = 'PortError';
}

/** @throws {PortError} */
export async function listen(host: string, port: number, setting: string, answer: Answer): Promise<Listener> {
  const server = createAdaptorServer({
    fetch: (request, { incoming }) =>
      answer(request, { address: (incoming.socket as Socket).remoteAddress ?? '' }),
    overrideGlobalObjects: false,
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new PortError(sentence(error, host, port, setting))),
    );
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, stop: graceMs => stop(server, graceMs) };
}

function sentence(
  { code, message }: NodeJS.ErrnoException,
  host: string,
  port: number,
  setting: string,
): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is used by another program: stop it, or choose another port with ${setting}.`;
    case 'EACCES':
      return `Port ${port} on ${host} may not be used by this user: choose one above 1023 with ${setting}.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine, so port ${port} cannot be opened there.`;
    default:
      return `Port ${port} on ${host} cannot be opened (${code ?? message}).`;
  }
}

/** A connection is idle once its last request, or its stream, is finished: it is looked for until none is left. */
async function stop(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

const SWEEP_MS = 20;
