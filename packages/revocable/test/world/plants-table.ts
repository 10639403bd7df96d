/** Bugs that are planted one by one in a copy of the library, each with the invariants of which one must fail. */

/** A text that stands exactly once in the file of dist/, and what stands there instead. */
export type Edit = readonly [file: string, find: string, replace: string];

export interface Plant {
  readonly name: string;
  /** Those that it breaks: one of them catches it. */
  readonly invariants: readonly number[];
  /** Where the same harm shows too: these count where none of the others catches it, and the table says so. */
  readonly also?: readonly number[];
  /** Whose dist/ and tests it is about. @default 'revocable' */
  readonly package?: 'service';
  readonly edits: readonly Edit[];
  /** Of what lies outside the simulated world: the tests that catch it instead, below the package's test/. */
  readonly tests?: readonly string[];
  /** Why it takes many seeds, or why another invariant catches it. */
  readonly note?: string;
}

const STAMPS = 'revocation/stamps.js';
const STEPS = 'stores/steps.js';
const ROTATION = 'sessions/rotation.js';
const TABLE = ['revocation/cutoff-table.test.ts'];
/** Of a real Redis. */
const INTERLEAVED = ['authority/interleavings.test.ts'];
const SESSION_LUA = 'stores/redis/session-scripts.js';
const CUT_LUA = 'stores/redis/cut-scripts.js';

