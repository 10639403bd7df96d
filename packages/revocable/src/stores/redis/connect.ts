/** The client for a URL: the package `redis`, which need not be installed. */
import { ConfigError } from '../../errors.ts';
import type { NodeRedisClient } from './client.ts';

const PACKAGE = 'redis';

type CreateClient = (options: object) => NodeRedisClient;

/**
 * @param url `redis:` or `rediss:`, as the package `redis` reads it: user, password, host, port, number of the database
 * @throws {ConfigError} ERR_CONFIG_INVALID when the package is not installed, or the URL is none
 */
export async function clientFor(url: string): Promise<NodeRedisClient> {
  const createClient = await createClientOf();
  try {
    return createClient({ url, socket: { connectTimeout: 5000 } });
  } catch {
    throw new ConfigError('This is no Redis URL. One looks like redis://user:password@host:6379/0.');
  }
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

/** What the URL says of where, without user, password and query. */
export function placeOfUrl(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    throw new ConfigError('This is no Redis URL. One looks like redis://user:password@host:6379/0.');
  }
}
