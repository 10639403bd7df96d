/** Steps on one collection of records, and on the audit log, in Lua. */
import { INFINITE } from '../../revocation/index.ts';
import { type Script, script } from './scripts.ts';

/** A record is "until text"; its name lies in an order of bytes, and among the ends when it has one. */
const RECORD = `
local VALUES, NAMES, ENDS = unpack(KEYS)
local a = cjson.decode(ARGV[1])
local function time()
  if a.now then return a.now end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local now = time()
local function live(key)
  local kept = redis.call('HGET', VALUES, key)
  if not kept then return false end
  local till, value = string.match(kept, '^(%d+) (.*)$')
  return tonumber(till) > now and value
end
local function remove(key)
  redis.call('HDEL', VALUES, key)
  redis.call('ZREM', NAMES, key)
  redis.call('ZREM', ENDS, key)
end
`;

export const RECORD_GET: Script = script(RECORD, 'return live(a.key)');

export const RECORD_PUT: Script = script(
  RECORD,
  `
if a.ifAbsent and live(a.key) then return 0 end
local till = string.format('%.0f', a['until'])
redis.call('HSET', VALUES, a.key, till .. ' ' .. a.text)
redis.call('ZADD', NAMES, 0, a.key)
if a['until'] < ${INFINITE} then redis.call('ZADD', ENDS, till, a.key) else redis.call('ZREM', ENDS, a.key) end
return 1
`,
);

export const RECORD_TAKE: Script = script(
  RECORD,
  `
local value = live(a.key)
if value then remove(a.key) end
return value
`,
);

export const RECORD_LIST: Script = script(
  RECORD,
  `
local rows = {}
local min = a.min
repeat
  local keys = redis.call('ZRANGEBYLEX', NAMES, min, a.max, 'LIMIT', 0, a.limit)
  for _, key in ipairs(keys) do
    min = '(' .. key
    local value = live(key)
    if value and #rows < 2 * a.limit then
      rows[#rows + 1] = key
      rows[#rows + 1] = value
    end
  end
until #keys < a.limit or #rows >= 2 * a.limit
return rows
`,
);

export const RECORD_PURGE: Script = script(
  RECORD,
  `
local over = redis.call('ZRANGEBYSCORE', ENDS, '-inf', string.format('%.0f', now), 'LIMIT', 0, a.limit)
for _, key in ipairs(over) do remove(key) end
return #over
`,
);

/** Numbered from 1, one after the other. HSETNX alone: the right to it is none to change or remove a row. */
export const AUDIT_APPEND: Script = script(
  `
local a = cjson.decode(ARGV[1])
local t = redis.call('TIME')
local now = a.now or t[1] * 1000 + math.floor(t[2] / 1000)
local row = string.format('%.0f', now) .. ' ' .. a.text
local seq = redis.call('HLEN', KEYS[1]) + 1
while redis.call('HSETNX', KEYS[1], string.format('%.0f', seq), row) == 0 do seq = seq + 1 end
return string.format('%.0f', seq)
`,
);
