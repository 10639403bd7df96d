#!/usr/bin/env node
/**
 * `npm run bench:reach`: how long after `revoke` is called the token is refused everywhere: in 8 processes, and by 100 replicas,
 * through the embedded store and Redis; and what a replica costs a verifier. `REVOCATIONS=50` is a short look.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  createAuthority,
  createKeySet,
  createSigner,
  createVerifier,
  followRevocations,
  openStore,
  secretKey,
} from 'revocable';
import { load } from './machine.js';
import { embeddedPlace, redisPlace } from './places.js';
import { record } from './record.js';
import { median, quantile } from './statistics.js';

const REVOCATIONS = Number(process.env.REVOCATIONS ?? 300);
/** [processes, replicas in each]. */
const CROWDS = [
  [8, 1],
  [4, 25],
];
const FOLLOWER = fileURLToPath(new URL('reach-follower.js', import.meta.url));
const ISSUER = 'https://auth.example';
const NAMES = { issuer: ISSUER, audience: 'api' };
const folder = mkdtempSync(join(tmpdir(), 'revocable-reach-'));
const now = () => performance.timeOrigin + performance.now();

const places = { embedded: embeddedPlace, Redis: redisPlace };
const options = { ...NAMES, signing: { alg: 'ES256' } };
const rows = [];
try {
  for (const [name, open] of Object.entries(places)) {
    const place = await open(folder, options);
    for (const crowd of CROWDS) rows.push(await measured(name, place, ...crowd));
    await place.close();
  }
  const share = await verifierShare();
  report(rows, share);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds from the call of `revoke` until a check refused, of each replica and revocation. */
async function measured(name, { address, authority }, processes, replicas) {
  const children = [];
  for (let i = 0; i < processes; i++)
    children.push(await startFollower({ address, replicas, jwks: authority.jwks(), ...NAMES }));
  const delays = [];
  const returns = [];
  for (let i = 0; i < REVOCATIONS; i++) {
    const subject = `user-${i}`;
    const { accessToken } = await authority.issue({ subject, refresh: false });
    await Promise.all(children.map(child => ask(child, { expect: subject, token: accessToken })));
    const heard = children.map(child => reply(child));
    const start = now();
    await authority.revoke({ subject });
    returns.push(now() - start);
    for (const { refusedAt } of await Promise.all(heard)) delays.push(...refusedAt.map(at => at - start));
    await pause(5);
  }
  for (const child of children) child.kill();
  await Promise.all(children.map(child => once(child, 'exit')));
  console.error(`${name}, ${processes} x ${replicas}: p99 ${quantile(delays, 0.99).toFixed(1)} ms`);
  return [
    name,
    `${processes * replicas} in ${processes} processes`,
    median(returns),
    median(delays),
    quantile(delays, 0.99),
    Math.max(...delays),
  ];
}

async function startFollower(orders) {
  const child = fork(FOLLOWER, [JSON.stringify(orders)], { execArgv: ['--no-warnings'] });
  await reply(child);
  return child;
}

async function reply(child) {
  const [message] = await once(child, 'message');
  if (message.failed !== undefined) throw new Error(message.failed);
  return message;
}

async function ask(child, message) {
  const answer = reply(child);
  child.send(message);
  return answer;
}

/** Throughput of `verifySync` with a replica that holds a thousand cuts, as a share of without one; RS256 and HS256. */
async function verifierShare() {
  const store = await openStore('memory:');
  const authority = await createAuthority({ store, ...NAMES });
  const revocation = await followRevocations(store);
  for (let i = 0; i < 1000; i++) await authority.revoke({ subject: `other-${i}` });
  const { accessToken } = await authority.issue({ subject: 'ada', refresh: false });
  const rs256 = { keys: createKeySet(authority.jwks()), typ: 'at+jwt', token: accessToken };
  const key = secretKey(
    'HS256',
    { utf8: 'a shared secret of a benchmark'.padEnd(64, '.') },
    { kid: 'shared' },
  );
  const stamps = { modified_at: Date.now() + 1000, refresh_modified_at: Date.now() + 1000 };
  const names = { sub: 'ada', sid: 'a-session', client_id: 'web', jti: 'one-token' };
  const signer = createSigner({ key, expiresIn: '5m', issuer: ISSUER, audience: 'api', typ: 'at+jwt' });
  const hs256 = { keys: key, typ: 'at+jwt', token: signer.sign({ ...names, ...stamps }) };
  const shares = { RS256: shareOf(rs256, revocation), HS256: shareOf(hs256, revocation) };
  revocation.close();
  await authority.close();
  await store.close();
  return shares;
}

/** Interleaved rounds, processor time. */
function shareOf({ keys, typ, token }, revocation) {
  const options = { keys, typ, ...NAMES };
  const alone = createVerifier(options);
  const both = createVerifier({ ...options, revocation });
  const shares = [];
  for (let round = 0; round < 25; round++) {
    const without = costOf(() => alone.verifySync(token));
    const withOne = costOf(() => both.verifySync(token));
    if (round > 4) shares.push(without / withOne);
  }
  return median(shares);
}

function costOf(call) {
  const before = process.cpuUsage();
  for (let i = 0; i < 1500; i++) call();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function report(found, shares) {
  const ms = value => `${value.toFixed(1)} ms`;
  const line = ([name, who, ...times]) => `| ${name} | ${who} | ${times.map(ms).join(' | ')} |`;
  const share = Object.entries(shares).map(([alg, value]) => `${alg} ${(value * 100).toFixed(1)} %`);
  const text = `# Revocations: how soon they are refused everywhere

\`npm run bench:reach\`, Node ${process.version}, ${cpus()[0]?.model.trim()} (${cpus().length} cores, load ${load().toFixed(1)}), ${REVOCATIONS} revocations each. From
the call of \`revoke\` until a check in the other process refused the token, over all replicas and revocations; all processes
share these cores. Each replica has connections of its own, as if it were a machine of its own; its verifier has proved the
signature before (\`cache: true\`).

| store | replicas | \`revoke\` returned, median | refused, median | refused, p99 | refused, slowest |
| --- | --- | --- | --- | --- | --- |
${found.map(line).join('\n')}

Throughput of \`verifySync\` with a replica, as a share of without one: ${share.join(', ')}.
`;
  console.log(text);
  if (process.env.REVOCATIONS === undefined) record('reach', text);
}
