/** What kind of Redis this is, asked at the start. */
import { ConfigError } from '../../errors.ts';
import { redisFailure, replyCode } from './failure.ts';
import type { Line } from './line.ts';

const NEEDED = 7;

type Info = ReadonlyMap<string, string>;

/**
 * @returns warnings for the operator, where there is something to warn of
 * @throws {ConfigError} ERR_CONFIG_INVALID for a Redis before 7, or a user or password that it refuses
 * @throws {StoreError} ERR_STORE_UNAVAILABLE when it cannot be reached
 */
export async function inspectServer(line: Line, location: string): Promise<readonly string[]> {
  const info = await infoOf(line, location);
  const version = info.get('redis_version') ?? '0';
  if (Number.parseInt(version, 10) < NEEDED)
    throw new ConfigError(`${location} is Redis ${version}; ${NEEDED} or later is needed.`);
  return [...evictionWarning(info), ...replicationWarning(info)].map(text => `${location} ${text}`);
}

function evictionWarning(info: Info): string[] {
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction') return [];
  return [
    `has maxmemory-policy ${policy}: when its memory is full it may drop revocations. Set it to noeviction.`,
  ];
}

/** INFO counts good replicas only where some are demanded. */
function replicationWarning(info: Info): string[] {
  const replicas = Number(info.get('connected_slaves') ?? 0);
  if (info.get('role') !== 'master' || replicas === 0 || info.has('min_slaves_good_slaves')) return [];
  return [
    'has replicas, but takes writes without any: after a failover the old primary may go on answering verifiers. Set min-replicas-to-write to 1.',
  ];
}

async function infoOf(line: Line, location: string): Promise<Info> {
  try {
    const sections = await line.ask(['server', 'memory', 'replication'].map(section => ['INFO', section]));
    const lines = sections.join('\n').split(/\r?\n/);
    return new Map(lines.map(text => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]));
  } catch (error) {
    if (['WRONGPASS', 'NOAUTH', 'NOPERM'].includes(replyCode(error) ?? ''))
      throw new ConfigError(`${location} refuses this user or password, or its ACL forbids INFO.`);
    throw redisFailure(error);
  }
}
