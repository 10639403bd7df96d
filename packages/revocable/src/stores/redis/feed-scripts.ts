/** What followers ask, in Lua. They are given the first seven keys alone: no keys, no sessions. */
import { KEEP_ENDED_MS } from '../upkeep.ts';
import { PRELUDE } from './cut-scripts.ts';
import { type Script, script } from './scripts.ts';

/** Where the log ends, and what is declared. */
export const HEAD: Script = script(
  PRELUDE,
  `return answer(ledger.owner and 'ok' or 'absent', redis.call('GET', PROFILE) or '')`,
);

/** A piece of the log, and where it ends. `tag`: of the entry at `a.number`, when it is still there. */
export const LOG_PIECE: Script = script(
  PRELUDE,
  `
local at = redis.call('XRANGE', LOG, text(a.number) .. '-0', text(a.number) .. '-0')[1]
local pieces = redis.call('XRANGE', LOG, '(' .. a.after, '+', 'COUNT', a.limit)
return answer('ok', redis.call('GET', PROFILE) or '', at and at[2][6] or '', pieces)
`,
);

/**
 * The store's clock and the head of its log; writes down what a named replica says of itself. It is a write even where there is
 * nothing to write: a replica refuses those, and a deposed primary too where min-replicas-to-write is set. A server that nobody
 * has taken over may have lost the newest cuts, so it makes nobody fresh.
 */
export const PROBE: Script = script(
  PRELUDE,
  `
redis.call('XTRIM', REPORTS, 'MAXLEN', '1')
if not ledger.owner then return answer('absent') end
if ledger.server ~= server() then return closed() end
if a.name then
  redis.call('HSET', REPLICAS, a.name, text(now) .. ' ' .. text(a.lapses and now + a.lapses or INFINITE) .. ' ' .. a.report)
  redis.call('XADD', REPORTS, 'MAXLEN', '1', '*', 'name', a.name)
end
return answer('ok')
`,
);

/** What a follower gives back waits in a stream of bounded length until an authority has judged it. */
export const OFFER: Script = script(
  PRELUDE,
  `
redis.call('XADD', GIVE_BACK, 'MAXLEN', '~', '1000', '*', 'entries', a.entries)
return answer('ok')
`,
);

/** Replicas, without those that lapsed; with \`until\` the number of them. */
export const LIST_REPLICAS: Script = script(
  PRELUDE,
  `
local rows = {}
local removed = 0
local all = redis.call('HGETALL', REPLICAS)
for i = 1, #all, 2 do
  local lapses = tonumber(string.match(all[i + 1], '^%d+ (%d+)'))
  if lapses <= math.min(now, a.caller or now) and (not a.limit or removed < a.limit) then
    redis.call('HDEL', REPLICAS, all[i])
    removed = removed + 1
  else
    rows[#rows + 1] = all[i]
    rows[#rows + 1] = all[i + 1]
  end
end
return answer('ok', rows, removed)
`,
);

/** How long after its own limit a replica is forgotten that is heard no more. */
export const LAPSES_AFTER_MS: number = KEEP_ENDED_MS;
