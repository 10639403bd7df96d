/** A refresh stamps where the cuts are and consumes where the session is: what may happen between the two, in a real Cluster. */
import { Cluster, type Redis } from 'ioredis';
import { type Authority, createAuthority, openStore, type TokenPair } from 'revocable';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { userScope } from '#revocation/index';
import { userKey } from '#stores/redis/keys';
import { CONSUME } from '#stores/redis/session-scripts';
import { slotOf } from '#stores/redis/slots';
import { until } from '../contracts/store-world.ts';
import type { RedisServer } from './redis-server.ts';
import { type RedisSet, startCluster } from './redis-sets.ts';

let cluster: RedisSet;
beforeAll(async () => {
  cluster = await startCluster({}, 0, '--appendonly', 'yes', '--appendfsync', 'always');
});
afterAll(() => cluster?.stop());

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Gate {
  readonly arrived: Promise<void>;
  open(): void;
}

/** A client of the Cluster whose connections hold one script back, once. */
function clientHolding(hash: string): { client: Cluster; gate: Gate } {
  const [arrived, opened] = [signal(), signal()];
  let isHeld = false;
  const hold = (redis: Redis): void => {
    const call = redis.call.bind(redis) as (...words: string[]) => Promise<unknown>;
    redis.call = (async (...words: string[]) => {
      if (words[1] === hash && !isHeld) {
        isHeld = true;
        arrived.give();
        await opened.given;
      }
      return call(...words);
    }) as typeof redis.call;
  };
  const nodes = cluster.ports.map(port => ({ host: '127.0.0.1', port }));
  const client = new Cluster(nodes, { lazyConnect: true });
  replace(client, own => replaceNodes(own as Cluster, hold));
  return { client, gate: { arrived: arrived.given, open: opened.give } };
}

function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => {};
  const given = new Promise<void>(resolve => {
    give = resolve;
  });
  return { given, give };
}

/** Whatever is duplicated from it is changed first. */
function replace(
  client: { duplicate: (...words: never[]) => unknown },
  change: (own: unknown) => void,
): void {
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (...words) => {
    const own = duplicate(...words);
    change(own);
    return own;
  };
}

function replaceNodes(own: Cluster, hold: (redis: Redis) => void): void {
  const nodes = own.nodes.bind(own);
  own.nodes = role => {
    const found = nodes(role);
    for (const node of found) replace(node, made => hold(made as Redis));
    return found;
  };
}

async function authorityOn(redis: Cluster | string): Promise<Authority> {
  const store = await openStore(typeof redis === 'string' ? redis : { redis });
  closing.push(() => store.close());
  const authority = await createAuthority({
    ...{ store, secret: 'a root secret of the test, 32 bytes', signing: { alg: 'ES256' } as const },
    ...{ issuer: 'https://auth.example', audience: 'api' },
  });
  closing.push(() => authority.close());
  return authority;
}

const url = (): string => `redis+cluster://${cluster.ports.map(port => `127.0.0.1:${port}`).join(',')}`;

const serverOf = (slot: number): RedisServer =>
  cluster.servers[slot < 5461 ? 0 : slot < 10_923 ? 1 : 2] as RedisServer;

/** Somebody whose session lies on another server than the cuts. */
function subjectElsewhere(): string {
  const cuts = serverOf(slotOf('revocable:{cuts}:log'));
  for (let i = 0; ; i += 1)
    if (serverOf(slotOf(userKey(userScope('', `user-${i}`)))) !== cuts) return `user-${i}`;
}

/** A refresh that has its stamp and has consumed nothing yet. */
async function halfway(subject: string): Promise<{
  readonly refreshing: Promise<TokenPair | { readonly code: string }>;
  readonly refreshToken: string;
  readonly gate: Gate;
  readonly authority: Authority;
}> {
  const { client, gate } = clientHolding(CONSUME.hash);
  closing.push(() => client.disconnect());
  const authority = await authorityOn(client);
  const { refreshToken } = await authority.issue({ subject });
  const refreshing = authority.refresh(refreshToken).catch((error: { code: string }) => error);
  await gate.arrived;
  return { refreshing, refreshToken, gate, authority };
}

it('the server of the session dies: an outage, and the same token works when it is back', {
  timeout: 60_000,
}, async () => {
  const subject = subjectElsewhere();
  const other = await authorityOn(url());
  const { refreshing, refreshToken, gate, authority } = await halfway(subject);
  const server = serverOf(slotOf(userKey(userScope('', subject))));
  await server.kill();
  gate.open();
  expect(await refreshing).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  await server.start();
  await until(() => authority.refresh(refreshToken).then(Boolean, () => false), 20_000);
  const { accessToken } = await other.refresh(refreshToken);
  expect(other.verifier.check(accessToken)).toMatchObject({ ok: true });
});

it('the authority dies: another one takes the same token', { timeout: 60_000 }, async () => {
  const other = await authorityOn(url());
  const { refreshToken, refreshing, gate } = await halfway(subjectElsewhere());
  const { accessToken } = await other.refresh(refreshToken);
  expect(other.verifier.check(accessToken)).toMatchObject({ ok: true });
  gate.open();
  expect(await refreshing).toMatchObject({ accessToken: expect.any(String) }); // A twin: the same generation.
});

it('a cut: what is handed out afterwards lies below it, and is refused', { timeout: 60_000 }, async () => {
  const subject = subjectElsewhere();
  const other = await authorityOn(url());
  const { refreshing, gate } = await halfway(subject);
  await other.revoke({ subject });
  gate.open();
  const { accessToken, refreshToken } = (await refreshing) as TokenPair;
  expect(other.verifier.check(accessToken)).toMatchObject({ code: 'ERR_TOKEN_REVOKED' });
  await expect(other.refresh(refreshToken)).rejects.toMatchObject({ code: 'ERR_TOKEN_REVOKED' });
});
