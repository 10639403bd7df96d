/** What a machine does to a service: a full disk, a stopped process, a wrong clock. Real processes on the embedded store. */
import { openStore } from 'revocable';
import { describe, expect, it } from 'vitest';
import { read } from '../contracts/store-world.ts';
import { dataFolders } from '../stores/data-folder.ts';
import { SECRET } from './bad-day.ts';
import { MACHINE_FAULTS } from './machine-faults.ts';
import { type Ordered, startOrdered } from './process.ts';
import { mountSmallDisk } from './small-disk.ts';

const newFolder = dataFolders();
const HOUR = 3_600_000;

/** Revokes users until one revocation fails; says which returned, with their cuts. */
async function revokeUntilFull(authority: Ordered, acknowledged: Map<string, number>): Promise<string> {
  for (let i = 0; i < 5000; i++) {
    const subject = `full-${acknowledged.size}-${'x'.repeat(200)}`;
    const { cutoff, failed } = await authority.ask('revoke', { subject });
    if (cutoff === undefined) return failed ?? 'no answer';
    acknowledged.set(`u::${subject}`, cutoff);
  }
  return 'never full';
}

describe('28: a full disk', () => {
  it('is said as an outage, consumes nothing, and takes nothing back that was returned', {
    timeout: 60_000,
  }, async ({ skip }) => {
    const disk = mountSmallDisk(24 * 1024 * 1024);
    if (disk === undefined) return skip('this user may not mount a tmpfs');
    try {
      const authority = await startOrdered('authority.js', `file:${disk.folder}`, SECRET);
      const { refreshToken } = await authority.ask('issue', { subject: 'ada' });
      disk.fill(64 * 1024);
      const acknowledged = new Map<string, number>();
      expect(await revokeUntilFull(authority, acknowledged)).toBe('ERR_STORE_UNAVAILABLE');
      // The database may still have room in the files that it has: answered or refused, and nothing in between.
      const full = await authority.ask('refresh', { token: refreshToken });
      if (full.accessToken === undefined) expect(full.failed).toBe('ERR_STORE_UNAVAILABLE');
      disk.free();
      const { cutoff } = await authority.ask('revoke', { subject: 'after' });
      acknowledged.set('u::after', cutoff ?? Number.NaN);
      const current = full.refreshToken ?? refreshToken;
      expect((await authority.ask('refresh', { token: current })).accessToken).toBeTypeOf('string');
      await authority.kill();
      expect(await lostOf(disk.folder, acknowledged)).toEqual([]);
    } finally {
      disk.remove();
    }
  });
});

async function lostOf(folder: string, acknowledged: ReadonlyMap<string, number>): Promise<unknown[]> {
  await using store = await openStore(`file:${folder}`);
  const { cuts, stop } = await read(store);
  stop();
  return [...acknowledged].filter(([scope, cutoff]) => !((cuts.get(scope)?.s ?? 0) >= cutoff));
}

describe('2, 3, 28: nothing acknowledged is lost, nothing revoked passes too long, no fresh login is refused', () => {
  for (const fault of MACHINE_FAULTS)
    it(fault.name, { timeout: 90_000 }, async ({ skip }) => {
      const outcome = await fault.run(false);
      if (outcome === undefined) return skip('this user may not mount a tmpfs');
      expect(outcome).toMatchObject({ lost: 0, late: 0, wrong: [] });
      expect(outcome.acknowledged).toBeGreaterThan(20);
    });
});

describe('3, 14: a clock that is an hour wrong', () => {
  for (const [word, wrongBy] of [
    ['ahead', HOUR],
    ['behind', -HOUR],
  ] as const)
    it(`${word}, then put right: what was cut stays cut, and nobody who logs in again is refused`, {
      timeout: 60_000,
    }, async () => {
      const folder = newFolder();
      const wrong = await startOrdered('authority.js', `file:${folder}`, SECRET, String(wrongBy));
      const old = await wrong.ask('issue', { subject: 'ada' });
      await wrong.ask('revoke', { subject: 'ada' });
      await expect
        .poll(() => wrong.ask('check', { token: old.accessToken }), { timeout: 5000, interval: 10 })
        .toMatchObject({ code: 'ERR_TOKEN_REVOKED' });
      await wrong.kill();

      const right = await startOrdered('authority.js', `file:${folder}`, SECRET);
      for (const subject of ['ada', 'bob']) {
        const fresh = await right.ask('issue', { subject });
        expect(await right.ask('check', { token: fresh.accessToken })).toEqual({ ok: true });
        const next = await right.ask('refresh', { token: fresh.refreshToken });
        expect(await right.ask('check', { token: next.accessToken })).toEqual({ ok: true });
      }
      expect((await right.ask('refresh', { token: old.refreshToken })).failed).toBe('ERR_TOKEN_REVOKED');
      expect((await right.ask('check', { token: old.accessToken })).ok).toBe(false);
      await right.kill();
    });
});
