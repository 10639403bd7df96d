/** The atomic steps over the cut state, in Lua: stamps, cuts and takeover. `revocation/stamps.ts` and `stores/steps.ts` say why. */
import { DELTA_MS, INFINITE } from '../../revocation/index.ts';
import { type Script, script } from './scripts.ts';

/**
 * What every script over the cut state begins with. Numbers are written by %.0f: Lua's own way loses digits.
 * An empty store is opened by the first who finds it and remembers none; whoever remembers one knows that it was lost.
 */
export const PRELUDE: string = `
local LEDGER, ENTRIES, LOG, PROFILE, REPLICAS, REPORTS, GIVE_BACK = unpack(KEYS, 1, 7)
local STAMPS, ENTRY_ENDS, STAMP_ENDS, SIGNING_KEYS, UNPROVED = unpack(KEYS, 8)
local INFINITE = ${INFINITE}
local a = cjson.decode(ARGV[1])
local function text(n) return string.format('%.0f', n) end
local function time()
  if a.now then return a.now end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local now = time()
local held = redis.call('HMGET', LEDGER, 'server', 'owner', 'born', 'floor', 'top', 'head', 'tag', 'newest', 'opened', 'since')
local ledger = {
  server = held[1], owner = held[2], born = held[3], floor = tonumber(held[4] or 0), top = tonumber(held[5] or 0),
  head = tonumber(held[6] or 0), tag = held[7] or '', newest = tonumber(held[8] or 0), opened = tonumber(held[9] or 0),
  since = tonumber(held[10] or 0),
}
local function server() return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') end
local function save()
  redis.call('HSET', LEDGER, 'server', ledger.server, 'owner', ledger.owner, 'born', ledger.born,
    'floor', text(ledger.floor), 'top', text(ledger.top), 'head', text(ledger.head), 'tag', ledger.tag,
    'newest', text(ledger.newest), 'opened', text(ledger.opened), 'since', text(ledger.since))
end
local function own(born, by)
  ledger.server = by
  ledger.owner = string.sub(server(), 1, 8) .. '-' .. a.nonce
  ledger.born = born
  save()
end
if not ledger.owner and not a.seen and a.nonce then own('1', server()) end
local function isOpen()
  if not ledger.owner or ledger.server ~= server() then return false end
  return ledger.born == '0' or not a.seen or a.seen == ledger.owner
end
-- Empty of what somebody remembers, and not closed for want of a takeover alone.
local function isLost()
  if not ledger.owner or ledger.server == '' then return true end
  return ledger.born == '1' and a.seen ~= nil and a.seen ~= ledger.owner
end
local function answer(status, ...)
  return { status, text(now), ledger.owner or '', text(ledger.head), ledger.tag, ... }
end
local function closed() return answer('closed', isLost() and '1' or '') end
`;

export const ENTRY = `
local function entryOf(scope)
  local kept = redis.call('HGET', ENTRIES, scope)
  if not kept then return nil end
  local n = { string.match(kept, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) ?(.*)$') }
  if #n ~= 7 then error({ err = 'CORRUPT the cut of a scope' }) end
  for i = 1, 6 do n[i] = tonumber(n[i]) end
  return { number = n[1], at = n[2], expires = n[3], a = n[4], r = n[5], s = n[6], mac = n[7] }
end
local function isSame(x, y)
  return x.a == y.a and x.r == y.r and x.s == y.s and x.at == y.at and x.expires == y.expires
end
local function append(scope, e)
  ledger.head = ledger.head + 1
  e.number = ledger.head
  for _, plane in ipairs({ 'a', 'r', 's' }) do
    if e[plane] < INFINITE then ledger.newest = math.max(ledger.newest, e[plane]) end
  end
  local kept = table.concat({ text(e.number), text(e.at), text(e.expires), text(e.a), text(e.r), text(e.s) }, ' ')
  if e.mac ~= '' then kept = kept .. ' ' .. e.mac end
  local tag = string.sub(redis.sha1hex(a.nonce .. ' ' .. text(e.number)), 1, 16)
  redis.call('XADD', LOG, text(e.number) .. '-0', 'scope', scope, 'entry', kept, 'tag', tag, 'prev', ledger.tag, 'on', text(now))
  redis.call('HSET', ENTRIES, scope, kept)
  redis.call(e.mac == '' and 'SADD' or 'SREM', UNPROVED, scope)
  if e.expires < INFINITE then redis.call('ZADD', ENTRY_ENDS, text(e.expires), scope)
  else redis.call('ZREM', ENTRY_ENDS, scope) end
  ledger.tag = tag
  return kept
end
`;

