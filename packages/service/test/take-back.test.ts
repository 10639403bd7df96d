/** What an admin is told after a revocation, when some services have not answered or have not been heard of. */
import { UNHEARD } from 'revocable';
import { describe, expect, it } from 'vitest';
import type { Actor } from '#admin-access';
import { createMetrics } from '#metrics';
import type { Parts } from '#parts';
import { takeBack } from '#take-back';

/** As much of a service as a revocation touches, in which `settled` ends as it is told. */
function partsOf(settled: { applied: string[]; missing: string[] }) {
  const rows: { event: string; detail: object }[] = [];
  const authority = {
    sessions: { count: async () => ({ sessions: 1, devices: 1, subjects: 1 }) },
    status: async () => ({ now: 0, replicas: [] }),
    revoke: async () => ({ cutoff: 1, cursor: 'o.1.t', known: true }),
    settled: async () => settled,
  };
  const metrics = createMetrics('0.0.0');
  const append = async (row: { event: string; detail: object }): Promise<number> => rows.push(row);
  const appliedMs: number[] = [];
  const parts = {
    authority,
    metrics,
    appliedMs,
    settings: { access_ttl: 300 },
    store: { audit: { append } },
  };
  return { parts: parts as unknown as Parts, rows, appliedMs };
}

const order = { target: { subject: 'ada' }, plane: 'session' } as const;
const actor = { subject: 'root', name: 'root' } as unknown as Actor;

describe('what was applied', () => {
  it.each([
    ['all', ['orders'], [], { live: 1, applied: 1, waiting: [] }],
    ['one of two', ['orders'], ['stock'], { live: 2, applied: 1, waiting: ['stock'] }],
    ['all that were heard', ['orders'], [UNHEARD], { live: 1, applied: 1, waiting: [], unheard: true }],
    ['nobody was heard', [], ['stock', UNHEARD], { live: 1, applied: 0, waiting: ['stock'], unheard: true }],
  ])('%s: verifiers alone are counted and named', async (_, applied, missing, expected) => {
    const { parts, rows } = partsOf({ applied, missing });
    const done = await takeBack(parts, actor, order);
    expect(done.applied).toEqual({ ...expected, ms: expect.any(Number) });
    expect(rows[1]).toMatchObject({ event: 'revocation.applied', detail: { of: 1, ...expected } });
  });

  it('is no measure of how long it takes while somebody may not have been heard', async () => {
    const unheard = partsOf({ applied: ['orders'], missing: [UNHEARD] });
    await takeBack(unheard.parts, actor, order);
    expect(unheard.appliedMs).toEqual([]);
    const all = partsOf({ applied: ['orders'], missing: [] });
    await takeBack(all.parts, actor, order);
    expect(all.appliedMs.length).toBe(1);
  });
});
