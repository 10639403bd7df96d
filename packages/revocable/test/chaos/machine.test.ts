/** What a machine does to a service: a full disk, a stopped process, a wrong clock. Real processes on the embedded store. */
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createAuthority, openStore } from 'revocable';
import { describe, expect, it } from 'vitest';
import { read } from '../contracts/store-world.ts';
import { dataFolders } from '../stores/data-folder.ts';
import { type Ordered, spawnScript, startOrdered } from './process.ts';
import { mountSmallDisk } from './small-disk.ts';

const newFolder = dataFolders();
const HOUR = 3_600_000;
const NAMES = { issuer: 'https://auth.example', audience: 'api' };

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
      const authority = await startOrdered('authority.js', disk.folder);
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

describe('2: a verifier that is stopped', () => {
  it('never takes a token that was cut off while it stood still', { timeout: 60_000 }, async () => {
    const folder = newFolder();
    await using store = await openStore(`file:${folder}`);
    await using authority = await createAuthority({ store, ...NAMES, signing: { alg: 'ES256' } });
    const { accessToken } = await authority.issue({ subject: 'ada', refresh: false });
    const child = spawnScript('verifier.js', [folder, '1', JSON.stringify(authority.jwks()), accessToken]);
    try {
      const verdicts = createInterface({ input: child.stdout as NodeJS.ReadableStream })[
        Symbol.asyncIterator
      ]();
      expect((await verdicts.next()).value).toMatch(/passes$/);
      child.kill('SIGSTOP');
      await pause(100);
      await authority.revoke({ subject: 'ada' });
      await pause(1500);
      const wokenAt = Date.now();
      child.kill('SIGCONT');
      // The very next verdict is a refusal: it had been silent for longer than it may, and then it heard.
      const [at, verdict] = String((await verdicts.next()).value).split(' ');
      expect(['ERR_REPLICA_STALE', 'ERR_TOKEN_REVOKED']).toContain(verdict);
      expect(Number(at) - wokenAt).toBeLessThan(1000);
      if (verdict === 'ERR_REPLICA_STALE')
        expect((await verdicts.next()).value).toMatch(/ERR_TOKEN_REVOKED$/);
    } finally {
      child.kill('SIGKILL');
    }
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
      const wrong = await startOrdered('authority.js', folder, String(wrongBy));
      const old = await wrong.ask('issue', { subject: 'ada' });
      await wrong.ask('revoke', { subject: 'ada' });
      await expect
        .poll(() => wrong.ask('check', { token: old.accessToken }), { timeout: 5000, interval: 10 })
        .toMatchObject({ code: 'ERR_TOKEN_REVOKED' });
      await wrong.kill();

      const right = await startOrdered('authority.js', folder);
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
