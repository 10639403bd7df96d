/** The short form, for every run of the tests: `npm run scenarios` is the long one. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dataFolders } from '../stores/data-folder.ts';
import { type RedisServer, startRedis } from '../stores/redis-server.ts';
import { atOnce, HONEST, type Lanes, loggedOut, openLanes, tellings, thefts } from './rotation.ts';
import { startTokenServer } from './token-server.ts';

vi.setConfig({ testTimeout: 120_000 }); // a second of virtual time costs little, on a busy machine it takes long

const newFolder = dataFolders();
let lanes: Lanes;
let redis: RedisServer;
beforeAll(async () => {
  [lanes, redis] = await Promise.all([openLanes(8), startRedis()]);
});
afterAll(() => Promise.all([...lanes.map(lane => lane.close()), redis.stop()]));

describe('10: no honest user is logged out, over real HTTP', () => {
  test.each(Object.entries(HONEST))('%s', async (_, conditions) => {
    expect(await loggedOut(lanes, conditions, 8)).toEqual([]);
  });

  test.each([
    ['memory', () => 'memory:'],
    ['embedded', () => `file:${newFolder()}`],
    ['redis', () => redis.url],
  ])('four tabs of ten users really at once: %s', async (_, location) => {
    const own = await startTokenServer(location());
    expect(await atOnce(own, 10, 10)).toBe(0);
    const rotations = own.told.get('refresh.rotated') ?? 0;
    expect(rotations).toBe(100);
    await own.close();
  });
});

test('9: every thief who ever presents outside the grace is caught', async () => {
  const found = await thefts(lanes, 30);
  expect(found.missed).toEqual([]);
  expect(tellings(lanes, 'refresh.reuse')).toBeGreaterThanOrEqual(found.outside);
});
