#!/usr/bin/env node
/** `npm run bench:revocation`: what a check costs over a million cut-offs, what they weigh, and how they are loaded; beside a Map. */
import { randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import {
  createCutoffTable,
  createReplica,
  decodeEntries,
  encodeEntries,
  INFINITE,
  isClear,
  refusalOf,
  scopesOf,
  standingOf,
} from '../packages/revocable/dist/revocation/index.js';
import { systemClock, systemTimers } from '../packages/revocable/dist/time.js';
import { record } from './record.js';

const CUTS = Number(process.env.CUTS ?? 1_000_000);
const TOKENS = 256;
const CALLS = 300_000;
const ROUNDS = 9;
const PIECE = 250;
const NOW = Date.now();
const ISSUER = 'https://auth.example';
const profile = {
  issuer: ISSUER,
  format: 1,
  scopes: ['g', 'k', 't', 'c', 'u', 's', 'j'],
  accessMaxMs: 300_000,
  refreshMaxMs: 2_592_000_000,
  leewayMs: 65_000,
  stamps: true,
};
const key = { kid: 'a-signing-key', thumbprint: randomBytes(32).toString('base64url') };
const randomId = () => randomBytes(16).toString('base64url');

/** Half of users, a quarter of sessions, a quarter of single tokens. */
function entryOf(index) {
  const base = { number: index + 1, at: NOW, expires: NOW + 365_000, a: 0, r: 0, s: 0, mac: '' };
  if (index % 4 === 0) return { ...base, scope: `s:${randomId()}`, s: INFINITE };
  if (index % 4 === 1) return { ...base, scope: `j:${randomId()}`, s: INFINITE };
  return { ...base, scope: `u:tenant:user-${index}`, [index % 4 === 2 ? 'a' : 's']: NOW - 1000 };
}

/** The snapshot as a service sends it: pieces of 250, as text. */
const snapshot = Array.from({ length: Math.ceil(CUTS / PIECE) }, (_, piece) =>
  encodeEntries(Array.from({ length: PIECE }, (_, i) => entryOf(piece * PIECE + i))),
);

/** Claims as a verifier has them: out of JSON, each token its own texts. */
const tokensStamped = stamp =>
  Array.from({ length: TOKENS }, (_, i) =>
    JSON.parse(
      JSON.stringify({
        ...{
          iss: ISSUER,
          sub: `ada-${i}`,
          tid: 'tenant',
          client_id: 'web',
          sid: randomId(),
          jti: randomId(),
        },
        ...{ modified_at: stamp, refresh_modified_at: stamp, iat: NOW / 1000, exp: NOW / 1000 + 300 },
      }),
    ),
  );

/** Nanoseconds of processor time a call: the best of some rounds, for other programs only ever add to it. */
function costOf(call) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < CALLS; i++) call(i % TOKENS);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1000) / CALLS);
  }
  return best;
}

async function load() {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const start = performance.now();
  delay.enable();
  const replica = createReplica({
    feed: {
      profile: async () => profile,
      async load(_hold, take) {
        for (const line of snapshot) {
          take(decodeEntries(line));
          await turn();
        }
        return `bench.${CUTS}.tag`;
      },
      follow: () => () => {},
      probe: async () => ({ now: Date.now(), head: `bench.${CUTS}.tag` }),
    },
    ...{ hold: 'access', name: undefined, maxStalenessMs: 3_600_000, whenStale: 'reject' },
    clock: systemClock,
    timers: systemTimers,
  });
  await replica.ready;
  delay.disable();
  return { replica, seconds: (performance.now() - start) / 1000, blockedMs: delay.max / 1e6 };
}

/** Bytes of live heap and of arrays outside it that `make` leaves behind. */
function weigh(make) {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const made = make();
  globalThis.gc?.();
  const after = process.memoryUsage();
  return { made, bytes: after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers };
}

function tableOfAll() {
  const table = createCutoffTable();
  for (const line of snapshot)
    for (const entry of decodeEntries(line)) table.put({ ...entry, arrived: 0, end: entry.at });
  return table;
}

function mapOfAll() {
  const map = new Map();
  for (const line of snapshot) for (const entry of decodeEntries(line)) map.set(entry.scope, entry);
  return map;
}

const { replica, seconds, blockedMs } = await load();
const table = { made: tableOfAll() };
const map = weigh(mapOfAll);
// Above and below the newest cut of users: the first needs session and token looked up alone, the second all scopes.
const fresh = tokensStamped(NOW - 500);
const older = tokensStamped(NOW - 5000);
const standings = claims => claims.map(one => standingOf(one, 'at+jwt', key, profile));
const [freshStandings, olderStandings] = [standings(fresh), standings(older)];
const inMap = claims => {
  const standing = standingOf(claims, 'at+jwt', key, profile);
  return refusalOf({ ...standing, scopes: scopesOf(standing) }, scope => map.made.get(scope));
};
const judged = claims => replica.judge({ claims, typ: 'at+jwt', key });

const rows = [
  [
    'look into the table, typical token (session, token)',
    costOf(i => isClear(freshStandings[i], table.made)),
    'ns',
  ],
  [
    'look into the table, older token (all its scopes)',
    costOf(i => isClear(olderStandings[i], table.made)),
    'ns',
  ],
  ['whole check by the replica, typical token', costOf(i => judged(fresh[i])), 'ns'],
  ['whole check by the replica, older token', costOf(i => judged(older[i])), 'ns'],
  ['the same rule over a Map, any token', costOf(i => inMap(older[i])), 'ns'],
  ['table', table.made.bytes / table.made.size, 'bytes a cut'],
  ['Map', map.bytes / map.made.size, 'bytes a cut'],
  [`snapshot of ${CUTS} cuts, parsed and taken`, seconds, 's'],
  ['longest block of the event loop meanwhile', blockedMs, 'ms'],
];
replica.close();

const text = ([what, value, unit]) => `| ${what} | ${value.toFixed(value < 10 ? 1 : 0)} ${unit} |`;
const report = `# Cut-offs: what a check costs

\`npm run bench:revocation\`, Node ${process.version}, ${cpus()[0]?.model.trim()} (${cpus().length} cores), ${CUTS.toLocaleString('en')} cuts held: half of users, a quarter
of sessions, a quarter of single tokens. Costs are processor time, the best of ${ROUNDS} rounds of ${CALLS.toLocaleString('en')} checks of ${TOKENS} tokens that
pass; a token that is refused costs more. A typical token is stamped after the newest cut of users, tenants, clients and
everyone. "Whole check" has both clocks, the claims' types and the guards in it, but no signature. Other load on the
machine raises every figure.

| | |
|---|---|
${rows.map(text).join('\n')}
`;
console.log(report);
record('revocation', report);
