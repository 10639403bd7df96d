/** The way to what a URL names: by the package `redis`, which need not be installed. */
import { ConfigError } from '../../errors.ts';
import { systemTimers } from '../../time.ts';
import { type NodeRedisClient, openNodeRedis } from './client.ts';
import { type Address, type RedisAddress, redisAddress } from './location.ts';
import type { Reach } from './reach.ts';
import { type Dial, wiresBySentinels } from './sentinel.ts';

const PACKAGE = 'redis';
const CONNECT_MS = 5000;

type CreateClient = (options: object) => NodeRedisClient;

/**
 * @param url `redis:`, `redis+sentinel:`, `redis+cluster:`, or with `rediss` for TLS
 * @throws {ConfigError} ERR_CONFIG_INVALID when the package is not installed, or the URL is none
 */
export async function reachAt(url: string): Promise<Reach> {
  const address = redisAddress(url);
  const createClient = await createClientOf();
  const template = createClient({}); // To make one takes long, unless it is like the last; to duplicate it does not.
  const dialWith =
    (credentials: object): Dial =>
    (host, ended) =>
      openNodeRedis(template, ended, { ...credentials, socket: { ...optionsFor(address), ...host } });
  const { credentials, database } = address;
  const dial = dialWith({ ...credentials, database });
  const { kind, hosts, name, sentinelCredentials } = address;
  if (kind === 'cluster') return { kind, open: async () => ({ seeds: hosts, dial }) };
  if (kind === 'server') {
    const host = firstOf(hosts);
    return { kind, open: ended => dial(host, ended) };
  }
  const dialSentinel = dialWith(sentinelCredentials);
  return {
    kind: 'server',
    open: wiresBySentinels({ sentinels: hosts, name, dialSentinel, dialServer: dial, timers: systemTimers }),
  };
}

function firstOf([first, ...others]: readonly Address[]): Address {
  if (first !== undefined && others.length === 0) return first;
  throw new ConfigError('A redis: URL names one host. Several: redis+sentinel://… or redis+cluster://…');
}

/** Without a certificate authority of its own it trusts those of Node.js: NODE_EXTRA_CA_CERTS adds some. */
function optionsFor({ tls }: RedisAddress): object {
  const secure = tls === undefined ? {} : { tls: true, ...tls };
  return { ...secure, connectTimeout: CONNECT_MS };
}

/** By a variable name: a bundler must not look for what need not be installed. */
async function createClientOf(): Promise<CreateClient> {
  const name: string = PACKAGE;
  try {
    const { createClient } = (await import(name)) as { createClient: CreateClient };
    return createClient;
  } catch {
    throw new ConfigError(
      'A "redis:" store needs the package "redis". Run: npm install redis — or hand in a client: openStore({ redis: client }).',
    );
  }
}
