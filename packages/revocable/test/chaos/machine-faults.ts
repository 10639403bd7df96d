/** What a machine does to a service: a process that is stopped or killed, a wrong clock, a full disk. On the embedded store and on Redis. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../contracts/store-world.ts';
import { startRedis } from '../stores/redis-server.ts';
import { again, type Fault, type Outcome, on, SECRET, type World } from './bad-day.ts';
import { spawnScript, startOrdered } from './process.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

const HOUR_MS = 3_600_000;
/** Of the verifier that is stopped. */
const STALE_S = 1;

interface Place {
  readonly url: string;
  /** Whatever ended of it is started again. */
  revive(): Promise<void>;
  stop(): Promise<void>;
}

/** In a folder of its own, or in one that the fault has. */
type OpenPlace = (folder?: string) => Promise<Place>;

const inFolder: OpenPlace = async folder => {
  const own = mkdtempSync(join(tmpdir(), 'revocable-chaos-'));
  const stop = async (): Promise<void> => rmSync(own, { recursive: true, force: true });
  return { url: `file:${folder ?? join(own, 'data')}`, revive: async () => {}, stop };
};

const onRedis: OpenPlace = async folder => {
  const where = folder === undefined ? [] : ['--dir', folder];
  const server = await startRedis('--appendonly', 'yes', '--appendfsync', 'always', ...where);
  const revive = async (): Promise<void> => {
    await server.kill();
    await server.start();
  };
  return { url: server.url, revive, stop: () => server.stop() };
};

/** What it says right after it wakes is a refusal: it has heard nothing for longer than it may, or it has heard already. */
const stopVerifier =
  (open: OpenPlace) =>
  async (isLong: boolean): Promise<Outcome> => {
    const place = await open();
    const stoppedMs = isLong ? 10_000 : 1500;
    return on(place, { url: place.url }, world =>
      again(isLong ? 3 : 1, () => stopOne(world, place.url, stoppedMs)),
    );
  };

async function stopOne({ authority, recoveredIn }: World, url: string, stoppedMs: number): Promise<void> {
  const { accessToken } = await authority.issue({ subject: 'sleeper', refresh: false });
  const words = [url, String(STALE_S), JSON.stringify(authority.jwks()), accessToken];
  const child = spawnScript('verifier.js', words);
  try {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    const next = async (): Promise<readonly [number, string]> => {
      const [at, verdict = 'ended'] = String((await lines.next()).value).split(' ');
      return [Number(at), verdict];
    };
    while ((await next())[1] !== 'passes');
    child.kill('SIGSTOP');
    await pause(100);
    await authority.revoke({ subject: 'sleeper' });
    await pause(stoppedMs);
    const wokenAt = Date.now();
    child.kill('SIGCONT');
    for (;;) {
      const [at, verdict] = await next();
      if (verdict === 'ERR_TOKEN_REVOKED') return recoveredIn(at - wokenAt);
      if (verdict === 'ended' || (at >= wokenAt && verdict === 'passes'))
        throw new Error(`The verifier that was stopped, awake: ${verdict}.`);
    }
  } finally {
    child.kill('SIGKILL');
  }
}

/** Of the machine of authority and verifier: the embedded store has the same clock, Redis its own. */
const wrongClock =
  (open: OpenPlace, byMs: number) =>
  async (isLong: boolean): Promise<Outcome> => {
    const place = await open();
    let wrongBy = 0;
    return on(place, { url: place.url, clock: () => Date.now() + wrongBy }, world =>
      again(isLong ? 3 : 1, async () => {
        wrongBy = byMs;
        await pause(isLong ? 10_000 : 1500);
        wrongBy = 0;
        await world.recovers();
        await world.work(20);
      }),
    );
  };

/** What cannot be written is not acknowledged. */
const fillDisk =
  (open: OpenPlace) =>
  async (isLong: boolean): Promise<Outcome | undefined> => {
    const disk = mountSmallDisk(32 * 1024 * 1024);
    if (disk === undefined) return undefined;
    try {
      const place = await open(disk.folder);
      return await on(place, { url: place.url }, world =>
        again(isLong ? 3 : 1, () => fillOnce(world, place, disk, isLong ? 10_000 : 500)),
      );
    } finally {
      disk.remove();
    }
  };

async function fillOnce({ authority, recovers, work }: World, place: Place, disk: SmallDisk, ms: number) {
  disk.fill(0);
  const isRefused = (): Promise<boolean> =>
    authority.revoke({ subject: 'x'.repeat(1000) }).then(
      () => false,
      () => true,
    );
  await until(isRefused, 30_000);
  await pause(ms);
  disk.free();
  await place.revive();
  await recovers();
  await work(20);
}

let killed = 0;

/** A second authority, in a process of its own. What it had said before it was killed counts. */
const killWriter =
  (open: OpenPlace) =>
  async (isLong: boolean): Promise<Outcome> => {
    const place = await open();
    return on(place, { url: place.url }, world =>
      again(isLong ? 30 : 3, async () => {
        const writer = await startOrdered('authority.js', place.url, SECRET);
        const writing = writeUntilKilled(writer.ask, world);
        await pause(100 + Math.random() * 300);
        await writer.kill();
        await writing;
        await world.recovers();
      }),
    );
  };

type Ask = Awaited<ReturnType<typeof startOrdered>>['ask'];

async function writeUntilKilled(ask: Ask, world: World): Promise<void> {
  for (;;) {
    killed += 1;
    const subject = `killed-${killed}`;
    const { accessToken: token = '', refreshToken = '', failed } = await ask('issue', { subject });
    if (failed === 'ended') return;
    if (failed !== undefined) continue;
    const { cutoff, failed: ended } = await ask('revoke', { subject });
    if (cutoff !== undefined) world.acknowledge({ subject, token, refreshToken, at: performance.now() });
    if (ended === 'ended') return;
  }
}

export const MACHINE_FAULTS: readonly Fault[] = (
  [
    ['embedded', inFolder],
    ['Redis', onRedis],
  ] as const
).flatMap(([name, open]) => [
  { name: `SIGSTOP of a verifier (${name})`, run: stopVerifier(open) },
  { name: `a clock an hour ahead (${name})`, run: wrongClock(open, HOUR_MS) },
  { name: `a clock an hour behind (${name})`, run: wrongClock(open, -HOUR_MS) },
  { name: `a full disk (${name})`, run: fillDisk(open) },
  { name: `kill -9 of a writer in a loop (${name})`, run: killWriter(open) },
]);
