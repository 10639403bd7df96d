/** The clients that can be handed in, by what is used of them: of the packages `redis` (5 or 6) and `ioredis` (5 or 6). */
import { ConfigError } from '../../errors.ts';
import type { Cluster } from './cluster.ts';
import type { OpenWire, Wire } from './line.ts';
import type { Address } from './location.ts';
import type { Reach } from './reach.ts';
import { type Dial, demandPrimary } from './sentinel.ts';

/** A client of the package `redis`: from `createClient`, `createSentinel` or `createCluster`. It need not be connected. */
export interface NodeRedisClient {
  duplicate(overrides?: object): unknown;
  sendCommand(...words: never[]): Promise<unknown>;
}

/** A client of the package `ioredis`: from `new Redis()`, with Sentinels or without, or `new Cluster()`. */
export interface IoredisClient {
  duplicate(...overrides: never[]): unknown;
  call(command: string, ...words: string[]): Promise<unknown>;
}

export type RedisClient = NodeRedisClient | IoredisClient;

/** Of our own, made from theirs: connected by us, and closed. */
interface Own {
  connect(): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
}
interface OwnNodeRedis extends Own {
  sendCommand(words: readonly string[]): Promise<unknown>;
  destroy(): void;
}
interface OwnNodeRedisSentinel extends Own {
  sendCommand(isReadonly: boolean, words: readonly string[]): Promise<unknown>;
  destroy(): void;
}
interface OwnNodeRedisCluster extends Own {
  readonly masters: readonly Address[];
  nodeClient(node: Address): unknown;
  destroy(): void;
}
interface OwnIoredis extends Own {
  call(command: string, ...words: string[]): Promise<unknown>;
  disconnect(): void;
}
interface OwnIoredisCluster extends Own {
  nodes(role: 'master'): readonly (IoredisClient & { readonly options: Address })[];
  disconnect(): void;
}

/**
 * How to connect as this client does. Connections of our own are made from it, and it stays its owner's: it is neither used nor
 * closed.
 * @throws {ConfigError} ERR_CONFIG_INVALID when it is no client of these packages
 */
export function reachOf(client: RedisClient): Reach {
  if (hasMethod(client, 'duplicate')) {
    if ((client as { isCluster?: unknown }).isCluster === true)
      return { kind: 'cluster', open: () => clusterOfIoredis(client) };
    if (hasMethod(client, 'call')) return { kind: 'server', open: ended => openIoredis(client, ended) };
    if (hasMethod(client, 'nodeClient')) return { kind: 'cluster', open: () => clusterOfNodeRedis(client) };
    if (hasMethod(client, 'getMasterNode'))
      return { kind: 'server', open: ended => openNodeRedisSentinel(client, ended) };
    if (hasMethod(client, 'sendCommand'))
      return { kind: 'server', open: ended => openNodeRedis(client, ended) };
  }
  throw new ConfigError(
    '"redis" is a client of the package "redis" (createClient, createSentinel, createCluster) or "ioredis" (new Redis, new Cluster).',
  );
}

function hasMethod<Name extends string>(client: object, name: Name): client is Record<Name, () => unknown> {
  return typeof (client as Record<string, unknown>)[name] === 'function';
}

/** No offline queue and no reconnection: what was sent and not answered fails, and is never sent again unseen. */
const UNSEEN_NOTHING = {
  RESP: 2,
  maintNotifications: 'disabled', // they come with RESP 3 alone
  disableOfflineQueue: true,
  commandOptions: { timeout: undefined }, // the line has a deadline; an AbortSignal a command costs more than all else of it
  clientSideCache: undefined,
  keyPrefix: undefined,
};

