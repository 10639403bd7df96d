#!/usr/bin/env node
/**
 * `npm run bench:sessions`: how many refreshes a second each store takes, each of them a rotation, and whether it matters how many
 * sessions there are. `SIZES=1000,10000 COUNT=1000` is a short look.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from './machine.js';
import { embeddedPlace, memoryPlace, redisPlace } from './places.js';
import { record } from './record.js';
import { median, quantile } from './statistics.js';

const SIZES = (process.env.SIZES ?? '1000,10000,100000,1000000').split(',').map(Number);
/** Refreshes that are under way at once, as behind a busy token service. */
const AT_ONCE = 128;
const MEASURED = Number(process.env.COUNT ?? 10_000);
const WARM = MEASURED / 10;
/** The best of some rounds, for other programs only ever take time away. */
const ROUNDS = 3;
const WANTED = { memory: undefined, embedded: 2000, Redis: 5000 };

/** `strict`: each refresh consumes its token and makes the next one. */
const options = {
  issuer: 'https://auth.example',
  audience: 'api',
  signing: { alg: 'ES256' },
  refresh: { policy: 'strict' },
};

const places = { memory: () => memoryPlace(options), embedded: embeddedPlace, Redis: redisPlace };
const rows = [];
for (const [name, open] of Object.entries(places)) {
  const folder = mkdtempSync(join(tmpdir(), 'revocable-sessions-'));
  const place = await open(folder, options);
  try {
    const tokens = [];
    for (const size of SIZES) {
      await fill(place.authority, tokens, size);
      const found = await measured(place.authority, tokens);
      rows.push([name, size, ...found]);
      console.error(`${name}, ${size} sessions: ${found[0].toFixed(0)} refreshes/s`);
    }
  } finally {
    await place.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
report();

/** Ten sessions a user. */
async function fill(authority, tokens, size) {
  let next = tokens.length;
  await inParallel(size - tokens.length, async () => {
    const subject = `user-${Math.floor(next++ / 10)}`;
    tokens.push((await authority.issue({ subject, device: 'laptop' })).refreshToken);
  });
}

async function measured(authority, tokens) {
  await refreshes(authority, tokens, WARM);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await refreshes(authority, tokens, MEASURED));
  const best = rounds.reduce((a, b) => (b.perSecond > a.perSecond ? b : a));
  return [best.perSecond, median(best.delays), quantile(best.delays, 0.99), best.cpuMicros];
}

/** Of sessions here and there; none is refreshed twice at once. */
async function refreshes(authority, tokens, count) {
  const stride = Math.max(1, Math.floor(tokens.length / 7.3));
  const delays = [];
  const busy = new Set();
  let place = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  await inParallel(count, async () => {
    place = (place + stride) % tokens.length;
    while (busy.has(place)) place = (place + 1) % tokens.length;
    const mine = place;
    busy.add(mine);
    const sent = performance.now();
    tokens[mine] = (await authority.refresh(tokens[mine])).refreshToken;
    delays.push(performance.now() - sent);
    busy.delete(mine);
  });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: count / seconds, delays, cpuMicros: (user + system) / count };
}

async function inParallel(count, task) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await task();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function report() {
  const line = ([name, size, perSecond, middle, slow, cpu]) =>
    `| ${name} | ${size.toLocaleString('en')} | ${Math.round(perSecond).toLocaleString('en')} | ${middle.toFixed(1)} ms | ${slow.toFixed(1)} ms | ${cpu.toFixed(0)} µs |`;
  const wanted = Object.entries(WANTED)
    .filter(([, least]) => least !== undefined)
    .map(([name, least]) => {
      const best = Math.max(...rows.filter(row => row[0] === name).map(row => row[2]));
      return `${name} ${least.toLocaleString('en')} (${best >= least ? 'reached' : 'not reached'})`;
    });
  const text = `# Sessions: refreshes a second, and how many sessions there are

\`npm run bench:sessions\`, Node ${process.version}, ${cpus()[0]?.model.trim()} (${cpus().length} cores, load ${load().toFixed(1)}). Each refresh is a rotation with an ES256
access token, ${AT_ONCE} under way at once, ${MEASURED.toLocaleString('en')} a round, the best of ${ROUNDS} rounds; store, authority and the load all share these cores.
Processor time is that of this process with its threads; Redis has its own. Where the load is high, it says more than the refreshes
a second: other programs take time away, and add little to it.

| store | sessions | refreshes/s | median | p99 | processor time each |
| --- | --- | --- | --- | --- | --- |
${rows.map(line).join('\n')}

Wanted of two cores, a second: ${wanted.join(', ')}.
`;
  console.log(text);
  record('sessions', text);
}
