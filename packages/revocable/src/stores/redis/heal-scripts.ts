/** Healing, in Lua: proofs that are added, and cut-offs that are given back. `stores/healing-steps.ts` says why. */
import { ENTRY, PRELUDE, TRIM } from './cut-scripts.ts';
import { type Script, script } from './scripts.ts';

/** A store that nobody owns is begun here, and stays closed: it is healed before it is taken over. */
const APPEND_ALL = `
if not ledger.owner then own('1', '') end
local wrote = {}
local function write(scope, e)
  wrote[#wrote + 1] = scope
  wrote[#wrote + 1] = append(scope, e)
end
`;

/** `vouched`. */
export const VOUCH: Script = script(
  PRELUDE,
  ENTRY,
  TRIM,
  APPEND_ALL,
  `
if not isOpen() then return answer('ok', wrote) end
for _, given in ipairs(a.entries) do
  local e = entryOf(given.scope)
  if e and isSame(e, given) and e.mac ~= given.mac then
    e.mac = given.mac
    write(given.scope, e)
  end
end
if #wrote > 0 then trim() end
save()
return answer('ok', wrote)
`,
);

/** `healed`. */
export const HEAL: Script = script(
  PRELUDE,
  ENTRY,
  TRIM,
  APPEND_ALL,
  `
local function merged(x, y)
  local e = {
    a = math.max(x.a, y.a), r = math.max(x.r, y.r), s = math.max(x.s, y.s),
    at = math.max(x.at, y.at), expires = math.max(x.expires, y.expires), mac = '',
  }
  if x.mac ~= '' and isSame(x, e) then e.mac = x.mac
  elseif y.mac ~= '' and isSame(y, e) then e.mac = y.mac end
  return e
end
for _, given in ipairs(a.entries) do
  if given.expires > math.min(now, a.caller) then
    local before = entryOf(given.scope)
    local e = before and merged(before, given) or given
    if not (before and isSame(e, before) and e.mac == before.mac) then write(given.scope, e) end
  end
end
if #wrote > 0 then trim() end
save()
return answer('ok', wrote)
`,
);

/** Entries without a MAC. */
export const UNPROVED_ENTRIES: Script = script(
  PRELUDE,
  `
local found = {}
for _, scope in ipairs(redis.call('SRANDMEMBER', UNPROVED, a.limit)) do
  local kept = redis.call('HGET', ENTRIES, scope)
  if kept then
    found[#found + 1] = scope
    found[#found + 1] = kept
  else redis.call('SREM', UNPROVED, scope) end
end
return answer('ok', found)
`,
);
