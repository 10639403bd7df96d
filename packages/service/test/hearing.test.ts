/** What the authority tells reaches whoever has to know: the log, the metrics, the audit log. */
import type { AuthorityEvent } from 'revocable';
import { describe, expect, it } from 'vitest';
import { hear } from '#hearing';
import type { Log } from '#log';
import { createGauges, createMetrics } from '#metrics';
import { standingIn } from '#verifiers';

function open(isAuditDown = false) {
  const lines: unknown[][] = [];
  const rows: unknown[] = [];
  const level =
    (name: string) =>
    (...words: unknown[]): void =>
      void lines.push([name, ...words]);
  const log = Object.fromEntries(['debug', 'info', 'warn', 'error'].map(name => [name, level(name)]));
  const append = async (row: unknown): Promise<number> => {
    if (isAuditDown) throw new Error('the disk is full');
    return rows.push(row);
  };
  const metrics = createMetrics('0.0.0');
  const hearing = { store: { audit: { append, list: async () => [] } }, log: log as unknown as Log, metrics };
  return { lines, rows, metrics, tell: (event: AuthorityEvent) => hear(event, hearing) };
}

const whose = { subject: 'u1', session: 's1' };

describe('hearing', () => {
  it.each<[AuthorityEvent, string]>([
    [{ type: 'store.alarm', alarm: 'eviction', message: 'it may drop revocations' }, 'eviction'],
    [{ type: 'store.alarm', alarm: 'clocks', message: 'they are 7 s apart' }, 'clocks'],
    [{ type: 'store.alarm', alarm: 'replicas', message: 'it takes no writes' }, 'replicas'],
    [{ type: 'store.amnesia', ...whose }, 'amnesia'],
    [{ type: 'store.lost', policy: 'rebuild' }, 'lost'],
  ])('counts what somebody has to look at, and logs it as an error: %j', async (event, alarm) => {
    const { tell, lines, metrics } = open();
    tell(event);
    expect(lines[0]?.[0]).toBe('error');
    if (event.type === 'store.alarm') expect(lines[0]?.[2]).toBe(event.message);
    expect(await metrics.registry.metrics()).toContain(`revocable_store_alarms_total{alarm="${alarm}"} 1`);
  });

  it('says when it is over, and what was done about it', () => {
    const { tell, lines } = open();
    tell({ type: 'store.alarm_over', alarm: 'clocks' });
    tell({ type: 'store.healed', cuts: 3, refused: 0 });
    tell({ type: 'store.takeover', lost: true });
    expect(lines.map(([level]) => level)).toEqual(['warn', 'warn', 'warn']);
  });

  it('enters reuse in the audit log; one that cannot be written is said, and nothing else comes of it', async () => {
    const { tell, rows, metrics } = open();
    tell({ type: 'refresh.reuse', ...whose });
    expect(rows).toEqual([{ event: 'refresh.reuse', subject: 'u1', detail: { session: 's1' } }]);
    expect(await metrics.registry.metrics()).toContain('revocable_refreshes_total{result="reuse"} 1');
    const down = open(true);
    down.tell({ type: 'refresh.reuse', ...whose });
    await new Promise(resolve => setImmediate(resolve));
    expect(down.lines.at(-1)).toEqual([
      'error',
      { event: 'refresh.reuse', error: 'the disk is full' },
      'not in the audit log',
    ]);
  });
});

describe('verifiers', () => {
  const replica = (name: string, seenAt: number) => ({
    name,
    seenAt,
    applied: undefined,
    maxStalenessMs: 30_000,
    whenStale: 'reject' as const,
  });

  it('are live or stale by the clock of the store, whatever this machine says the time is', () => {
    const now = 1_000_000_000_000;
    const found = standingIn({ now, replicas: [replica('b', now - 30_001), replica('a', now - 1000)] });
    expect(found).toMatchObject([
      { name: 'a', state: 'live', staleness_ms: 1000 },
      { name: 'b', state: 'stale', staleness_ms: 30_001 },
    ]);
  });
});

describe('gauges', () => {
  it('have the cut-offs by what was taken back', async () => {
    const metrics = createMetrics('0.0.0');
    const cutoffs = { everyone: 1, key: 0, tenant: 2, client: 0, subject: 30, session: 4, token: 5 };
    const standing = { sessions: 7, cutoffs, verifiers: { live: 1, stale: 0 }, stalestSeconds: 0.5 };
    await createGauges(metrics, async () => ({ ...standing, keyAgeSeconds: undefined }))();
    const text = await metrics.registry.metrics();
    for (const [scope, count] of Object.entries(cutoffs))
      expect(text).toContain(`revocable_cutoffs{scope="${scope}"} ${count}`);
  });
});
