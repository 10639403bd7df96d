/** Steps over two slots: one script on a single server; in a Cluster, or behind a proxy that is one, a script for each. */

import { STAMP } from './cut-scripts.ts';
import { endsConnection, redisFailure } from './failure.ts';
import { CUT_STATE, SESSION_USERS, userKey } from './keys.ts';
import type { Line } from './line.ts';
import { type Script, script } from './scripts.ts';
import { CONSUME } from './session-scripts.ts';

/** The key of a user's sessions, in Lua. */
const USER_KEY = `'${userKey("' .. user .. '")}'`;

/** The fields of a session, found by its id alone. */
export const FIND: Script = script(`
local a = cjson.decode(ARGV[1])
local user = redis.call('HGET', KEYS[1], a.id)
if not user then return {} end
return redis.call('HMGET', ${USER_KEY}, 'r:' .. a.id, 'm:' .. a.id, 'c:' .. a.id)
`);

/** STAMP, then CONSUME in the key behind the cut state. The answer is that of STAMP, and last in it what CONSUME replied. */
export const REFRESH: Script = script(`
local function stamp(KEYS, ARGV)
${STAMP.text}
end
local function consume(KEYS, ARGV)
${CONSUME.text}
end
local answer = stamp(KEYS, ARGV)
local status = answer[1]
if status == 'ok' or status == 'expired' or status == 'reused' then
  local a = cjson.decode(ARGV[1]).consume
  a.now, a.isStamped = tonumber(answer[2]), status == 'ok'
  answer[#answer + 1] = consume({ KEYS[${CUT_STATE.length + 1}] }, { cjson.encode(a) })
end
return answer
`);

const REACH_BOTH: Script = script(`return redis.call('EXISTS', ARGV[1])`);

/**
 * Whether one script may touch all keys, also one that it finds itself. It is asked of Redis, for a proxy does not say what is
 * behind it.
 * @throws {StoreError} ERR_STORE_UNAVAILABLE
 */
export async function isOneServer(line: Line): Promise<boolean> {
  const keys = [CUT_STATE[0] ?? '', SESSION_USERS];
  try {
    await line.ask([['EVAL', REACH_BOTH.text, String(keys.length), ...keys, userKey('')]]);
    return true;
  } catch (error) {
    if (endsConnection(error)) throw redisFailure(error);
    return false;
  }
}
