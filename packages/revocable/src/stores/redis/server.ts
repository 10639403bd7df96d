/** What kind of Redis this is, asked at the start. */
import { ConfigError } from '../../errors.ts';
import { redisFailure, replyCode } from './failure.ts';
import type { Line } from './line.ts';

const NEEDED = 7;

/**
 * @returns a warning for the operator, where there is something to warn of
 * @throws {ConfigError} ERR_CONFIG_INVALID for a Redis before 7, or a user or password that it refuses
 * @throws {StoreError} ERR_STORE_UNAVAILABLE when it cannot be reached
 */
export async function inspectServer(line: Line, location: string): Promise<string | undefined> {
  const info = await infoOf(line, location);
  const version = info.get('redis_version') ?? '0';
  if (Number.parseInt(version, 10) < NEEDED)
    throw new ConfigError(`${location} is Redis ${version}; ${NEEDED} or later is needed.`);
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction') return undefined;
  return `${location} has maxmemory-policy ${policy}: when its memory is full it may drop revocations. Set it to noeviction.`;
}

async function infoOf(line: Line, location: string): Promise<Map<string, string>> {
  try {
    const [server, memory] = await line.ask([
      ['INFO', 'server'],
      ['INFO', 'memory'],
    ]);
    const lines = `${server}\n${memory}`.split(/\r?\n/);
    return new Map(lines.map(text => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]));
  } catch (error) {
    if (['WRONGPASS', 'NOAUTH', 'NOPERM'].includes(replyCode(error) ?? ''))
      throw new ConfigError(`${location} refuses this user or password, or its ACL forbids INFO.`);
    throw redisFailure(error);
  }
}