/** The log keeps 100,000 entries and ten minutes at least. */
export const TRIM = `
local KEPT, KEPT_MS = 100000, 600000
local function trim()
  if ledger.head <= KEPT then return end
  local from = text(ledger.head - KEPT)
  local oldest = redis.call('XRANGE', LOG, from, '+', 'COUNT', 1)[1]
  if not oldest then return end
  local at = tonumber(oldest[2][10] or '')
  if at and at < now - KEPT_MS then redis.call('XTRIM', LOG, 'MINID', from) end
end
`;

/** `finiteCut`, `raise` and `retainUntil`. */
const CUT = `
local function lastOf(user)
  local kept = user and redis.call('HGET', STAMPS, user)
  return kept and tonumber(string.match(kept, '^%d+')) or nil
end
local function stepTime() return math.max(math.min(now, a.caller), ledger.floor) end
local function retained(order, at)
  if string.sub(order.scope, 1, 1) == 'k' then return INFINITE end
  if order.tokenExpires then return order.tokenExpires + a.lives.leewayMs end
  return at + (order.plane == 'a' and a.lives.accessMs or a.lives.refreshMs) + a.lives.leewayMs
end
local function cut(order)
  local before = entryOf(order.scope) or { a = 0, r = 0, s = 0, at = 0, expires = 0, mac = '' }
  local e = { a = before.a, r = before.r, s = before.s, at = before.at, expires = before.expires, mac = before.mac }
  local value = INFINITE
  if order.kind == 'finite' then
    value = math.max(stepTime(), e[order.plane], (lastOf(order.user) or ledger.top) + 1)
  end
  local at = math.max(now, a.caller, ledger.top)
  e[order.plane] = math.max(e[order.plane], value)
  e.expires = math.max(e.expires, retained(order, at))
  e.at = math.max(e.at, at)
  if not isSame(before, e) then e.mac = '' end
  return append(order.scope, e)
end
local function cutAll(orders)
  local wrote = {}
  for i, order in ipairs(orders) do
    wrote[2 * i - 1] = order.scope
    wrote[2 * i] = cut(order)
  end
  if #orders > 0 then trim() end
  return wrote
end
`;

export const BEGIN: Script = script(
  PRELUDE,
  `return isOpen() and answer('ok', text(ledger.since)) or closed()`,
);

/**
 * It is announced in the log, behind its newest entry: whoever follows loads again. It writes where there is nothing to take over
 * too: a primary that was deposed, to which this connection still leads, would say that it is open.
 */
export const TAKEOVER: Script = script(
  PRELUDE,
  `
redis.call('XTRIM', REPORTS, 'MAXLEN', '1')
if isOpen() then return answer('open') end
ledger.since = now
ledger.floor = math.max(math.max(now, a.caller) + ${2 * DELTA_MS}, ledger.floor, ledger.top, ledger.newest) + 1000
ledger.top = ledger.floor
own('0', server())
redis.call('XADD', LOG, text(ledger.head) .. '-*', 'owner', ledger.owner)
return answer('ok')
`,
);

export const CUT_STEP: Script = script(
  PRELUDE,
  ENTRY,
  TRIM,
  CUT,
  `
if not isOpen() then return closed() end
local wrote = cutAll(a.orders)
save()
return answer('ok', wrote)
`,
);

/** The rotation rule, foretold: of a family that is over or has two holders no stamp is given. */
export const ROTATION = `
local function isReused(f)
  local grace = f.policy == 'strict' and 0 or f.grace
  local age = f.now - f.at
  if f.g >= f.c then return false end
  if f.g >= f.p and age <= grace and grace > 0 then return false end
  return not (f.g == f.p and f.policy == 'recover')
end
`;

