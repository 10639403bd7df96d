/** Bugs for the judges of the quiet at the end: each breaks one invariant, and its judge must notice by itself. */
import type { Plant } from './plants-table.ts';

export const PLANTS_FOR_JUDGES: readonly Plant[] = [
  {
    name: 'of what comes at once the last is told alone',
    invariants: [6],
    edits: [
      [
        'stores/memory-feed.js',
        'follower.sink.entries(entries, headOf(ledger));',
        'follower.sink.entries(entries.slice(-1), headOf(ledger));',
      ],
    ],
  },
  {
    name: 'cuts of plane r alone are told nobody',
    invariants: [6],
    edits: [
      [
        'stores/memory-feed.js',
        "if (hold === 'all' || declared === undefined)",
        'if (declared === undefined)',
      ],
    ],
  },
  {
    name: "the user's cut decides for the tenant's",
    invariants: [12],
    edits: [
      [
        'revocation/standing.js',
        "if (subject !== undefined && isRefused(token, table, 'u', tenant, subject))\n        return false;",
        "if (subject !== undefined && table.find('u', tenant, subject) !== undefined)\n        return !isRefused(token, table, 'u', tenant, subject);",
      ],
    ],
  },
  {
    name: 'a scope that is told again has the later cut alone',
    invariants: [12],
    edits: [
      [
        'revocation/cutoff-shard.js',
        'const isHigher = cutoff.cut > cutAt(words, at);',
        'const isHigher = cutoff.cut !== cutAt(words, at);',
      ],
    ],
  },
  {
    name: 'a refused refresh has consumed',
    invariants: [15],
    edits: [
      [
        'stores/steps.js',
        'refusedStep(state, moment, step.begun, applying) ?? refusedSession(state, row, storeNow, proved);',
        'refusedSession(state, row, storeNow, proved);\n    const shed = refusedStep(state, moment, step.begun, applying);',
      ],
      [
        'stores/steps.js',
        'return { now, stamp, verdict: rotation.verdict, session };',
        'return shed ?? { now, stamp, verdict: rotation.verdict, session };',
      ],
    ],
  },
  {
    name: 'a verifier never forgets',
    invariants: [17],
    edits: [['revocation/follower.js', 'forgetOld(following.knowledge);', '']],
  },
  {
    name: 'what is given back ends later',
    invariants: [17],
    edits: [
      [
        'stores/healing-steps.js',
        'return appendAll(state, live, healed);',
        'return appendAll(state, live.map(entry => ({ ...entry, expires: entry.expires + 60_000 })), healed);',
      ],
    ],
  },
  {
    name: 'a follower is believed without proof',
    invariants: [23],
    edits: [
      [
        'authority/healing.js',
        '.filter(entry => isProved(entry, settings.issuer, roots) && endsInTime(entry, latest))',
        '.filter(entry => endsInTime(entry, latest))',
      ],
    ],
  },
  {
    name: 'a second cut drops the first of its scope',
    invariants: [28],
    edits: [
      [
        'revocation/stamps.js',
        'const cuts = { a: before?.a ?? 0, r: before?.r ?? 0, s: before?.s ?? 0 };',
        'const cuts = { a: 0, r: 0, s: 0 };',
      ],
    ],
  },
  {
    name: 'store TTL on cuts',
    invariants: [28, 29, 5],
    edits: [
      [
        'stores/memory.js',
        'cut => cut.expires <= now, scope => tables.cuts.delete(scope)',
        'cut => cut.at + 60_000 <= now, scope => tables.cuts.delete(scope)',
      ],
    ],
  },
  {
    name: 'the store keeps the refresh token that came',
    invariants: [31],
    edits: [
      [
        'authority/refresher.js',
        "import { parseRefreshToken } from './refresh-token.js';",
        "import { makeRefreshToken, parseRefreshToken } from './refresh-token.js';",
      ],
      [
        'authority/refresher.js',
        '            ...looked,\n',
        '            ...looked,\n            claims: { ...looked.claims, last: makeRefreshToken(session, context) },\n',
      ],
    ],
  },
];
