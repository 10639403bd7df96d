/** Invariants 2, 3 and 28 on a Redis that breaks, in the short form; the long one is `npm run chaos`. */
import { describe, expect, it } from 'vitest';
import { REDIS_FAULTS } from './redis-faults.ts';

describe('Redis on a bad day: nothing acknowledged is lost, nothing revoked passes too long, no fresh login is refused', () => {
  it.each(REDIS_FAULTS.map(fault => [fault.name, fault] as const))(
    '%s',
    { timeout: 90_000 },
    async (_, fault) => {
      const outcome = await fault.run(false);
      expect(outcome).toMatchObject({ lost: 0, late: 0, wrong: [] });
      expect(outcome?.acknowledged).toBeGreaterThan(20);
    },
  );
});
