/** Figures for an operator. No label names a user, a session or a token. */

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CutoffCounts } from 'revocable';

export interface Metrics {
  readonly registry: Registry;
  readonly requests: Histogram<'method' | 'route' | 'status'>;
  readonly tokens: Counter<'kind' | 'grant'>;
  readonly logins: Counter<'result'>;
  readonly refreshes: Counter<'result'>;
  readonly revocations: Counter<'scope' | 'plane'>;
  readonly applied: Histogram;
  readonly introspections: Counter<'active'>;
  readonly limited: Counter<'limit'>;
  readonly alarms: Counter<'alarm'>;
  readonly storeOperations: Histogram<'operation'>;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
    new Counter({ name: `revocable_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: L[]): Histogram<L> =>
    new Histogram({ name: `revocable_${name}`, help, labelNames, buckets: SECONDS, registers });
  new Gauge({
    name: 'revocable_build_info',
    help: 'Always 1.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.version }, 1);
  return {
    registry,
    requests: histogram('http_request_duration_seconds', 'Time to the answer.', [
      'method',
      'route',
      'status',
    ]),
    tokens: counter('tokens_issued_total', 'Tokens given.', ['kind', 'grant']),
    logins: counter('logins_total', 'Tries to sign in.', ['result']),
    refreshes: counter('refreshes_total', 'Tries to refresh.', ['result']),
    revocations: counter('revocations_total', 'Orders to take back.', ['scope', 'plane']),
    applied: histogram('revocation_applied_seconds', 'Until every live verifier refused.', []),
    introspections: counter('introspections_total', 'Questions about tokens.', ['active']),
    limited: counter('rate_limited_total', 'Tries that had to wait.', ['limit']),
    alarms: counter(
      'store_alarms_total',
      'Somebody has to look at the store: eviction, clocks, replicas, amnesia, lost.',
      ['alarm'],
    ),
    storeOperations: histogram('store_operation_duration_seconds', 'Steps of the store.', ['operation']),
  };
}

/** What is looked up when somebody asks. */
export interface Standing {
  readonly sessions: number;
  readonly cutoffs: CutoffCounts;
  readonly verifiers: Readonly<Record<'live' | 'stale', number>>;
  readonly stalestSeconds: number;
  readonly keyAgeSeconds: number | undefined;
}

/** Gauges of the standing. @returns how to bring them up to date before a scrape */
export function createGauges({ registry }: Metrics, standing: () => Promise<Standing>): () => Promise<void> {
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name: `revocable_${name}`, help, labelNames, registers });
  const up = gauge('store_up', '1 when the store answers.');
  const sessions = gauge('sessions', 'Sessions that go on.');
  const cutoffs = gauge('cutoffs', 'Cut-offs that count, by what was taken back.', ['scope']);
  const verifiers = gauge('verifiers', 'Services that follow the feed under a name.', ['state']);
  const staleness = gauge('verifier_staleness_seconds', 'Of the one that was heard longest ago.');
  const keyAge = gauge('signing_key_age_seconds', 'Of the key that signs.');
  return async () => {
    try {
      const now = await standing();
      sessions.set(now.sessions);
      for (const [scope, count] of Object.entries(now.cutoffs)) cutoffs.set({ scope }, count);
      verifiers.set({ state: 'live' }, now.verifiers.live);
      verifiers.set({ state: 'stale' }, now.verifiers.stale);
      staleness.set(now.stalestSeconds);
      if (now.keyAgeSeconds !== undefined) keyAge.set(now.keyAgeSeconds);
      up.set(1);
    } catch {
      up.set(0);
    }
  };
}
