/** Bugs of what the simulated world does not run: healing, the journal, Redis, the wire. Each names the tests that catch it. */
import type { Plant } from './plants-table.ts';

const HEALING = ['authority/healing.test.ts'];
const MEMORY = ['stores/memory.test.ts'];
const POSITION = ['stores/position.test.ts'];
const REDIS_STEPS = 'stores/redis/steps.js';

export const PLANTS_BEYOND: readonly Plant[] = [
  {
    name: 'opens before healing',
    invariants: [5, 7],
    edits: [
      [
        'authority/takeover.js',
        'const everyone = begun.lost === true',
        'await store.takeover(context.clock.wall());\n    const everyone = begun.lost === true',
      ],
    ],
    tests: HEALING,
  },
  {
    name: 'takeover without healed cuts in the floor',
    invariants: [19],
    edits: [
      [
        'revocation/stamps.js',
        'ledger.floor, ledger.top, newestCut) + 1000',
        'ledger.floor, ledger.top) + 1000',
      ],
    ],
    tests: ['revocation/stamps.test.ts'],
  },
  {
    name: "an entry's end is made anew at push-back",
    invariants: [17],
    edits: [
      [
        'stores/healing-steps.js',
        'return appendAll(state, live, healed);',
        'return appendAll(state, live.map(entry => ({ ...entry, expires: entry.expires + 60_000 })), healed);',
      ],
    ],
    tests: [...HEALING, ...MEMORY],
  },
  {
    name: 'push-back is not logged',
    invariants: [18],
    edits: [
      [
        'stores/healing-steps.js',
        'append(state.ledger(), after, state.newTag())',
        '{ entry: after, ledger: state.ledger() }',
      ],
    ],
    tests: [...HEALING, ...MEMORY],
  },
  {
    name: 'what is given back is not proved',
    invariants: [23],
    edits: [
      [
        'authority/healing.js',
        '.filter(entry => isProved(entry, settings.issuer, roots) && endsInTime(entry, latest))',
        '.filter(entry => endsInTime(entry, latest))',
      ],
    ],
    tests: HEALING,
  },
  {
    name: 'what is given back may end when it likes',
    invariants: [17],
    edits: [
      [
        'authority/healing.js',
        '.filter(entry => isProved(entry, settings.issuer, roots) && endsInTime(entry, latest))',
        '.filter(entry => isProved(entry, settings.issuer, roots))',
      ],
    ],
    tests: HEALING,
  },
  {
    name: 'journal written after the return',
    invariants: [28],
    edits: [['authority/healing.js', 'journal?.append(', 'void journal?.append(']],
    tests: [...HEALING, 'authority/crash.test.ts', 'stores/journal.test.ts'],
  },
  {
    name: 'WAIT on another connection',
    invariants: [28],
    edits: [
      [
        'stores/redis/primary.js',
        'const [reply, ...replies] = await run(over, script, keys, { ...args, ...common }, behind);',
        'const [reply] = await run(over, script, keys, { ...args, ...common });\n        const replies = behind === undefined ? [] : await line.send(behind);',
      ],
    ],
    tests: ['stores/redis-outages.test.ts'],
  },
  {
    name: 'a short WAIT is taken as success',
    invariants: [28],
    edits: [[REDIS_STEPS, 'if (have >= wanted)', 'if (have >= 0)']],
    tests: ['stores/redis-outages.test.ts'],
  },
  {
    name: 'guard without the cut term',
    invariants: [14],
    edits: [
      [
        'revocation/judgement.js',
        'if (isAhead(standing, profile, newestFinite(cuts)))',
        'if (cuts.length >= 0)',
      ],
    ],
    tests: [...HEALING, 'revocation/ready.test.ts'],
  },
  {
    name: 'probe answered by a server that nobody took over',
    invariants: [2],
    edits: [
      [
        'stores/redis/feed-scripts.js',
        'if ledger.server ~= server() then return closed() end\nif a.name',
        'if a.name',
      ],
    ],
    tests: ['stores/redis-failover.test.ts', 'stores/redis-healing.test.ts', 'stores/redis.test.ts'],
  },
  {
    name: 'probe without nonce',
    invariants: [2],
    edits: [['stores/remote-pull.js', 'if (response.headers.get(NONCE) !== nonce)', 'if (false)']],
    tests: ['stores/follow.test.ts'],
  },
  {
    name: 'cursor after the snapshot',
    invariants: [6],
    edits: [
      [
        'stores/memory-feed.js',
        'take(piece);\n    return headOf(ledger);',
        'take(piece);\n    return headOf(source.tables.ledger);',
      ],
    ],
    tests: POSITION,
  },
  {
    // In the world every takeover makes another owner, whose log everybody loads anew: there tags never decide alone.
    name: 'position instead of tags',
    invariants: [6, 18],
    edits: [
      [
        'stores/position.js',
        'return found === place.tag ? place.number : undefined;',
        'return place.number;',
      ],
    ],
    tests: POSITION,
  },
  {
    name: 'gap ignored after trimming',
    invariants: [6],
    edits: [
      [
        'stores/position.js',
        'return found === place.tag ? place.number : undefined;',
        'return found === undefined || found === place.tag ? place.number : undefined;',
      ],
    ],
    tests: POSITION,
  },
  {
    name: 'cache keyed by kid',
    invariants: [25],
    edits: [
      [
        'verifier/verifier.js',
        'source.find(alg, kid).includes(proved.key) ? proved',
        'source.find(alg, kid).length > 0 ? proved',
      ],
      ['verifier/proved-signatures.js', 'if (epoch === epochNow)', 'if (true)'],
    ],
    tests: ['verifier/proved-signatures.test.ts', 'verifier/verifier.test.ts'],
  },
  {
    name: 'consume before the DPoP proof',
    invariants: [16],
    edits: [
      [
        'authority/refresher.js',
        'const sender = await context.senderProofs.proveFor(session, options.dpop, bind);\n    const reply = await stepFor(sender, () => step(context, proved, options.claims));',
        'const reply = await step(context, proved, options.claims);\n    const sender = await context.senderProofs.proveFor(session, options.dpop, bind);',
      ],
    ],
    tests: ['authority/dpop.test.ts'],
  },
  {
    name: 'k looked up by header kid',
    invariants: [25],
    edits: [
      [
        'verifier/verifier.js',
        'revocation?.judge({ claims, typ: header.typ, key: name });',
        'revocation?.judge({ claims, typ: header.typ, key: { kid: header.kid } });',
      ],
    ],
    tests: ['verifier/cut-keys.test.ts'],
  },
  {
    name: 'Infinity through JSON',
    invariants: [24, 5],
    edits: [
      [
        'revocation/cutoff.js',
        'export const INFINITE = Number.MAX_SAFE_INTEGER;',
        'export const INFINITE = Number.POSITIVE_INFINITY;',
      ],
    ],
    tests: ['stores/journal.test.ts'],
  },
  {
    name: 'hash of 32 bits',
    invariants: [3],
    edits: [['revocation/scope-hash.js', 'into[1] = v0 ^ v2;', 'into[1] = into[0];']],
    tests: ['revocation/cutoff-table.test.ts'],
  },
  {
    name: 'half of a hash is compared',
    invariants: [3],
    edits: [
      [
        'revocation/cutoff-shard.js',
        'if (words[at + HIGH] !== high || words[at + LOW] !== low)',
        'if (words[at + HIGH] !== high)',
      ],
    ],
    tests: ['revocation/cutoff-table.test.ts'],
  },
  {
    name: 'file counted as fresh',
    invariants: [20],
    edits: [
      [
        'revocation/follower.js',
        'noteOwner(knowledge, knowledge.cursor, cursor);\n            advance(following, cursor);',
        'noteOwner(knowledge, knowledge.cursor, cursor);\n            const sent = knowledge.freshness.sending();\n            advance(following, cursor);\n            if (restored !== undefined)\n                knowledge.freshness.answered(sent, cursor);',
      ],
    ],
    tests: ['revocation/snapshot.test.ts'],
  },
  {
    name: 'store TTL on cuts, on Redis',
    invariants: [29, 5],
    edits: [
      [
        'stores/redis/cut-scripts.js',
        "redis.call('HSET', ENTRIES, scope, kept)",
        "redis.call('HSET', ENTRIES, scope, kept)\n  redis.call('PEXPIRE', ENTRIES, 86400000)",
      ],
    ],
    tests: ['stores/redis.test.ts'],
  },
  {
    name: 'probe without nonce, beside a stream',
    invariants: [2],
    edits: [['stores/remote.js', 'if (nonce !== asked)', 'if (false)']],
    tests: ['stores/remote.test.ts'],
  },
  {
    name: 'probe allowed on a backup',
    invariants: [2],
    edits: [
      ['stores/redis/feed-scripts.js', "redis.call('XTRIM', REPORTS, 'MAXLEN', '1')\nif not", 'if not'],
    ],
    tests: ['stores/redis-failover.test.ts'],
  },
  {
    name: 'refusal clears the cookie',
    invariants: [15, 30],
    package: 'service',
    edits: [
      [
        'endpoints/refresh.js',
        'throw isRefusedGrant(error) ? invalidGrant(401, error) : error;',
        "const refusal = invalidGrant(401, error);\n        refusal.headers = { 'set-cookie': 'revocable=; Path=/; Max-Age=0' };\n        throw isRefusedGrant(error) ? refusal : error;",
      ],
    ],
    tests: ['browser-session.test.ts'],
  },
  {
    name: 'an outage ends the session in the browser',
    invariants: [15, 30],
    package: 'service',
    edits: [
      [
        'endpoints/refresh.js',
        'throw isRefusedGrant(error) ? invalidGrant(401, error) : error;',
        'throw invalidGrant(401, error);',
      ],
    ],
    tests: ['browser-session.test.ts'],
  },
  {
    name: 'shed after consume: a try that was shed counts',
    invariants: [15],
    package: 'service',
    edits: [['sign-in.js', 'await parts.signInAttempts.undecided(name, call.address);', '']],
    tests: ['login.test.ts'],
  },
  {
    name: 'a grace answer comes before the cuts',
    invariants: [7],
    edits: [
      [
        'stores/steps.js',
        'const refusal = refusalOfLogin(',
        'if (storeNow - row.at <= row.graceMs) return undefined;\n    const refusal = refusalOfLogin(',
      ],
    ],
  },
];
