/** RS256 signing in the thread pool against the same in line: how much more, and how long each one takes. */
import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createSigner, privateKey } from 'revocable';
import { makeKeys } from './keys.js';
import { median, quantile } from './statistics.js';
import { AUDIENCE, ISSUER, LIFETIME, ownClaims } from './token.js';

/** Callers who each ask again when they are served. */
const CALLERS = [2 * availableParallelism(), 32];

/** @param {{ poolRounds: number, poolMs: number }} plan */
export async function measurePool({ poolRounds, poolMs }) {
  const { sign, signAsync } = makeSigner();
  const loads = new Map(
    CALLERS.map(callers => [callers, { perSecond: [], ratios: [], latenciesMs: [], delaysMs: [] }]),
  );
  const inLine = [];
  for (let round = 0; round < poolRounds; round++) {
    inLine.push(signedPerSecond(sign, poolMs));
    for (const [callers, load] of loads)
      await addRound(load, inLine.at(-1), () => pooled(signAsync, callers, poolMs));
  }
  return { cores: availableParallelism(), inLine: median(inLine), loads: [...loads].map(summaryOf) };
}

function makeSigner() {
  const { alg, kid, signing } = makeKeys('RS256');
  const key = privateKey(alg, signing, { kid });
  return createSigner({ key, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFETIME });
}

function signedPerSecond(sign, forMs) {
  const claims = ownClaims('small', 1);
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < forMs; count++) sign(claims);
  return (count * 1000) / (performance.now() - start);
}

async function addRound(load, inLine, run) {
  const { perSecond, latenciesMs, delayMs } = await run();
  load.perSecond.push(perSecond);
  load.ratios.push(perSecond / inLine);
  load.latenciesMs.push(...latenciesMs);
  load.delaysMs.push(delayMs);
}

/** @returns {Promise<{ perSecond: number, latenciesMs: number[], delayMs: number }>} the delay is the event loop's 99th */
async function pooled(signAsync, callers, forMs) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const latenciesMs = [];
  const start = performance.now();
  delay.enable();
  await Promise.all(Array.from({ length: callers }, () => caller(signAsync, start + forMs, latenciesMs)));
  delay.disable();
  const perSecond = (latenciesMs.length * 1000) / (performance.now() - start);
  return { perSecond, latenciesMs, delayMs: delay.percentile(99) / 1e6 };
}

async function caller(signAsync, end, latenciesMs) {
  const claims = ownClaims('small', 1);
  while (performance.now() < end) {
    const start = performance.now();
    await signAsync(claims);
    latenciesMs.push(performance.now() - start);
  }
}

function summaryOf([callers, { perSecond, ratios, latenciesMs, delaysMs }]) {
  return {
    callers,
    perSecond: median(perSecond),
    ratio: median(ratios),
    p50: quantile(latenciesMs, 0.5),
    p99: quantile(latenciesMs, 0.99),
    loopDelayMs: median(delaysMs),
  };
}
