/** What `refresh_policy` of a client changes: the same two events for each, through the code flow over HTTP. */
import type { ServiceConfig } from '@revocable/service';
import { decode } from 'revocable';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CALLBACK, type Flow, flowOf, newPkce, type TokenAnswer } from './code-flow.ts';
import { type ListeningWorld, openListeningWorld } from './listening.ts';

const POLICIES = ['recover', 'grace', 'strict', 'none'] as const;
type Policy = (typeof POLICIES)[number];

const CLIENTS: NonNullable<ServiceConfig['clients']> = [
  ...POLICIES.map(policy => ({
    client_id: policy,
    client_secret: `${policy}-secret`,
    redirect_uris: [CALLBACK],
    refresh_policy: policy,
  })),
  { client_id: 'unsaid', client_secret: 'unsaid-secret', redirect_uris: [CALLBACK] },
  { client_id: 'stock', client_secret: 'stock-secret' },
];

let world: ListeningWorld;
let cookie = '';
beforeAll(async () => {
  world = await openListeningWorld({ clients: CLIENTS, refresh_grace: '30s' });
  cookie = (await world.newPerson()).cookie;
});
afterAll(() => world.close());

/** Of the store, the authority and the service alike; what waits for a socket or a timer goes on as ever. */
const passes = (seconds: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
};
beforeEach(() => passes(0));
afterEach(() => vi.useRealTimers());

interface Session {
  readonly first: string;
  readonly accessToken: string;
  refresh(token: string): Promise<TokenAnswer>;
}

async function newSession(client: string): Promise<Session> {
  const flow: Flow = flowOf(world, client);
  const secret = { client_secret: `${client}-secret` };
  const pkce = newPkce();
  const tokens = await flow.redeem(await flow.code(cookie, pkce), pkce, secret);
  return {
    first: tokens.refresh_token ?? '',
    accessToken: tokens.access_token ?? '',
    refresh: refresh_token =>
      flow.token({ grant_type: 'refresh_token', refresh_token, client_id: client, ...secret }),
  };
}

const over = { status: 400, error: 'invalid_grant', action: 'login' };
const reused = { ...over, code: 'ERR_REFRESH_REUSED' };
const generation = (answer: TokenAnswer): string | undefined => answer.refresh_token?.split('.')[1];

describe('one token, used twice at once: a second tab, or a retry', () => {
  it.each<[Policy | 'unsaid', number]>([
    ['recover', 0],
    ['grace', 0],
    ['none', 0],
    ['unsaid', 0],
  ])('%s answers both', async client => {
    const session = await newSession(client);
    const [one, two] = [await session.refresh(session.first), await session.refresh(session.first)];
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(generation(two)).toBe(generation(one));
    expect(one.access_token).not.toBe(two.access_token);
  });

  it('strict ends the session', async () => {
    const session = await newSession('strict');
    const one = await session.refresh(session.first);
    expect([one.status, generation(one)]).toEqual([200, '1']);
    expect(await session.refresh(session.first)).toMatchObject(reused);
    expect(await session.refresh(one.refresh_token ?? '')).toMatchObject(over);
    expect(await world.isActive(one.access_token ?? '')).toBe(false);
  });
});

describe('a reply that was lost: the client comes back with the old token, long after the grace', () => {
  it.each<[Policy | 'unsaid']>([['recover'], ['unsaid']])(
    '%s makes it good, and the unseen successor is dead',
    async client => {
      const session = await newSession(client);
      const lost = await session.refresh(session.first);
      passes(120);
      const answer = await session.refresh(session.first);
      expect([answer.status, generation(answer)]).toEqual([200, '2']);
      passes(120);
      expect(await session.refresh(lost.refresh_token ?? '')).toMatchObject(reused);
      expect(await world.isActive(answer.access_token ?? '')).toBe(false);
    },
  );

  it('grace takes it for a theft', async () => {
    const session = await newSession('grace');
    const lost = await session.refresh(session.first);
    passes(29);
    expect(generation(await session.refresh(session.first))).toBe('1');
    passes(120);
    expect(await session.refresh(session.first)).toMatchObject(reused);
    expect(await session.refresh(lost.refresh_token ?? '')).toMatchObject(over);
  });

  it('none has one token for all time, so nothing is lost', async () => {
    const session = await newSession('none');
    for (const seconds of [0, 120, 86_400]) {
      passes(seconds);
      const answer = await session.refresh(session.first);
      expect([answer.status, answer.refresh_token]).toEqual([200, session.first]);
    }
  });
});

describe('an honest client that keeps what it gets', () => {
  it.each(POLICIES)('%s: goes on for days', async client => {
    const session = await newSession(client);
    let token = session.first;
    const seen = new Set([token]);
    for (let day = 0; day < 5; day++) {
      passes(86_400);
      const answer = await session.refresh(token);
      expect(answer.status).toBe(200);
      token = answer.refresh_token ?? '';
      seen.add(token);
    }
    expect(seen.size).toBe(client === 'none' ? 1 : 6);
    expect(decode(session.accessToken).claims.client_id).toBe(client);
  });
});
