#!/usr/bin/env node
/**
 * `npm run bench:sessions`: how many refreshes a second each store takes, each of them a rotation, and whether it matters how many
 * sessions there are. `SIZES=1000,10000 COUNT=1000 STORES=Redis` is a short look, and writes nothing.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load, processorMicrosOf } from './machine.js';
import { embeddedPlace, memoryPlace, redisPlace } from './places.js';
import { record } from './record.js';
import { inParallel, refreshes } from './refreshes.js';
import { median, quantile } from './statistics.js';

const SIZES = (process.env.SIZES ?? '1000,100000,1000000').split(',').map(Number);
const MEASURED = Number(process.env.COUNT ?? 10_000);
/** The best of some rounds, for other programs only ever take time away. */
const ROUNDS = 3;
/** As many sessions as this have tokens here, evenly spread over all there are. */
const HELD = 20_000;
const AT_ONCE = 128;
/** Token services beside one Redis. */
const PROCESSES = [2];
const WANTED = { memory: undefined, embedded: 2000, Redis: 5000 };
const WORKER = fileURLToPath(new URL('sessions-process.js', import.meta.url));

/** `strict`: each refresh consumes its token and makes the next one. */
const options = {
  issuer: 'https://auth.example',
  audience: 'api',
  signing: { alg: 'ES256' },
  refresh: { policy: 'strict' },
};

const all = { memory: () => memoryPlace(options), embedded: embeddedPlace, Redis: redisPlace };
const wantedStores = process.env.STORES?.split(',') ?? Object.keys(all);
const places = Object.fromEntries(Object.entries(all).filter(([name]) => wantedStores.includes(name)));
const before = load();
const rows = [];
for (const [name, open] of Object.entries(places)) {
  const folder = mkdtempSync(join(tmpdir(), 'revocable-sessions-'));
  const place = await open(folder, options);
  try {
    const filled = { sessions: 0, tokens: [] };
    for (const size of SIZES) {
      await fill(place, filled, size);
      rows.push(told({ name, size, ...(await measured(place, filled.tokens)) }));
    }
    if (name === 'Redis')
      for (const count of PROCESSES) {
        const size = filled.sessions;
        rows.push(
          told({
            name: `Redis, ${count} processes`,
            size,
            ...(await inProcesses(place, filled.tokens, count)),
          }),
        );
      }
  } finally {
    await place.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
report();

/** Ten sessions a user. Those that nobody refreshes get no tokens, which would only have to be signed. */
async function fill({ authority, store, addSessions }, filled, size) {
  const every = Math.max(1, Math.floor(size / HELD));
  if (addSessions !== undefined) {
    const others = size - filled.sessions - Math.ceil((size - filled.sessions) / every);
    await addSessions(filled.sessions, others);
    filled.sessions += others;
    return logInMany(authority, filled, size);
  }
  const begun = await store.begin();
  let next = filled.sessions;
  await inParallel(AT_ONCE, size - filled.sessions, async () => {
    const place = next++;
    const subject = `user-${Math.floor(place / 10)}`;
    if (place % every === 0) filled.tokens.push(await logIn(authority, subject));
    else await store.issue(loginOf(subject, `session-${place}`, begun));
  });
  filled.sessions = size;
}

async function logInMany(authority, filled, size) {
  await inParallel(AT_ONCE, size - filled.sessions, async () => {
    filled.tokens.push(await logIn(authority, `user-${Math.floor(filled.sessions++ / 10)}`));
  });
}

/** A disk that is being filled may halt for seconds; the authority then asks to come again, and each login does. */
async function logIn(authority, subject) {
  for (;;)
    try {
      return (await authority.issue({ subject, device: 'laptop' })).refreshToken;
    } catch (error) {
      if (error.action !== 'retry') throw error;
    }
}

/** What `authority.issue` asks of the store. */
function loginOf(subject, id, begun) {
  const lives = { accessMs: 300_000, refreshMs: 2_592_000_000, leewayMs: 65_000 };
  const who = { tenant: '', subject, client: '' };
  const terms = { idleMs: 604_800_000, graceMs: 30_000, policy: 'strict', lifeMs: lives.refreshMs };
  const grant = { audience: ['api'], scope: '', claims: {}, device: 'laptop', address: '', parent: '' };
  const session = { ...who, ...terms, ...grant, id, salt: `salt-of-${id}` };
  return { ...who, session, begun, caller: Date.now(), lives };
}

async function measured({ authority, pid }, tokens) {
  await refreshes(authority, tokens, MEASURED / 10);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const cpu = processorMicrosOf(pid);
    const found = await refreshes(authority, tokens, MEASURED);
    rounds.push({ ...found, serverMicros: (processorMicrosOf(pid) - cpu) / MEASURED });
  }
  return best(rounds);
}

function best(rounds) {
  return rounds.reduce((a, b) => (b.perSecond > a.perSecond ? b : a));
}

/** Each has its own sessions, and all begin at once. */
async function inProcesses({ address, pid }, tokens, count) {
  const workers = Array.from({ length: count }, (_, n) => {
    const child = fork(WORKER, [JSON.stringify({ address, options, count: MEASURED })]);
    child.send(tokens.filter((__, place) => place % count === n));
    return child;
  });
  const together = async message => {
    const replies = workers.map(child => new Promise(resolve => child.once('message', resolve)));
    if (message !== undefined) for (const child of workers) child.send(message);
    return Promise.all(replies);
  };
  await together(undefined);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const cpu = processorMicrosOf(pid);
    const found = await together('go');
    rounds.push({
      perSecond: found.reduce((sum, { perSecond }) => sum + perSecond, 0),
      delays: found.flatMap(({ delays }) => delays),
      cpuMicros: found.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0) / count,
      serverMicros: (processorMicrosOf(pid) - cpu) / MEASURED / count,
    });
  }
  for (const child of workers) child.disconnect();
  return best(rounds);
}

