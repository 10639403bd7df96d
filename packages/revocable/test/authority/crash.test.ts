/** Real processes: an authority that dies between the consuming step and its answer, and a store that is down. */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Child, dataFolders, startChild } from '../stores/data-folder.ts';
import { type RedisServer, startRedis } from '../stores/redis-server.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const newFolder = dataFolders();
const children: Child[] = [];
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.process.kill('SIGKILL');
    await child.ended;
  }
});

interface Reply {
  readonly status: number;
  readonly refreshToken: string;
  readonly code?: string;
}

interface Running {
  readonly child: Child;
  ask(path: '/login' | '/refresh', token?: string): Promise<Reply>;
}

async function start(location: string, ...words: string[]): Promise<Running> {
  const child = startChild('../../authority/children/authority.js', location, ...words);
  children.push(child);
  await expect.poll(child.output, { timeout: 30_000 }).toMatch(/^\d+\n/);
  const port = Number(child.output());
  return {
    child,
    async ask(path, token = '') {
      const headers = { authorization: token, connection: 'close' };
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers });
      return { status: answer.status, ...((await answer.json()) as Omit<Reply, 'status'>) };
    },
  };
}

const generationOf = (token: string): string => token.split('.')[1] ?? '';

describe('kill -9 between consume and answer', () => {
  test.each([
    ['embedded', () => `file:${newFolder()}`],
    ['redis', () => redis.url],
  ])('%s: the client comes again with the same token, and is answered', async (_, place) => {
    const location = place();
    const dying = await start(location, 'die');
    const { refreshToken: held } = await dying.ask('/login');
    await expect(dying.ask('/refresh', held)).rejects.toThrow();
    if (dying.child.process.exitCode === null && dying.child.process.signalCode === null)
      await once(dying.child.process, 'exit');
    expect(dying.child.process.signalCode).toBe('SIGKILL');

    const next = await start(location);
    const again = await next.ask('/refresh', held);
    expect(again).toMatchObject({ status: 200 });
    expect(generationOf(again.refreshToken)).toBe('1'); // it had been consumed: this is the grace, and no second rotation
    expect(await next.ask('/refresh', held)).toEqual(again);
    expect(await next.ask('/refresh', again.refreshToken)).toMatchObject({ status: 200 });
  });
});

test('the store is down: 503, nothing consumed, and the same token works afterwards', async () => {
  const running = await start(redis.url);
  const { refreshToken: held } = await running.ask('/login');
  await redis.kill();
  for (let tries = 0; tries < 3; tries++)
    expect(await running.ask('/refresh', held)).toEqual({ status: 503, code: 'ERR_STORE_UNAVAILABLE' });
  expect(await running.ask('/login')).toMatchObject({ status: 503 });
  await redis.start();
  const answers: Reply[] = [];
  const again = async (): Promise<number> => {
    answers.push(await running.ask('/refresh', held));
    return answers.at(-1)?.status ?? 0;
  };
  await expect.poll(again, { timeout: 30_000 }).toBe(200);
  expect(generationOf(answers.at(-1)?.refreshToken ?? '')).toBe('1');
});
