/** The clients that can be handed in, by what is used of them: of the packages `redis` (5 or 6) and `ioredis` (5 or 6). */
import { ConfigError } from '../../errors.ts';
import type { OpenWire } from './line.ts';

/** A client of the package `redis`, from `createClient`. It need not be connected. */
export interface NodeRedisClient {
  duplicate(overrides?: object): unknown;
  sendCommand(words: string[]): Promise<unknown>;
}

/** A client of the package `ioredis`, from `new Redis()`. */
export interface IoredisClient {
  duplicate(overrides?: object): unknown;
  call(command: string, ...words: string[]): Promise<unknown>;
}

export type RedisClient = NodeRedisClient | IoredisClient;

interface OwnNodeRedis extends NodeRedisClient {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: string, listener: () => void): unknown;
}

interface OwnIoredis extends IoredisClient {
  connect(): Promise<unknown>;
  disconnect(): void;
  on(event: string, listener: () => void): unknown;
}

/**
 * How to connect as this client does. Connections of our own are made from it, and it stays its owner's: it is neither used nor
 * closed.
 * @throws {ConfigError} ERR_CONFIG_INVALID when it is no client of these packages, or one of a cluster
 */
export function wiresOf(client: RedisClient): OpenWire {
  const { isCluster, masters } = client as { isCluster?: unknown; masters?: unknown };
  if (isCluster === true || masters !== undefined)
    throw new ConfigError(
      'Clients of a Redis Cluster are not supported yet: hand in one of a single server.',
    );
  if (hasMethod(client, 'call') && hasMethod(client, 'duplicate')) return ended => openIoredis(client, ended);
  if (hasMethod(client, 'sendCommand') && hasMethod(client, 'duplicate'))
    return ended => openNodeRedis(client, ended);
  throw new ConfigError(
    '"redis" is a client of the package "redis" (createClient) or "ioredis" (new Redis).',
  );
}

function hasMethod<Name extends string>(client: object, name: Name): client is Record<Name, () => unknown> {
  return typeof (client as Record<string, unknown>)[name] === 'function';
}

/** No offline queue and no reconnection: what was sent and not answered fails, and is never sent again unseen. */
async function openNodeRedis(client: RedisClient, ended: () => void): ReturnType<OpenWire> {
  const { options = {} } = client as { options?: { socket?: object } };
  const own = client.duplicate({
    RESP: 2,
    maintNotifications: 'disabled', // they come with RESP 3 alone
    disableOfflineQueue: true,
    commandOptions: undefined,
    clientSideCache: undefined,
    socket: { ...options.socket, reconnectStrategy: false },
  }) as OwnNodeRedis;
  own.on('error', ended);
  own.on('end', ended);
  await own.connect();
  return { send: command => own.sendCommand([...command]), close: () => destroy(own) };
}

/** One that has broken already refuses to be destroyed. */
function destroy(own: OwnNodeRedis): void {
  try {
    own.destroy();
  } catch {
    // Nothing is left to close.
  }
}

async function openIoredis(client: RedisClient, ended: () => void): ReturnType<OpenWire> {
  const own = client.duplicate({
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    reconnectOnError: null,
    keyPrefix: '',
    protocol: 2,
  }) as OwnIoredis;
  own.on('error', () => {});
  own.on('close', ended);
  await own.connect();
  return {
    send: ([name = '', ...words]) => own.call(name, ...words),
    close: () => own.disconnect(),
  };
}