/** Of a login or refresh: is it open, do the clocks agree, has anything that applies been cut since; then the stamp. */
export const STAMP: Script = script(
  PRELUDE,
  ENTRY,
  TRIM,
  CUT,
  ROTATION,
  `
if not isOpen() then return closed() end
if math.abs(now - a.caller) > ${DELTA_MS} then return answer('clocks') end
local applying = {}
for _, scope in ipairs(a.scopes) do applying[#applying + 1] = entryOf(scope) end
if a.begun then
  if a.begun.owner ~= ledger.owner then return answer('outdated') end
  for _, e in ipairs(applying) do if e.number > a.begun.head then return answer('outdated') end end
end

local family = a.family
if family then
  for _, scope in ipairs(family.scopes) do
    local e = entryOf(scope)
    if e and family.login < e.s then return answer('revoked', scope, 's') end
    if e and family.login < e.r then return answer('revoked', scope, 'r') end
  end
  if family.ends <= now then return answer('expired') end
end
if a.isOrphan then return answer('gone') end
if a.rotation then
  a.rotation.now = now
  if isReused(a.rotation) then return answer('reused') end
end

local stepNow = stepTime()
local stamp = stepNow
for _, e in ipairs(applying) do
  for _, plane in ipairs({ 'a', 'r', 's' }) do if e[plane] < INFINITE then stamp = math.max(stamp, e[plane]) end end
end
local last = math.max(lastOf(a.user) or ledger.top, stamp)
local expires = text(now + a.lives.refreshMs + a.lives.leewayMs)
redis.call('HSET', STAMPS, a.user, text(last) .. ' ' .. expires)
redis.call('ZADD', STAMP_ENDS, expires, a.user)
ledger.top = math.max(ledger.top, stamp)
ledger.opened = ledger.opened + 1
local wrote = cutAll(a.orders)
save()
return answer('ok', text(stepNow), text(stamp), text(ledger.opened), wrote)
`,
);

/** Cuts of scopes as they are now; an absent one is empty. */
export const LOOK: Script = script(
  PRELUDE,
  `
local kept = {}
for i, scope in ipairs(a.scopes) do kept[i] = redis.call('HGET', ENTRIES, scope) or '' end
return answer('ok', kept)
`,
);

/** By both clocks: a store whose clock runs ahead must not forget a cut that an authority still counts on. */
export const PURGE: Script = script(
  PRELUDE,
  `
local removed = 0
local function purge(ends, hash)
  local over = redis.call('ZRANGEBYSCORE', ends, '-inf', text(math.min(now, a.caller)), 'LIMIT', 0, a.limit - removed)
  for _, name in ipairs(over) do
    redis.call('HDEL', hash, name)
    redis.call('ZREM', ends, name)
    if hash == ENTRIES then redis.call('SREM', UNPROVED, name) end
  end
  removed = removed + #over
end
purge(ENTRY_ENDS, ENTRIES)
if removed < a.limit then purge(STAMP_ENDS, STAMPS) end
return answer('ok', removed)
`,
);

/** Puts the keys over the shelf that was seen. A new key that signs is announced in the log, behind its newest entry. */
export const PUT_KEYS: Script = script(
  PRELUDE,
  `
local shelf = redis.call('HMGET', SIGNING_KEYS, 'revision', 'signing')
if tonumber(shelf[1] or 0) ~= a.revision then return answer('changed') end
redis.call('HSET', SIGNING_KEYS, 'revision', text(a.revision + 1), 'signing', a.signing, 'rows', a.rows)
if (shelf[2] or '') ~= a.signing then redis.call('XADD', LOG, text(ledger.head) .. '-*', 'key', a.signing) end
return answer('ok')
`,
);

/** Replaces the profile that was seen. */
export const DECLARE: Script = script(
  PRELUDE,
  `
if (redis.call('GET', PROFILE) or '') ~= a.before then return answer('changed') end
redis.call('SET', PROFILE, a.after)
return answer('ok')
`,
);
