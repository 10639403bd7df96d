/** A proxy that keeps answers, whatever their headers say, makes no replica fresh: real HTTP, both ways of following. */
import { request } from 'node:http';
import { followRevocations, type Replica } from 'revocable';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, type ListeningWorld, listening, openListeningWorld } from './listening.ts';

interface Kept {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

interface CachingProxy extends Listening {
  /** Answers with what it kept, by method and path, for each request that it has seen the like of. */
  replays: boolean;
  /** Also tells requests apart by their query, as an honest cache does. */
  minds: 'query' | 'path';
  replayed: number;
}

async function cachingProxy(target: string): Promise<CachingProxy> {
  const kept = new Map<string, Kept>();
  const state = { replays: false, minds: 'path' as CachingProxy['minds'], replayed: 0 };
  const server = await listening((incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    const key = `${method} ${state.minds === 'path' ? url.split('?')[0] : url}`;
    const old = kept.get(key);
    if (state.replays && old !== undefined) {
      state.replayed += 1;
      outgoing.writeHead(old.status, old.headers);
      outgoing.end(old.body);
      return;
    }
    const onward = request(new URL(url, target), { method, headers: incoming.headers }, answer => {
      const { statusCode: status = 502, headers } = answer;
      const pieces: Buffer[] = [];
      outgoing.writeHead(status, headers);
      answer.on('data', (piece: Buffer) => {
        pieces.push(piece);
        outgoing.write(piece);
        kept.set(key, { status, headers, body: Buffer.concat(pieces) });
      });
      answer.on('end', () => {
        kept.set(key, { status, headers, body: Buffer.concat(pieces) });
        outgoing.end();
      });
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  return Object.assign(state, server);
}

let world: ListeningWorld;
let proxy: CachingProxy;
beforeAll(async () => {
  world = await openListeningWorld();
  proxy = await cachingProxy(world.url);
});
afterAll(async () => {
  await proxy.close();
  await world.close();
});

const claimsOf = (sub: string) => {
  const stamps = { modified_at: Date.now() - 60_000, refresh_modified_at: Date.now() - 60_000 };
  return { iss: world.url, sub, ...stamps };
};
const judge = (replica: Replica, sub: string): string => {
  try {
    return replica.isRevoked(claimsOf(sub)) ? 'revoked' : 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};
async function judgeLater(replica: Replica, sub: string): Promise<string> {
  await replica.judgeLater?.({ claims: claimsOf(sub), typ: 'at+jwt', key: {} }, '').catch(() => {});
  return judge(replica, sub);
}
async function takeBack(subject: string): Promise<void> {
  const json = { target: { subject }, plane: 'session' };
  await world.send('/admin/api/revocations', { json, cookie: await world.adminCookie() });
}
const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

describe('2: an answer that a cache kept', () => {
  it.each<[string, CachingProxy['minds']]>([
    ['minds the path alone', 'path'],
    ['minds the query too', 'query'],
  ])('makes no polling replica fresh where it %s', async (_, minds) => {
    Object.assign(proxy, { replays: false, minds });
    const replica = await followRevocations(`${proxy.url}/revocations`, { poll: 0, maxStaleness: 1 });
    expect(await judgeLater(replica, minds)).toBe('accepted');
    proxy.replays = true;
    await takeBack(minds);
    await wait(1100);
    const outcome = await judgeLater(replica, minds);
    expect(outcome).toBe(minds === 'path' ? 'ERR_REPLICA_STALE' : 'revoked');
    replica.close();
  });

  it('makes no streaming replica fresh, and one that is held back so recovers by itself', async () => {
    Object.assign(proxy, { replays: false, minds: 'path' });
    const replica = await followRevocations(`${proxy.url}/revocations`, { maxStaleness: 2 });
    await wait(1200);
    expect(judge(replica, 'b')).toBe('accepted');
    const { replayed } = proxy;
    proxy.replays = true;
    await wait(2100);
    expect(judge(replica, 'b')).toBe('ERR_REPLICA_STALE');
    expect(proxy.replayed).toBeGreaterThan(replayed);
    proxy.replays = false;
    await takeBack('b');
    await wait(1500);
    expect(judge(replica, 'b')).toBe('revoked');
    replica.close();
  });
});
