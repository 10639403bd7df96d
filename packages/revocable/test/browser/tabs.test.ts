import { describe, expect, it } from 'vitest';
import type { PageLocks } from '#browser/page';
import { API, createBrowserWorld, createLocks, granted, refusal } from './browser-world.ts';

const ORDERS = `${API}/orders`;
const many = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

describe('several tabs', () => {
  it.each([0, 5, 60, 200])('refresh once for all of them, with news that take %i ms', async messageMs => {
    const world = createBrowserWorld();
    world.messageMs = messageMs;
    const tabs = many(6, () => world.openTab());
    const all = (): Promise<Response[]> =>
      Promise.all(tabs.flatMap(({ client }) => many(3, () => client.fetch(ORDERS))));
    expect((await world.settle(all())).every(({ status }) => status === 200)).toBe(true);
    expect(world.count('/refresh')).toBe(1);
    world.service.token = 'nobody has it';
    expect((await world.settle(all())).every(({ status }) => status === 200)).toBe(true);
    expect(world.count('/refresh')).toBe(2);
  });

  it('hand the token to a tab that asks later', async () => {
    const world = createBrowserWorld();
    const [one, two] = many(2, () => world.openTab());
    await world.settle(one?.client.fetch(ORDERS) ?? Promise.reject());
    await world.pass(100);
    await world.settle(two?.client.fetch(ORDERS) ?? Promise.reject());
    expect(world.count('/refresh')).toBe(1);
  });

  it('go on one after the other when the first finds the service down', async () => {
    const world = createBrowserWorld();
    const [one, two] = many(2, () => world.openTab());
    world.service.nextRefresh.push(() => refusal(503, 'retry', { 'retry-after': '10' }));
    const slow = one?.client.fetch(ORDERS) ?? Promise.reject();
    const quick = two?.client.fetch(ORDERS) ?? Promise.reject();
    const before = world.now;
    expect((await world.settle(quick)).status).toBe(200);
    expect(world.now - before).toBeLessThan(1000);
    expect((await world.settle(slow)).status).toBe(200);
    expect(world.count('/refresh')).toBe(2);
  });

  it('are not stopped by one that sleeps with the lock in its hand', async () => {
    const world = createBrowserWorld();
    const sleeper = createLocks();
    void sleeper.request('revocable:https://auth.example/refresh', {}, () => new Promise(() => {}));
    const { client } = world.openTab({}, { locks: sleeper });
    const before = world.now;
    expect((await world.settle(client.fetch(ORDERS))).status).toBe(200);
    expect(world.now - before).toBeLessThan(15_000);
  });

  it.each<[string, PageLocks | undefined]>([
    ['no locks', undefined],
    ['locks that a sandbox refuses', { request: () => Promise.reject(new Error('SecurityError')) }],
  ])('do with %s, each for itself', async (_what, locks) => {
    const world = createBrowserWorld();
    const tabs = many(2, () => world.openTab({}, { locks, openChannel: undefined }));
    const answers = await world.settle(Promise.all(tabs.map(({ client }) => client.fetch(ORDERS))));
    expect(answers.map(({ status }) => status)).toContain(200);
    expect(world.count('/refresh')).toBeGreaterThanOrEqual(2);
    expect(world.count('/refresh')).toBeLessThanOrEqual(4);
  });

  it('are signed out together, and a refresh under way is dropped', async () => {
    const world = createBrowserWorld();
    const [one, two, three] = many(3, () => world.openTab());
    if (!one || !two || !three) return expect.fail();
    world.latencyMs = 200;
    const lateToken = two.client.fetch(ORDERS);
    await world.pass(50);
    world.latencyMs = 10;
    const waiting = three.client.fetch(ORDERS);
    await world.settle(one.client.logout());
    const answers = await world.settle(Promise.all([lateToken, waiting]));
    expect(await Promise.all(answers.map(answer => answer.json()))).toMatchObject([
      { action: 'login' },
      { action: 'login' },
    ]);
    for (const { heard, went } of [one, two, three]) expect([heard, went]).toEqual([['logout'], []]);
    expect(world.count('/refresh')).toBe(1);
    expect(world.count('/orders')).toBe(0);
    expect(world.requests.find(({ url }) => url.endsWith('/refresh'))?.signal.aborted).toBe(true);
  });

  it('drop a token that came too late to be stopped', async () => {
    const world = createBrowserWorld();
    const deaf = (request: Request): Promise<Response> =>
      request.url.endsWith('/refresh')
        ? world.pass(300).then(() => granted(world.service))
        : Promise.resolve(new Response(null, { status: 204 }));
    const [one, two] = many(2, () => world.openTab({}, { fetch: deaf }));
    if (!one || !two) return expect.fail();
    const late = two.client.fetch(ORDERS);
    await one.client.logout();
    const answer = await world.settle(late);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ action: 'login' });
  });

  it('do not bring a token back that was on its way when they were signed out', async () => {
    const world = createBrowserWorld();
    const [one, two] = many(2, () => world.openTab());
    if (!one || !two) return expect.fail();
    world.messageMs = 500;
    await world.settle(one.client.fetch(ORDERS));
    world.messageMs = 1;
    await world.settle(two.client.logout());
    await world.pass(1000);
    expect((await world.settle(two.client.fetch(ORDERS))).status).toBe(401);
    expect(world.count('/orders')).toBe(1);
  });

  it('use the token of one that signed in again, instead of going to the login page', async () => {
    const world = createBrowserWorld();
    const [one, two] = many(2, () => world.openTab());
    if (!one || !two) return expect.fail();
    world.servers.set(API, request => {
      if (request.headers.get('authorization') !== 'Bearer token-1') return new Response('new');
      return refusal(401, request.url === ORDERS ? 'refresh' : 'login');
    });
    await world.settle(one.client.session());
    await world.pass(100);
    world.latencyMs = 400;
    const old = two.client.fetch(`${API}/slow`);
    await world.pass(1);
    world.latencyMs = 10;
    await world.settle(one.client.fetch(ORDERS));
    expect(await (await world.settle(old)).text()).toBe('new');
    expect(world.count('/slow')).toBe(2);
    expect([two.went, two.heard]).toEqual([[], []]);
  });

  it('believe no message of another form', async () => {
    const world = createBrowserWorld();
    let tell: (data: unknown) => void = () => {};
    const channel = {
      onmessage: null as ((event: { data: unknown }) => void) | null,
      postMessage() {},
      close() {},
    };
    const { client, heard } = world.openTab({}, { openChannel: () => channel });
    tell = data => channel.onmessage?.({ data });
    for (const data of [
      null,
      'logout',
      7,
      {},
      { type: 'logout' },
      { type: 'token' },
      { type: 'token', token: { value: 'x' } },
    ])
      tell(data);
    await world.settle(client.fetch(ORDERS));
    expect(world.requests.at(-1)?.headers.get('authorization')).toBe('Bearer token-1');
    expect(heard).toEqual([]);
  });
});
