import { describe, expect, it } from 'vitest';
import { createOps, type OpsState } from '#ops';

const ask = async (state: OpsState, path: string) => {
  const answer = await createOps(() => state)(new Request(`http://localhost:4701${path}`), { address: '' });
  return [answer.status, await answer.json()];
};
/** As much of a service as the health checks look at. */
const over = (probe: () => Promise<unknown>): OpsState['open'] =>
  ({ parts: { authority: { probe } } }) as unknown as OpsState['open'];

describe('/health', () => {
  it('is not ready while starting or draining, and alive all the same', async () => {
    for (const phase of ['starting', 'draining'] as const) {
      const state = { phase, open: undefined };
      expect(await ask(state, '/health/ready')).toEqual([503, { status: phase }]);
      expect(await ask(state, '/health/live')).toEqual([200, { status: 'live' }]);
    }
  });

  it('stays ready in an outage of the store, or all would leave at once', async () => {
    const down = { phase: 'ready', open: over(() => Promise.reject(new Error('down'))) } as const;
    expect(await ask(down, '/health/ready')).toEqual([200, { status: 'ready', store: 'down' }]);
    const silent = { phase: 'ready', open: over(() => new Promise(() => {})) } as const;
    expect(await ask(silent, '/health/ready')).toEqual([200, { status: 'ready', store: 'down' }]);
    const up = { phase: 'ready', open: over(async () => ({})) } as const;
    expect(await ask(up, '/health/ready')).toEqual([200, { status: 'ready', store: 'up' }]);
  });

  it('has nothing else', async () => {
    expect((await ask({ phase: 'ready', open: undefined }, '/toString'))[0]).toBe(404);
  });
});