/** @param changed what is not as the client has it */
export async function openNodeRedis(
  client: RedisClient,
  ended: () => void,
  changed: { readonly socket?: object } = {},
): Promise<Wire> {
  const { options = {} } = client as { options?: { socket?: object } };
  const own = (client as NodeRedisClient).duplicate({
    ...UNSEEN_NOTHING,
    ...changed,
    socket: { ...options.socket, ...changed.socket, reconnectStrategy: false },
  }) as OwnNodeRedis;
  own.on('error', ended);
  own.on('end', ended);
  await own.connect();
  return { send: command => own.sendCommand([...command]), close: () => destroy(own) };
}

/** It has one connection to the primary, which it finds itself. */
async function openNodeRedisSentinel(client: RedisClient, ended: () => void): ReturnType<OpenWire> {
  const own = (client as NodeRedisClient).duplicate({
    ...UNSEEN_NOTHING,
    ...{ masterPoolSize: 1, replicaPoolSize: 0, reserveClient: true },
    ...{ maxCommandRediscovers: 0, passthroughClientErrorEvents: false },
  }) as OwnNodeRedisSentinel;
  own.on('error', ended);
  own.on('topology-change', () => {});
  const close = (): void => destroy(own);
  await own.connect();
  return demandPrimary({ send: command => own.sendCommand(false, [...command]), close }, ended);
}

/** One that has broken already refuses to be destroyed, or does so by a promise. */
function destroy(own: { destroy(): unknown }): void {
  try {
    Promise.resolve(own.destroy()).catch(() => {});
  } catch {
    // Nothing is left to close.
  }
}

/** With Sentinels it asks them for the primary at each connection. */
async function openIoredis(client: RedisClient, ended: () => void, address?: Address): ReturnType<OpenWire> {
  const own = (client as { duplicate(overrides: object): unknown }).duplicate({
    ...address,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    sentinelRetryStrategy: null,
    reconnectOnError: null,
    keyPrefix: '',
    protocol: 2,
  }) as OwnIoredis;
  own.on('error', () => {});
  own.on('close', ended);
  await own.connect();
  const send: Wire['send'] = ([name = '', ...words]) => own.call(name, ...words);
  const wire = { send, close: () => own.disconnect() };
  return isOfSentinels(client) && address === undefined ? demandPrimary(wire, ended) : wire;
}

function isOfSentinels(client: RedisClient): boolean {
  const { options = {} } = client as { options?: { sentinels?: unknown } };
  return Array.isArray(options.sentinels);
}

/** One of its clients for a single server shows how to connect to any. */
async function clusterOfNodeRedis(client: RedisClient): Promise<Cluster> {
  const own = (client as NodeRedisClient).duplicate({
    ...UNSEEN_NOTHING,
    minimizeConnections: true,
  }) as OwnNodeRedisCluster;
  own.on('error', () => {});
  try {
    await own.connect();
    const seeds = own.masters.map(({ host, port }) => ({ host, port }));
    const [first] = own.masters;
    if (first === undefined) throw new Error('this Cluster has no primaries');
    const template = (await own.nodeClient(first)) as RedisClient;
    return { seeds, dial: (address, ended) => openNodeRedis(template, ended, { socket: address }) };
  } finally {
    destroy(own);
  }
}

async function clusterOfIoredis(client: RedisClient): Promise<Cluster> {
  const options = {
    ...{ lazyConnect: true, enableReadyCheck: false },
    ...{ clusterRetryStrategy: null, slotsRefreshTimeout: 3000 },
  };
  const own = (client as { duplicate(nodes: object, options: object): unknown }).duplicate(
    [],
    options,
  ) as OwnIoredisCluster;
  own.on('error', () => {});
  try {
    await own.connect();
    const nodes = own.nodes('master');
    const seeds = nodes.map(node => ({ host: node.options.host, port: node.options.port }));
    const [template] = nodes;
    if (template === undefined) throw new Error('this Cluster has no primaries');
    const dial: Dial = (address, ended) => openIoredis(template, ended, address);
    return { seeds, dial };
  } finally {
    own.disconnect();
  }
}