export const PLANTS: readonly Plant[] = [
  {
    name: 'cut without + 1',
    invariants: [1],
    also: [18, 20, 22],
    edits: [[STAMPS, '(last ?? ledger.top) + 1', '(last ?? ledger.top)']],
  },
  {
    name: 'wide cut without top',
    invariants: [1],
    also: [18, 20],
    edits: [[STEPS, 'order.user === undefined ? undefined :', 'order.user === undefined ? 0 :']],
  },
  {
    name: 'wide cut with delta instead of top',
    invariants: [1],
    also: [18, 20],
    edits: [[STAMPS, '(last ?? ledger.top) + 1', '(last ?? now + DELTA_MS) + 1']],
  },
  {
    name: 'stamp ignores cuts',
    invariants: [3],
    edits: [[STAMPS, 'Math.max(now, newestFinite(applying))', 'now']],
  },
  {
    name: 'stamp ignores wide cuts',
    invariants: [3],
    edits: [
      [
        STAMPS,
        'newestFinite(applying)',
        "newestFinite(applying.filter(each => each.scope.startsWith('u:')))",
      ],
    ],
  },
  {
    name: 'missing last reads 0',
    invariants: [1],
    also: [18, 20, 22],
    edits: [[STEPS, 'state.last(order.user)', '(state.last(order.user) ?? 0)']],
  },
  {
    name: 'new last forgets top',
    invariants: [1],
    also: [18, 20, 22],
    edits: [[STAMPS, 'Math.max(last ?? ledger.top, stamp)', 'Math.max(last ?? 0, stamp)']],
  },
  {
    name: 'no owner check',
    invariants: [19, 1],
    edits: [[STAMPS, '=> ledger.owner === ledger.server', '=> true']],
  },
  {
    name: 'takeover without slack',
    invariants: [19],
    edits: [
      [
        STAMPS,
        'Math.max(storeNow + 2 * DELTA_MS, ledger.floor, ledger.top, newestCut) + 1000',
        'Math.max(ledger.floor, ledger.top, newestCut) + 1',
      ],
    ],
  },
  {
    name: 'issues though clocks disagree',
    invariants: [14],
    edits: [[STAMPS, 'Math.abs(moment.store - moment.caller) <= DELTA_MS', 'true']],
  },
  {
    name: 'claims read before begin',
    invariants: [22],
    edits: [
      [
        'authority/refresher.js',
        'const begun = await store.begin();',
        'const early = await claims(sessionOf(session));\n    const begun = await store.begin();',
      ],
      ['authority/refresher.js', 'const fresh = await claims(sessionOf(session));', 'const fresh = early;'],
    ],
  },
  {
    name: 'no restart of an outdated step',
    invariants: [22],
    also: [1],
    edits: [
      [
        STAMPS,
        'begun.owner !== ledger.owner || applying.some(entry => entry.number > begun.head)',
        'begun.owner !== ledger.owner',
      ],
    ],
  },
  {
    name: 'password checked before begin',
    invariants: [22],
    edits: [['authority/issuer.js', 'begun ?? (await store.begin())', 'await store.begin()']],
  },
  {
    name: 'cut forgotten at exp by the store (no leeway)',
    invariants: [29],
    also: [1, 18, 20],
    edits: [
      [
        STAMPS,
        "(plane === 'a' ? lives.accessMs : lives.refreshMs) + lives.leewayMs",
        "(plane === 'a' ? lives.accessMs : lives.refreshMs)",
      ],
    ],
  },
  {
    name: 'cut forgotten at exp by a verifier (no leeway)',
    invariants: [29],
    also: [1, 18, 20],
    edits: [['revocation/knowledge.js', 'longest + profile.leewayMs', 'longest']],
  },
  {
    name: 'exp from a clock read at signing',
    invariants: [29],
    also: [11],
    edits: [
      [
        'authority/access-token.js',
        'numericDate(grant.now + settings.accessMs)',
        'numericDate(context.clock.wall() + settings.accessMs)',
      ],
    ],
  },
  {
    name: 'purge by one clock',
    invariants: [29, 5],
    also: [1, 18, 20],
    edits: [['stores/memory.js', 'Math.min(held.clock(), caller)', 'held.clock()']],
  },
  {
    name: "age from an answer's arrival",
    invariants: [2],
    also: [20],
    edits: [
      ['revocation/follower.js', 'const sent = freshness.sending();', ''],
      [
        'revocation/follower.js',
        'freshness.answered(sent, head)',
        'freshness.answered(freshness.sending(), head)',
      ],
    ],
  },
  {
    name: 'age by the monotonic clock alone',
    invariants: [2],
    also: [20],
    edits: [
      [
        'revocation/freshness.js',
        'Math.max(wall, clock.monotonic() - sent.monotonic)',
        'clock.monotonic() - sent.monotonic',
      ],
    ],
  },
  {
    name: 'age by the wall clock alone',
    invariants: [2],
    also: [20],
    edits: [
      [
        'revocation/freshness.js',
        'wall < 0 ? Number.POSITIVE_INFINITY : Math.max(wall, clock.monotonic() - sent.monotonic)',
        'wall',
      ],
    ],
  },
  {
    name: 'stale decided by a timer',
    invariants: [2],
    also: [20],
    edits: [
      [
        'revocation/follower.js',
        'forgetOld(following.knowledge);',
        'forgetOld(following.knowledge);\n        following.knowledge.isStaleNow = ageOf(following.knowledge) > following.options.maxStalenessMs;',
      ],
      [
        'revocation/judgement.js',
        'ageOf(knowledge, wallMs) > maxAgeMs',
        'knowledge.isStaleNow === true && maxAgeMs < Infinity',
      ],
    ],
  },
  {
    name: 'ready after half a snapshot',
    invariants: [2, 6],
    also: [1, 18, 20],
    edits: [
      [
        'revocation/follower.js',
        'await new Promise(resolve => options.timers.set(resolve, RETRY_MS));',
        "const { head } = await options.feed.probe({ name: undefined, applied: undefined, maxStalenessMs: 0, whenStale: 'reject' }).catch(() => ({}));\n            if (head !== undefined && knowledge.profile !== undefined) {\n                knowledge.isLoaded = true;\n                advance(following, head);\n                follow(following, head);\n                return;\n            }\n            await new Promise(resolve => options.timers.set(resolve, RETRY_MS));",
      ],
    ],
  },
  {
    name: 'live = connected',
    invariants: [20],
    edits: [
      [
        'authority/settled.js',
        'nowMs - replica.seenAt <= replica.maxStalenessMs',
        'nowMs + 2000 - replica.seenAt <= 1100',
      ],
    ],
  },
  {
    name: 'acknowledged before listeners',
    invariants: [20, 21],
    also: [1],
    edits: [
      [
        'revocation/follower.js',
        'take(knowledge, entries);\n            advance(following, next);',
        'advance(following, next);\n            options.timers.set(() => take(knowledge, entries), 50);',
      ],
    ],
  },
  {
    name: 'listener registered after the check',
    invariants: [21],
    edits: [
      [
        'revocation/connections.js',
        'for (const scope of connection.scopes)\n        watchersOf(state, scope).add(connection);',
        'state.timers.set(() => {\n        for (const scope of connection.scopes)\n            watchersOf(state, scope).add(connection);\n    }, 50);',
      ],
    ],
  },
  {
    name: 'snapshot does not fire onRevoked',
    invariants: [21],
    edits: [
      [
        'revocation/follower.js',
        '(await options.feed.load(knowledge.hold, entries => take(knowledge, entries)))',
        '(await options.feed.load(knowledge.hold, entries => take({ ...knowledge, listeners: new Set() }, entries)))',
      ],
    ],
  },
  {
    name: 'access token judged by r',
    invariants: [4],
    also: [3],
    edits: [
      [
        'revocation/cutoff.js',
        "return token.modifiedAt < cuts.a ? 'a' : undefined;",
        "return token.modifiedAt < cuts.a ? 'a' : token.refreshModifiedAt < cuts.r ? 'r' : undefined;",
      ],
    ],
  },
  {
    name: 's compared with modified_at',
    invariants: [7],
    edits: [['revocation/cutoff.js', 'token.refreshModifiedAt < cuts.s', 'token.modifiedAt < cuts.s']],
    tests: ['revocation/cutoff.test.ts'],
  },
  {
    name: 'one newest over all planes',
    invariants: [1, 4],
    edits: [
      [
        'revocation/cutoff-table.js',
        'refreshModifiedAt < newest.s || refreshModifiedAt < forever.s',
        'modifiedAt < Math.max(newest.a, newest.r, newest.s)',
      ],
    ],
    tests: TABLE,
  },
  {
    name: 'infinity counted into the shortcut',
    invariants: [1],
    edits: [['revocation/cutoff-table.js', 'forever[plane] = cut;', 'newest[plane] = 0;']],
    tests: TABLE,
  },
  {
    name: 'infinity skipped by the shortcut',
    invariants: [1],
    edits: [['revocation/cutoff-table.js', 'forever[plane] = cut;', 'return;']],
    tests: TABLE,
  },
  {
    name: 'table replaces instead of max',
    invariants: [5, 12],
    edits: [
      [
        'revocation/cutoff-shard.js',
        'const isHigher = cutoff.cut > cutAt(words, at);',
        'const isHigher = cutoff.cut !== cutAt(words, at);',
      ],
    ],
    tests: TABLE,
  },
  {
    name: 'deletion breaks a probe chain',
    invariants: [5, 12],
    edits: [
      [
        'revocation/cutoff-shard.js',
        'rebuild(shard, capacity, SPILL, (words, at) => !isOver(words, at));',
        'for (let at = 0; at < shard.words.length; at += WORDS) if (shard.words[at + MARK] !== 0 && isOver(shard.words, at)) shard.words[at + MARK] = 0;',
      ],
    ],
    tests: TABLE,
  },
  {
    name: 'verdict cached',
    invariants: [13, 25],
    also: [1, 2, 18, 20, 22],
    edits: [
      [
        'verifier/verifier.js',
        'const { claims } = proved;\n    const { header } = proved.protected;',
        'if (proved.answer !== undefined)\n        return proved.answer;\n    const { claims } = proved;\n    const { header } = proved.protected;',
      ],
    ],
  },
  {
    name: 'rotates at every use',
    invariants: [10],
    also: [8, 30],
    edits: [
      [
        ROTATION,
        "age <= 2 * grace && grace > 0 ? made('same', family) : made('rotated', after(family, g, now))",
        "made('rotated', after(family, g, now))",
      ],
    ],
  },
  {
    name: 'twin gets its own successor',
    invariants: [8],
    edits: [
      [ROTATION, "made('successor', family)", "made('successor', { ...family, c: family.c + 1, at: now })"],
    ],
  },
  {
    name: 'window extended by twins',
    invariants: [8],
    edits: [[ROTATION, "made('successor', family)", "made('successor', { ...family, at: now })"]],
  },
  {
    name: 'late answer repeats the same successor',
    invariants: [10],
    edits: [
      [ROTATION, "made('recovered', { ...family, c: family.c + 1, at: now })", "made('recovered', family)"],
    ],
  },
  {
    name: 'orphan gets a successor',
    invariants: [9],
    edits: [[ROTATION, "g === family.p && policy === 'recover'", "g >= family.p && policy === 'recover'"]],
  },
  {
    name: 'reuse refused, family lives',
    invariants: [9],
    edits: [
      [
        STEPS,
        "return { refused: 'reused', wrote: endFamily(state, row, moment, step.lives) };",
        "return { refused: 'reused', wrote: [] };",
      ],
    ],
  },
  {
    name: 'lost rotation = reuse',
    invariants: [10],
    also: [30],
    edits: [
      [
        ROTATION,
        "return made('amnesia', { p: g - 1, c: g, at: now });",
        "return { verdict: 'reused', generation: family.c, next: family };",
      ],
    ],
  },
  {
    name: 'consume before client binding',
    invariants: [16],
    edits: [
      [
        'authority/refresher.js',
        "if (session.client !== (options.client ?? ''))\n        throw new TokenClaimError('client_id', 'mismatch');",
        '',
      ],
    ],
  },
  {
    name: 'grace answer skips the cuts',
    invariants: [7, 22],
    edits: [
      [
        STEPS,
        'refusedSession(state, row, storeNow, proved);',
        '(storeNow - row.at <= row.graceMs ? undefined : refusedSession(state, row, storeNow, proved));',
      ],
    ],
  },
  {
    name: 'invalid_grant when the store is down',
    invariants: [15],
    also: [30],
    edits: [
      [
        'authority/refresher.js',
        'await context.store.session(parsed.session)',
        'await context.store.session(parsed.session).catch(() => undefined)',
      ],
    ],
  },
  {
    name: 'absolute end extended by rotation',
    invariants: [11],
    edits: [
      [
        STEPS,
        'used: storeNow, claims: step.claims ?? row.claims }',
        'used: storeNow, expires: row.expires + 1000, claims: step.claims ?? row.claims }',
      ],
    ],
  },
  {
    name: 'idle end not looked at',
    invariants: [11],
    edits: [
      [
        STEPS,
        "return endOf(row) <= storeNow ? { refused: 'expired' } : undefined;",
        "return row.expires <= storeNow ? { refused: 'expired' } : undefined;",
      ],
    ],
  },
  {
    name: 'access exp not clamped',
    invariants: [11],
    edits: [['authority/access-token.js', 'Math.min(lifeEnd, numericDate(endOf(grant.session)))', 'lifeEnd']],
  },
  {
    name: 'kill of the user instead of the family',
    invariants: [9],
    edits: [
      [
        STEPS,
        "return expand(state, { kind: 'session', session: row.id, plane: 's' }, moment.store).map(",
        "const user = userScope(row.tenant, row.subject);\n    return [{ kind: 'finite', scope: user, plane: 's', user }].map(",
      ],
    ],
  },
  {
    name: 'u.a counted on plane s',
    invariants: [4],
    edits: [
      [
        STEPS,
        'const { scope, plane } = order;',
        "const { scope } = order;\n    const plane = scope.startsWith('u:') ? 's' : order.plane;",
      ],
    ],
  },
  {
    name: 'tenant not escaped',
    invariants: [24],
    edits: [['revocation/scope.js', "tenant.replaceAll('%', '%25').replaceAll(':', '%3A')", 'tenant']],
    tests: ['revocation/scope.test.ts'],
  },
  {
    name: 'each repeated revoke adds 1',
    invariants: [27],
    edits: [
      [
        STAMPS,
        'Math.max(now, cut, (last ?? ledger.top) + 1)',
        'Math.max(now, cut + 1, (last ?? ledger.top) + 1)',
      ],
    ],
  },
  {
    name: 'k is not looked up',
    invariants: [25],
    also: [1],
    edits: [
      [
        'revocation/standing.js',
        "if (kid !== undefined && isRefused(token, table, 'k', kid))\n        return false;",
        '',
      ],
    ],
  },
  {
    name: 'one replica for two issuers',
    invariants: [26],
    edits: [['revocation/judgement.js', "if (claims['iss'] !== profile.issuer)", 'if (false)']],
    tests: ['revocation/ready.test.ts'],
  },
  {
    name: 'UTF-8 with U+FFFD',
    invariants: [24],
    edits: [
      [
        'revocation/scope.js',
        'if (!isWellFormed(value))\n        throw new ConfigError',
        'if (false)\n        throw new ConfigError',
      ],
    ],
    tests: ['revocation/scope.test.ts'],
  },
  {
    name: 'twin gets its own successor, in Lua',
    invariants: [8],
    edits: [
      [
        SESSION_LUA,
        "if g >= row.p and age <= grace and grace > 0 then return 'successor', row.p, row.c, row.at end",
        "if g >= row.p and age <= grace and grace > 0 then return 'successor', row.p, row.c + 1, row.at end",
      ],
    ],
    tests: INTERLEAVED,
  },
  {
    name: 'orphan gets a successor, in Lua',
    invariants: [9],
    edits: [
      [SESSION_LUA, "if g == row.p and row.policy == 'recover'", "if g >= row.p and row.policy == 'recover'"],
      [
        CUT_LUA,
        "return not (f.g == f.p and f.policy == 'recover')",
        "return not (f.g >= f.p and f.policy == 'recover')",
      ],
    ],
    tests: INTERLEAVED,
  },
  {
    name: 'reuse refused, family lives, on Redis',
    invariants: [9],
    edits: [
      [
        'stores/redis/steps.js',
        "return { refused: 'reused', wrote: await endFamily(primary, step) };",
        "return { refused: 'reused' };",
      ],
    ],
    tests: INTERLEAVED,
  },
  {
    name: 'no restart of an outdated step, in Lua',
    invariants: [22],
    edits: [[CUT_LUA, 'if e.number > a.begun.head then', 'if false then']],
    tests: [...INTERLEAVED, 'stores/redis.test.ts'],
  },
  {
    name: 'a refresh skips the cuts, in Lua',
    invariants: [7],
    edits: [[CUT_LUA, 'if e and family.login < e.s then', 'if false then']],
    tests: INTERLEAVED,
  },
];
