/** A replica's snapshot: it goes on where it stood, is never fresh by itself, and nothing damaged or foreign is taken. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FollowEvent, Replica } from 'revocable';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Knowledge } from '#revocation/knowledge';
import { createKnowledge, take } from '#revocation/knowledge';
import { decodeSnapshot, encodeSnapshot, restore } from '#revocation/snapshot';
import type { Store } from '#store';
import { followRevocations } from '#stores/follow';
import type { FollowOptions } from '#stores/follow-options';
import { createMemoryStore } from '#stores/memory';
import { createSnapshotFile } from '#stores/snapshot-file';
import { systemDisk } from '#stores/system-disk';
import { systemTimers } from '#time';
import { PROFILE } from '../contracts/store-feed.ts';
import { cutUser, until } from '../contracts/store-world.ts';
import { createFeedService, FEED_URL, type FeedService } from '../stores/feed-service.ts';
import { createTurnedClock, type TurnedClock } from './turned-clock.ts';

const entryOf = (scope: string, number: number, at: number, s = at) => ({
  ...{ scope, number, at, expires: at + 400_000, a: 0, r: 0, s, mac: '' },
});
const breathe = () => new Promise<void>(resolve => setImmediate(resolve));
const joined = (pieces: readonly Uint8Array[] | undefined): Uint8Array => Buffer.concat(pieces ?? []);

describe('the bytes of a snapshot', () => {
  function knowing(count: number): { knowledge: Knowledge; clock: TurnedClock } {
    const clock = createTurnedClock();
    const knowledge = createKnowledge(clock, 'access', false);
    const entries = Array.from({ length: count }, (_, i) => entryOf(`u::user-${i}`, i + 1, clock.wall()));
    take(knowledge, [...entries, entryOf('k:stolen', count + 1, clock.wall())]);
    Object.assign(knowledge, {
      profile: PROFILE,
      cursor: `o.${count + 1}.t`,
      isLoaded: true,
      keepMs: 365_000,
    });
    return { knowledge, clock };
  }

  it.each([0, 1, 5000])(
    'give back every one of %i cuts, in another process, under another seed',
    async count => {
      const { knowledge, clock } = knowing(count);
      const bytes = joined(await encodeSnapshot(knowledge, breathe));
      const other = createKnowledge(clock, 'access', false);
      take(other, [entryOf('u::somebody', 1, 1)]);
      expect(restore(other, decodeSnapshot(bytes))).toBe(knowledge.cursor);
      for (let i = 0; i < count; i += 1)
        expect(other.table.get(`u::user-${i}`)).toEqual(knowledge.table.get(`u::user-${i}`));
      expect(other.table.get('k:stolen')?.s).toBe(clock.wall());
      expect(other.table.get('u::somebody')).toBeUndefined();
      expect([other.table.size, other.profile]).toEqual([knowledge.table.size, PROFILE]);
      take(other, [entryOf('u::later', 9, clock.wall())]);
      expect(other.table.get('u::later')?.s).toBe(clock.wall());
      // Those who are not cut off are not looked up in vain.
      expect(other.table.get('u::nobody')).toBeUndefined();
    },
  );

  it('17, 29: hold a cut no longer than one process would, and no shorter, however often it starts again', async () => {
    let { knowledge, clock } = knowing(10);
    const keepMs = knowledge.keepMs;
    let ranMs = 0;
    while (ranMs < keepMs - 70_000) {
      await clock.pass(60_000);
      ranMs += 60_000;
      const bytes = joined(await encodeSnapshot(knowledge, breathe));
      // The machine is down for a while: that counts for the wall clock alone.
      const wall = clock.wall() + 600_000;
      clock = createTurnedClock(wall);
      knowledge = createKnowledge(clock, 'access', false);
      restore(knowledge, decodeSnapshot(bytes));
      knowledge.isLoaded = true;
      knowledge.table.forget(clock.monotonic() - keepMs, clock.wall() - keepMs);
      expect(knowledge.table.get('u::user-3'), `after ${ranMs} ms`).toBeDefined();
    }
    await clock.pass(keepMs - ranMs + 2000);
    knowledge.table.forget(clock.monotonic() - keepMs, clock.wall() - keepMs);
    expect(knowledge.table.get('u::user-3')).toBeUndefined();
    expect(knowledge.table.get('k:stolen')).toBeDefined();
  });

  it('hold what arrives while they are taken, or it comes again after their cursor', async () => {
    const { knowledge, clock } = knowing(3000);
    let late = 0;
    const bytes = joined(
      await encodeSnapshot(knowledge, async () => {
        late += 1;
        take(knowledge, [entryOf(`t:late-${late}`, 5000 + late, clock.wall())]);
        knowledge.cursor = `o.${5000 + late}.t`;
      }),
    );
    const other = createKnowledge(clock, 'access', false);
    expect(restore(other, decodeSnapshot(bytes))).toBe('o.3001.t');
    for (let i = 0; i < 3000; i += 1) expect(other.table.get(`u::user-${i}`)).toBeDefined();
    for (let i = 1; i <= late; i += 1) {
      const found = other.table.get(`t:late-${i}`);
      if (found !== undefined) expect(found).toEqual(knowledge.table.get(`t:late-${i}`));
    }
    expect(late).toBeGreaterThan(10);
  });

  it('are refused when cut short, longer, or of another version', async () => {
    const bytes = joined(await encodeSnapshot(knowing(100).knowledge, breathe));
    for (const length of [0, 1, 100, bytes.length - 4, bytes.length - 1])
      expect(() => decodeSnapshot(bytes.subarray(0, length)), String(length)).toThrow(
        /cannot be read|format/,
      );
    expect(() => decodeSnapshot(Buffer.concat([bytes, Buffer.alloc(4)]))).toThrow('its end');
    const text = Buffer.from(bytes).toString('latin1');
    const changed = (from: RegExp, to: string) => Buffer.from(text.replace(from, to), 'latin1');
    expect(() => decodeSnapshot(changed(/"format":1/, '"format":2'))).toThrow('format 2');
    expect(() => decodeSnapshot(changed(/"proof":\[\d/, '"proof":[7'))).toThrow('other hashes');
    expect(() => decodeSnapshot(changed(/"cursor":"o\./, '"cursor":"o '))).toThrow('its cursor');
  });
});

describe('followRevocations with a snapshot', () => {
  let folder: string;
  let path: string;
  const replicas: Replica[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'revocable-snapshot-'));
    path = join(folder, 'replica');
  });
  afterEach(() => {
    for (const replica of replicas.splice(0)) replica.close();
    rmSync(folder, { recursive: true });
  });

  interface World {
    readonly store: Store;
    readonly service: FeedService;
    /** Snapshots that the service has sent. */
    readonly loads: () => number;
  }
  async function createWorld(issuer = PROFILE.issuer): Promise<World> {
    const store = createMemoryStore();
    await store.declare({ ...PROFILE, issuer });
    const service = createFeedService(store);
    let loads = 0;
    service.onLine = line => {
      if (line.startsWith('event: snapshot')) loads += 1;
      return line;
    };
    service.onPoll = answer => {
      if (service.polls.at(-1)?.query.has('after') === false) loads += 1;
      return answer;
    };
    return { store, service, loads: () => loads };
  }
  async function followed({ service }: World, options: FollowOptions = {}) {
    const events: FollowEvent[] = [];
    const onEvent = (event: FollowEvent): void => void events.push(event);
    const own = { snapshot: path, fetch: service.fetch, onEvent, timeout: 1 } as const;
    const replica = await followRevocations(FEED_URL, { ...own, ...options });
    replicas.push(replica);
    return { replica, events };
  }
  const claimsOf = (sub: string, iss = PROFILE.issuer) => {
    const stamp = Date.now() - 60_000;
    return { iss, sub, modified_at: stamp, refresh_modified_at: stamp };
  };
  const judge = (replica: Replica, sub: string, iss?: string): string => {
    try {
      return replica.isRevoked(claimsOf(sub, iss)) ? 'revoked' : 'accepted';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const isWritten = () => until(() => readdirSync(folder).join() === 'replica');
  /** A run that has seen a cut, and is over. */
  async function earlierRun(world: World, options: FollowOptions = {}): Promise<void> {
    await cutUser(world.store, Date.now, { subject: 'before' });
    const { replica } = await followed(world, options);
    expect(judge(replica, 'before')).toBe('revoked');
    replica.close();
    await isWritten();
  }

  it.each<[string, FollowOptions]>([
    ['by a stream', {}],
    ['by polling', { poll: 0 }],
  ])('is written on close, for its owner alone, and shortens the next load: %s', async (_, options) => {
    const world = await createWorld();
    await earlierRun(world, options);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const loads = world.loads();
    await cutUser(world.store, Date.now, { subject: 'meanwhile' });
    const { replica, events } = await followed(world, options);
    expect([judge(replica, 'before'), judge(replica, 'meanwhile'), judge(replica, 'other')]).toEqual([
      'revoked',
      'revoked',
      'accepted',
    ]);
    expect([world.loads(), events]).toEqual([loads, []]);
  });

  it('20: is not fresh before the first answered probe, whatever it holds', async () => {
    const world = await createWorld();
    await earlierRun(world);
    world.service.onProbe = answer => ({ ...answer, nonce: 'of somebody else' });
    const { replica } = await followed(world);
    expect([judge(replica, 'before'), judge(replica, 'other'), replica.age]).toEqual([
      'ERR_REPLICA_STALE',
      'ERR_REPLICA_STALE',
      Number.POSITIVE_INFINITY,
    ]);
    world.service.onProbe = answer => answer;
    await replica.ready;
    expect(judge(replica, 'before')).toBe('revoked');
  });

  it.each<[string, FollowOptions]>([
    ['by a stream', {}],
    ['by polling', { poll: 0 }],
  ])('loads all where the log cannot be continued: %s', async (_, options) => {
    await earlierRun(await createWorld(), options);
    const world = await createWorld();
    await cutUser(world.store, Date.now, { subject: 'after' });
    const { replica } = await followed(world, options);
    await until(() => judge(replica, 'after') === 'revoked');
    expect(world.loads()).toBeGreaterThanOrEqual(1);
  });

  it.each<[string, FollowOptions]>([
    ['by a stream', {}],
    ['by polling', { poll: 0 }],
  ])('takes nothing of another issuer: %s', async (_, options) => {
    await earlierRun(await createWorld(), options);
    const issuer = 'https://other.example';
    const world = await createWorld(issuer);
    const { replica, events } = await followed(world, options);
    expect(judge(replica, 'before', issuer)).toBe('accepted');
    expect([replica.issuer, replica.size]).toEqual([issuer, 0]);
    // Polled, the first answer says that the log cannot be continued; a stream says first whose it is.
    if (options.poll === undefined)
      expect(events).toMatchObject([{ type: 'snapshot.problem', error: { code: 'ERR_STORE_CORRUPT' } }]);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['a bit that fell over', bytes => Buffer.from(bytes.map((byte, at) => (at === 9000 ? byte ^ 1 : byte)))],
    ['a torn end', bytes => bytes.subarray(0, bytes.length - 1000)],
    ['nothing', () => Buffer.alloc(0)],
    ['something else', () => Buffer.from('{"hello":"world"}'.repeat(100))],
  ])('says so, and loads all, where the file has %s', async (_, spoil) => {
    const world = await createWorld();
    await earlierRun(world);
    writeFileSync(path, spoil(readFileSync(path)));
    const loads = world.loads();
    const { replica, events } = await followed(world);
    expect(events).toMatchObject([{ type: 'snapshot.problem', error: { code: 'ERR_STORE_CORRUPT' } }]);
    expect(judge(replica, 'before')).toBe('revoked');
    expect(world.loads()).toBe(loads + 1);
  });

  it('says so where the file cannot be read or written, and works all the same', async () => {
    const world = await createWorld();
    await cutUser(world.store, Date.now, { subject: 'before' });
    const { replica, events } = await followed(world, { snapshot: folder });
    expect(judge(replica, 'before')).toBe('revoked');
    replica.close();
    await until(() => events.length >= 2);
    expect(events.map(event => event.type === 'snapshot.problem' && event.error.code)).toEqual([
      'ERR_STORE_UNAVAILABLE',
      'ERR_STORE_UNAVAILABLE',
    ]);
  });

  it('leaves a whole file, the old or the new one, when writing breaks off', async () => {
    const file = createSnapshotFile(path, { disk: systemDisk, timers: systemTimers });
    await file.write([Buffer.from('first')]);
    const broken = { ...systemDisk, replace: () => Promise.reject(new Error('no space left')) };
    await expect(
      createSnapshotFile(path, { disk: broken, timers: systemTimers }).write([Buffer.from('second')]),
    ).rejects.toThrow();
    expect(Buffer.from((await file.read()) ?? []).toString()).toBe('first');
  });

  it.each([{ snapshot: '' }, { snapshot: 7 }, { snapshot: 'file', hold: 'all' }])(
    'refuses %o',
    async options => {
      await expect(followRevocations(FEED_URL, options as FollowOptions)).rejects.toMatchObject({
        code: 'ERR_CONFIG_INVALID',
      });
    },
  );
});
