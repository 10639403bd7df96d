/** Who may say that a store has lost its past: whoever can prove that it followed an earlier owner, and nobody else. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Authority,
  type AuthorityEvent,
  createAuthority,
  followRevocations,
  openStore,
  type Store,
} from 'revocable';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { provedOwner } from '#authority/cut-proof';
import { rootsFrom } from '#authority/root';
import { placeOf } from '#revocation/index';
import { until } from '../contracts/store-world.ts';
import { type RedisServer, startRedis } from '../stores/redis-server.ts';

const ISSUER = 'https://a.example';
const secret = 'a root secret of thirty-two bytes or more';
const everything: { close(): unknown }[] = [];
let events: AuthorityEvent[] = [];
let folder: string;
let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'revocable-witness-'));
});
afterEach(async () => {
  for (const each of everything.splice(0).reverse()) await each.close();
  rmSync(folder, { recursive: true, force: true });
  events = [];
});

const kept = <T extends { close(): unknown }>(value: T): T => {
  everything.push(value);
  return value;
};
let looks = 0;
/** Counts how often an authority has read what replicas say. */
async function authorityOn(store: Store, options: object = {}): Promise<Authority> {
  const watched: Store = {
    ...store,
    async replicas() {
      const rows = await store.replicas();
      looks += 1;
      return rows;
    },
  };
  const onEvent = (event: AuthorityEvent): void => void events.push(event);
  const common = { issuer: ISSUER, audience: 'api', signing: { alg: 'ES256' }, secret, onEvent } as const;
  return kept(await createAuthority({ store: watched, storeLoss: 'cutAll', ...common, ...options }));
}
const told = (type: AuthorityEvent['type']): number => events.filter(event => event.type === type).length;
const report = { applied: undefined, maxStalenessMs: 30_000, whenStale: 'reject' } as const;

/** An empty store of the kind; of Redis there is one, which is flushed. */
const kinds: Record<string, (name: string) => Promise<Store>> = {
  memory: () => openStore('memory:'),
  file: name => openStore(`file:${join(folder, name)}`),
  redis: async () => {
    await server.command('FLUSHALL');
    return openStore(server.url);
  },
};

describe.each(Object.entries(kinds))('a store that was never taken over: %s', (_, open) => {
  it('23: stays open, whatever a verifier says that it remembers', { timeout: 20_000 }, async () => {
    const store = kept(await open('one'));
    const authority = await authorityOn(store);
    const { accessToken } = await authority.issue({ subject: 'ada' });
    const { cursor } = await authority.revoke({ subject: 'bob' });
    const owner = placeOf(cursor)?.owner ?? '';
    const { ownerProof = '' } = await store.feed.profile();
    expect(ownerProof).toMatch(new RegExp(`^${owner}\\.[\\w-]{22}$`));
    const mac = ownerProof.slice(owner.length + 1);
    const lies = ['another.5.tag', `another.5.tag.${mac}`, `x${cursor}.${mac}`, `${cursor}.${mac}`, '.....'];
    for (const [n, before] of lies.entries())
      await store.feed.probe({ name: `liar-${n}`, ...report, before });
    const from = looks;
    await until(() => looks > from + 2, 15_000);
    expect(told('store.lost')).toBe(0);
    expect(authority.verifier.check(accessToken).ok).toBe(true);
    expect(await store.begin()).toMatchObject({ owner });
  });

  it('is closed by a follower of access tokens that followed the one before', {
    timeout: 30_000,
  }, async () => {
    const feeds = { at: kept(await open('one')) };
    const changing = {
      ...feeds.at,
      feed: {
        profile: () => feeds.at.feed.profile(),
        load: (...args) => feeds.at.feed.load(...args),
        follow: (...args) => feeds.at.feed.follow(...args),
        probe: told => feeds.at.feed.probe(told),
        giveBack: entries => feeds.at.feed.giveBack(entries),
      },
    } as Store;
    const first = await authorityOn(feeds.at);
    await first.revoke({ subject: 'ada' });
    const replica = kept(await followRevocations(changing, { name: 'api' }));
    await until(() => replica.size === 1);
    await first.close();
    events = [];
    feeds.at = kept(await open('two'));
    const second = await authorityOn(feeds.at);
    await until(() => told('store.takeover') === 1, 20_000);
    const begun = await feeds.at.begin();
    if ('refused' in begun) throw new Error(begun.refused);
    // Declared anew: the proof is that of the owner that took over.
    await until(
      async () => (await feeds.at.feed.profile()).ownerProof?.split('.')[0] === begun.owner,
      10_000,
    );
    await second.issue({ subject: 'ada' });
  });
});

describe('the proof of an owner', () => {
  const roots = rootsFrom(['b root secret of thirty-two bytes or more', secret]);
  it('is that of one issuer and one root secret, the former ones too', async () => {
    const store = kept(await openStore('memory:'));
    const authority = await authorityOn(store);
    const { cursor } = await authority.revoke({ subject: 'ada' });
    const before = `${cursor}.${(await store.feed.profile()).ownerProof?.split('.')[1]}`;
    expect(provedOwner(before, ISSUER, roots)).toBe(placeOf(cursor)?.owner);
    expect(provedOwner(before, 'https://b.example', roots)).toBeUndefined();
    const others = rootsFrom('c root secret of thirty-two bytes or more');
    expect(provedOwner(before, ISSUER, others)).toBeUndefined();
    expect(provedOwner(before.replace(/\.1\..*\./, '.0..'), ISSUER, roots)).toBeUndefined();
  });
});
