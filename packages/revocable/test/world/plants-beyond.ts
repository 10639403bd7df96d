/** Bugs of what the simulated world does not run: healing, the journal, Redis, the wire. Each names the tests that catch it. */
import type { Plant } from './plants-table.ts';

const HEALING = ['authority/healing.test.ts'];
const MEMORY = ['stores/memory.test.ts'];
const REDIS_STEPS = 'stores/redis/steps.js';

export const PLANTS_BEYOND: readonly Plant[] = [
  {
    name: 'opens before healing',
    invariants: [5, 7],
    edits: [
      [
        'authority/takeover.js',
        'const everyone = begun.lost === true',
        'await store.takeover();\n    const everyone = begun.lost === true',
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
    tests: [
      'stores/redis-failover.test.ts',
      'stores/redis-outages.test.ts',
      'stores/redis-topologies.test.ts',
    ],
  },
  {
    name: 'a short WAIT is taken as success',
    invariants: [28],
    edits: [[REDIS_STEPS, 'if (have >= wanted)', 'if (have >= 0)']],
    tests: [
      'stores/redis-failover.test.ts',
      'stores/redis-outages.test.ts',
      'stores/redis-topologies.test.ts',
    ],
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
    tests: [...HEALING, 'revocation/ready.test.ts', 'contracts/store.test.ts'],
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
    edits: [['stores/remote.js', 'if (nonce !== asked)', 'if (false)']],
    tests: ['stores/remote.test.ts'],
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
    tests: MEMORY,
  },
  {
    name: 'position instead of tags',
    invariants: [6, 18],
    edits: [
      [
        'stores/position.js',
        'return found === place.tag ? place.number : undefined;',
        'return place.number;',
      ],
    ],
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
    tests: MEMORY,
  },
  {
    name: 'a file counts as fresh',
    invariants: [20],
    edits: [
      [
        'revocation/snapshot.js',
        'noteProof(knowledge, profile);\n    return cursor;',
        'noteProof(knowledge, profile);\n    knowledge.isLoaded = true;\n    knowledge.freshness.applied(cursor);\n    knowledge.freshness.answered(knowledge.freshness.sending(), cursor);\n    return cursor;',
      ],
    ],
    tests: ['revocation/snapshot.test.ts', 'stores/follow.test.ts'],
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
    name: 'k looked up by the kid of the header',
    invariants: [25],
    edits: [
      [
        'verifier/verifier.js',
        'revocation?.judge({ claims, typ: header.typ, key: name });',
        'revocation?.judge({ claims, typ: header.typ, key: { kid: header.kid } });',
      ],
    ],
    tests: ['authority/forever.test.ts', 'verifier/verifier.test.ts', 'authority/keys.test.ts'],
  },
  {
    name: 'infinity through JSON',
    invariants: [24, 5],
    edits: [
      [
        'revocation/feed-lines.js',
        "return mac === '' ? [scope, number, at, expires, a, r, s]",
        "const infinite = cut => (cut === Number.MAX_SAFE_INTEGER ? null : cut);\n    [a, r, s] = [a, r, s].map(infinite);\n    return mac === '' ? [scope, number, at, expires, a, r, s]",
      ],
    ],
    tests: ['stores/remote.test.ts'],
  },
  {
    name: 'hash of 32 bits',
    invariants: [3],
    edits: [['revocation/scope-hash.js', 'into[1] = v0 ^ v2;', 'into[1] = 1;']],
    tests: ['revocation/cutoff-table.test.ts'],
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