function told(row) {
  console.error(
    `${row.name}, ${row.size} sessions: ${row.perSecond.toFixed(0)} refreshes/s, ${row.cpuMicros.toFixed(0)} µs, load ${load().toFixed(1)}`,
  );
  return row;
}

function report() {
  const time = micros => (Number.isNaN(micros) ? '' : `${micros.toFixed(0)} µs`);
  const line = ({ name, size, perSecond, delays, cpuMicros, serverMicros }) =>
    `| ${name} | ${size.toLocaleString('en')} | ${Math.round(perSecond).toLocaleString('en')} | ${median(delays).toFixed(1)} ms | ${quantile(delays, 0.99).toFixed(1)} ms | ${time(cpuMicros)} | ${time(serverMicros)} |`;
  const wanted = Object.entries(WANTED)
    .filter(([name, least]) => least !== undefined && name in places)
    .map(([name, least]) => {
      const most = Math.max(...rows.filter(row => row.name.startsWith(name)).map(row => row.perSecond));
      return `${name} ${least.toLocaleString('en')} (${most >= least ? 'reached' : 'not reached'})`;
    });
  const text = `# Sessions: refreshes a second, and how many sessions there are

\`npm run bench:sessions\`, Node ${process.version}, ${cpus()[0]?.model.trim()} (${cpus().length} cores, load ${before.toFixed(1)} before and ${load().toFixed(1)} after). Each refresh is a
rotation with an ES256 access token, ${AT_ONCE} under way at once in each process, ${MEASURED.toLocaleString('en')} a round, the best of ${ROUNDS} rounds; store, authority and
the load all share these cores. Processor time is that of a refresh in the process of the authority, with its threads, and in that of
Redis. Where the load is high, it says more than the refreshes a second: other programs take time away, and add less to it.

| store | sessions | refreshes/s | median | p99 | processor time each | in Redis |
| --- | --- | --- | --- | --- | --- | --- |
${rows.map(line).join('\n')}

Wanted of two cores, a second: ${wanted.join(', ')}.
`;
  console.log(text);
  const isWhole = ['SIZES', 'COUNT', 'STORES'].every(name => process.env[name] === undefined);
  if (isWhole) record('sessions', text);
}
