/** The steps on a session's row, in Lua, in the slot of its user. `sessions/rotation.ts` says why. */
import { KEEP_ENDED_MS } from '../upkeep.ts';
import { type Script, script } from './scripts.ts';

/** A session is three fields: what never changes, its numbers, its claims. */
const ROW = `
local a = cjson.decode(ARGV[1])
local function text(n) return string.format('%.0f', n) end
local function rowOf()
  local kept = redis.call('HGET', KEYS[1], 'm:' .. a.id)
  if not kept then return nil end
  local p, c, at, used, expires, idle, grace, policy =
    string.match(kept, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%l+)$')
  if not policy then error({ err = 'CORRUPT the row of a session' }) end
  return { p = tonumber(p), c = tonumber(c), at = tonumber(at), used = tonumber(used), expires = tonumber(expires),
    idle = tonumber(idle), grace = tonumber(grace), policy = policy }
end
local function put(row)
  redis.call('HSET', KEYS[1], 'm:' .. a.id, table.concat({ text(row.p), text(row.c), text(row.at), text(row.used),
    text(row.expires), text(row.idle), text(row.grace), row.policy }, ' '))
end
local function endOf(row) return math.min(row.expires, row.used + row.idle) end
`;

/** Consumes a generation, unless it has no stamp: then it says what would be. */
export const CONSUME: Script = script(
  ROW,
  `
local row = rowOf()
if not row then return { 'gone' } end
if endOf(row) <= a.now then return { 'expired' } end

local function rotate()
  local g, now = a.g, a.now
  local grace = row.policy == 'strict' and 0 or row.grace
  local age = now - row.at
  if g > row.c then return 'amnesia', g - 1, g, now end
  if row.policy == 'none' and g == row.c then return 'same', row.p, row.c, row.at end
  if g == row.c and age <= 2 * grace and grace > 0 then return 'same', row.p, row.c, row.at end
  if g == row.c then return 'rotated', g, row.c + 1, now end
  if g >= row.p and age <= grace and grace > 0 then return 'successor', row.p, row.c, row.at end
  if g == row.p and row.policy == 'recover' then return 'recovered', row.p, row.c + 1, now end
  return 'reused'
end
local verdict, p, c, at = rotate()
if verdict == 'reused' then return { 'reused' } end
if not a.isStamped then return { 'again' } end
row.p, row.c, row.at, row.used = p, c, at, a.now
put(row)
if a.claims then redis.call('HSET', KEYS[1], 'c:' .. a.id, a.claims) end
return { verdict, text(p), text(c), text(at), redis.call('HGET', KEYS[1], 'c:' .. a.id) or '{}' }
`,
);

/** A child's use, its opening too, counts as its parent's, which does not come back once it is over. */
export const TOUCH: Script = script(
  ROW,
  `
local row = rowOf()
if not row or row.used >= a.now or endOf(row) <= a.now then return 0 end
row.used = a.now
put(row)
return 1
`,
);

/** Removes a session that has been over for long enough; else says when to look again. */
export const END: Script = script(
  ROW,
  `
local row = rowOf()
if not row then return { 'gone' } end
local due = endOf(row) + ${KEEP_ENDED_MS}
if due > a.now then return { 'kept', text(due) } end
redis.call('HDEL', KEYS[1], 'r:' .. a.id, 'm:' .. a.id, 'c:' .. a.id)
return { 'removed' }
`,
);
