/** What kind of Redis this is, asked at the start. */
import { ConfigError, type RevocableError } from '../../errors.ts';
import type { StoreAlarm } from '../../store.ts';
import { isRefusal, redisFailure } from './failure.ts';
import type { Line } from './line.ts';

const NEEDED = 7;

type Info = ReadonlyMap<string, string>;

/**
 * Asks each primary.
 * @returns what an operator has to look at
 * @throws {ConfigError} ERR_CONFIG_INVALID for a Redis before 7, or one that refuses the URL: user, password, database, set, kind
 * @throws {StoreError} ERR_STORE_UNAVAILABLE when it cannot be reached
 */
export async function inspectServers(line: Line, location: string): Promise<StoreAlarm[]> {
  try {
    const alarms: StoreAlarm[] = [];
    for (const server of await line.primaries()) alarms.push(...(await inspect(server, location)));
    return alarms;
  } catch (error) {
    throw openingFailure(error, location);
  }
}

async function inspect(line: Line, location: string): Promise<StoreAlarm[]> {
  const info = await infoOf(line);
  const version = info.get('redis_version') ?? '0';
  if (Number.parseInt(version, 10) < NEEDED)
    throw new ConfigError(`${location} is Redis ${version}; ${NEEDED} or later is needed.`);
  const texts = { eviction: evictionOf(info), replicas: replicationOf(info) };
  return (['eviction', 'replicas'] as const).flatMap(alarm =>
    texts[alarm] === undefined ? [] : [{ alarm, message: `${location} ${texts[alarm]}` }],
  );
}

function evictionOf(info: Info): string | undefined {
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction') return undefined;
  return `has maxmemory-policy ${policy}: when its memory is full it may drop revocations. Set it to noeviction.`;
}

/** INFO counts good replicas only where some are demanded. */
function replicationOf(info: Info): string | undefined {
  const replicas = Number(info.get('connected_slaves') ?? 0);
  if (info.get('role') !== 'master') return undefined;
  const good = info.get('min_slaves_good_slaves');
  if (good !== undefined)
    return Number(good) > 0
      ? undefined
      : 'takes no writes: it demands replicas (min-replicas-to-write), and none keeps up. Look at its replicas.';
  if (replicas === 0) return undefined;
  return 'has replicas, but takes writes without any: after a failover the old primary may go on answering verifiers. Set min-replicas-to-write to 1.';
}

async function infoOf(line: Line): Promise<Info> {
  const sections = await line.ask(['server', 'memory', 'replication'].map(section => ['INFO', section]));
  const lines = sections.join('\n').split(/\r?\n/);
  return new Map(lines.map(text => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]));
}

/** What Redis says of a URL that it cannot serve, by a part of its sentence; ours for it. */
const MISTAKES: readonly (readonly [string, string])[] = [
  ['DB index is out of range', 'names a database that this server does not have.'],
  ['cluster support disabled', 'is no Cluster; reach it by redis://host:6379.'],
  ['without any password configured', 'has no password, and one was given.'],
  ['NOSUCHSET', 'names a set that its Sentinels do not know.'],
];

/** An outage passes; a mistake does not. */
function openingFailure(error: unknown, location: string): RevocableError {
  const message = error instanceof Error ? error.message : '';
  const [, mistake] = MISTAKES.find(([part]) => message.includes(part)) ?? [];
  if (mistake !== undefined) return new ConfigError(`${location} ${mistake}`);
  if (!isRefusal(error)) return redisFailure(error);
  return new ConfigError(
    `${location} refuses this user or password, or its ACL forbids INFO (a Cluster: CLUSTER SLOTS; Sentinels: SENTINEL MASTER).`,
  );
}
