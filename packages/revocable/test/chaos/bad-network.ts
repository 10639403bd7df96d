/** A network between a client and a Redis that can be made bad: it holds the feed back, or swallows all without a word. */

import { once } from 'node:events';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export interface BadNetwork {
  readonly port: number;
  /** Answers to whoever waits for the log wait too; all else passes. */
  holdFeed(isHeld: boolean): void;
  /** So many bytes a second come to each client; undefined for all at once. */
  slow(bytesPerSecond: number | undefined): void;
  /** Nothing passes, no connection ends: the ends are half open. Those of that time stay so for ever. */
  swallow(isSwallowing: boolean): void;
  close(): void;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  isFeed: boolean;
  isDead: boolean;
  held: Buffer[];
}

interface Weather {
  isFeedHeld: boolean;
  isSwallowing: boolean;
  bytesPerSecond: number | undefined;
}

const DRIP_MS = 100;

export async function startBadNetwork(port: number): Promise<BadNetwork> {
  const weather: Weather = { isFeedHeld: false, isSwallowing: false, bytesPerSecond: undefined };
  const links = new Set<Link>();
  const dripping = setInterval(() => drip(links, weather), DRIP_MS);
  const proxy: Server = createServer(client => links.add(join(client, port, weather)));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    holdFeed(isHeld) {
      weather.isFeedHeld = isHeld;
      if (!isHeld) for (const link of links) release(link);
    },
    slow(bytesPerSecond) {
      weather.bytesPerSecond = bytesPerSecond;
      if (bytesPerSecond === undefined) for (const link of links) release(link);
    },
    swallow(isSwallowing) {
      weather.isSwallowing = isSwallowing;
      if (isSwallowing) for (const link of links) link.isDead = true;
    },
    close() {
      clearInterval(dripping);
      proxy.close();
      for (const { client, server } of links) for (const socket of [client, server]) socket.destroy();
    },
  };
}

function join(client: Socket, port: number, weather: Weather): Link {
  const server = dial(port, '127.0.0.1');
  const link: Link = { client, server, isFeed: false, isDead: weather.isSwallowing, held: [] };
  client.on('data', piece => {
    link.isFeed ||= piece.includes('XREAD');
    if (!link.isDead) server.write(piece);
  });
  server.on('data', piece => {
    if (link.isDead) return;
    if (weather.bytesPerSecond !== undefined || (link.isFeed && weather.isFeedHeld)) link.held.push(piece);
    else client.write(piece);
  });
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.on('error', () => {});
    one.on('close', () => link.isDead || other.destroy());
  }
  return link;
}

/** What waits too long to be sent holds up its server. */
function drip(links: ReadonlySet<Link>, { bytesPerSecond }: Weather): void {
  if (bytesPerSecond === undefined) return;
  for (const link of links) {
    const waiting = Buffer.concat(link.held);
    const share = Math.ceil((bytesPerSecond * DRIP_MS) / 1000);
    link.client.write(waiting.subarray(0, share));
    link.held = waiting.length > share ? [waiting.subarray(share)] : [];
    if (link.held.length > 0) link.server.pause();
    else link.server.resume();
  }
}

function release(link: Link): void {
  for (const piece of link.held.splice(0)) link.client.write(piece);
  link.server.resume();
}
