/** What becomes of cut-offs when their store loses them: journals, healers, and the three ways to go on. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Authority,
  type AuthorityEvent,
  type AuthorityOptions,
  createAuthority,
  followRevocations,
  openStore,
  type Replica,
  type Store,
} from 'revocable';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CutEntry } from '#revocation/index';
import { until } from '../contracts/store-world.ts';

const ISSUER = 'https://a.example';
const secret = 'a root secret of thirty-two bytes or more';
const everything: { close(): unknown }[] = [];
let folder: string;
let events: AuthorityEvent[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'revocable-journal-'));
  events = [];
});
afterEach(async () => {
  for (const each of everything.splice(0).reverse()) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

const kept = <T extends { close(): unknown }>(value: T): T => {
  everything.push(value);
  return value;
};
const opened = async (location = 'memory:'): Promise<Store> => kept(await openStore(location));
const authorityOn = async (store: Store, options: Partial<AuthorityOptions> = {}): Promise<Authority> => {
  const onEvent = (event: AuthorityEvent): void => void events.push(event);
  const common = { issuer: ISSUER, audience: 'api', signing: { alg: 'ES256' }, secret, onEvent } as const;
  return kept(await createAuthority({ store, ...common, ...options }));
};
const told = (type: AuthorityEvent['type']): AuthorityEvent[] => events.filter(event => event.type === type);

async function cutsOf(store: Store): Promise<Map<string, CutEntry>> {
  const cuts = new Map<string, CutEntry>();
  await store.feed.load('all', entries => {
    for (const entry of entries) cuts.set(entry.scope, entry);
  });
  return cuts;
}
const statesOf = async (store: Store): Promise<object[]> =>
  [...(await cutsOf(store)).values()]
    .map(({ number: _, ...state }) => state)
    .sort((x, y) => (x.scope < y.scope ? -1 : 1));
const follow = async (store: Store, options: object = {}): Promise<Replica> =>
  kept(await followRevocations(store, options));

describe('what is revoked', () => {
  it('is proved before revoke returns: of users, keys, sessions, and of families that two held', async () => {
    const store = await opened();
    const authority = await authorityOn(store);
    const pair = await authority.issue({ subject: 'ada' });
    const { cursor } = await authority.revoke([
      { subject: 'ada' },
      { key: 'old' },
      { session: pair.sessionId },
    ]);
    const cuts = await cutsOf(store);
    expect(cuts.size).toBe(3);
    for (const { mac } of cuts.values()) expect(mac).toMatch(/^[\w-]{22}$/);
    expect(
      (
        await store.feed.probe({
          name: undefined,
          applied: undefined,
          maxStalenessMs: 1,
          whenStale: 'reject',
        })
      ).head,
    ).toBe(cursor);
  });

  it('is proved later, when its authority died before it could: at a takeover or by another authority', async () => {
    const store = await opened();
    const vouch = store.vouch;
    const elsewhere = { ...store, proveWith: async () => {} }; // As with Redis, where the steps run.
    const authority = await authorityOn({ ...elsewhere, vouch: () => Promise.reject(new Error('killed')) });
    await expect(authority.revoke({ subject: 'ada' })).rejects.toThrow('killed');
    expect(await store.unproved(10)).toHaveLength(1);
    await authorityOn({ ...store, vouch });
    await until(async () => (await store.unproved(10)).length === 0);
  });
});

describe('giving back', () => {
  const revoked = async (): Promise<{ authority: Authority; store: Store; cut: CutEntry }> => {
    const store = await opened();
    const authority = await authorityOn(store);
    await authority.revoke({ subject: 'ada' });
    const [cut] = (await cutsOf(store)).values();
    if (cut === undefined) throw new Error('nothing was cut');
    return { authority, store, cut };
  };

  it('23: is believed for the proof alone: of this issuer, under one of its roots, of exactly this state', async () => {
    const { cut } = await revoked();
    const store = await opened();
    const other = await authorityOn(store, { secret: ['another root secret of 32 bytes or more', secret] });
    const forged = [
      { ...cut, mac: '' },
      { ...cut, scope: 'u::bob' },
      { ...cut, s: cut.s + 1 },
      { ...cut, a: 1 },
      { ...cut, at: cut.at + 1 },
      { ...cut, expires: cut.expires + 1 },
      { ...cut, mac: `${cut.mac.slice(0, -1)}${cut.mac.endsWith('A') ? 'Q' : 'A'}` },
      { ...cut, mac: `${cut.mac}AAAA` },
    ];
    expect(await other.giveBack(forged)).toEqual({ accepted: 0, refused: forged.length });
    expect(await store.cuts()).toBe(0);
    const stranger = await authorityOn(await opened(), { issuer: 'https://b.example' });
    expect(await stranger.giveBack([cut])).toEqual({ accepted: 0, refused: 1 });
    expect(await other.giveBack([cut, { ...cut, number: 77 }])).toEqual({ accepted: 2, refused: 0 });
    expect(await statesOf(store)).toEqual([cut].map(({ number: _, ...state }) => state));
  });

  it('17: takes ends as they are, and none that lies further ahead than a lifetime', async () => {
    const { cut } = await revoked();
    const store = await opened();
    const short = await authorityOn(store, { refresh: { expiresIn: '1h' } });
    expect(await short.giveBack([cut])).toEqual({ accepted: 0, refused: 1 });
    const long = await authorityOn(await opened(), { refresh: { expiresIn: '30d' } });
    expect(await long.giveBack([cut])).toEqual({ accepted: 1, refused: 0 });
  });

  it('is judged by verifier and onRevoked like any other cut, and nothing comes of it twice', async () => {
    const { cut } = await revoked();
    const store = await opened();
    const authority = await authorityOn(store);
    const pair = await authority.issue({ subject: 'ada' });
    const later = { ...cut, s: cut.s };
    const heard: string[] = [];
    const replica = await follow(store, { hold: 'all', name: 'api' });
    replica.onRevoked(({ scope }) => heard.push(scope));
    expect(await authority.giveBack([later])).toMatchObject({ accepted: 1 });
    await until(() => heard.length > 0);
    expect(heard).toEqual(['u::ada']);
    const { head } = await authority.probe('someone');
    expect(await authority.giveBack([later])).toMatchObject({ accepted: 1 });
    expect((await authority.probe('someone')).head).toBe(head);
    expect(authority.verifier.check(pair.accessToken).ok).toBe(true); // It was issued after that cut.
  });
});

describe('the journal', () => {
  it('28: gives a store that was emptied all that this authority revoked; what was issued since goes on', async () => {
    const first = await authorityOn(await opened(), { journal: folder });
    await first.revoke([{ subject: 'ada' }, { key: 'stolen' }]);
    await first.revoke({ subject: 'bob' }, { plane: 'access' });
    const before = await statesOf(everything[0] as unknown as Store);
    await first.close();
    const store = await opened();
    const second = await authorityOn(store, { journal: folder });
    expect(await statesOf(store)).toEqual(before);
    expect(told('store.lost')).toEqual([{ type: 'store.lost', policy: 'rebuild' }]);
    expect(told('store.healed')).toEqual([{ type: 'store.healed', cuts: 3, refused: 0 }]);
    expect(told('store.takeover')).toEqual([{ type: 'store.takeover', lost: true }]);
    const pair = await second.issue({ subject: 'ada' });
    expect(second.verifier.check(pair.accessToken).ok).toBe(true);
  });

  it('gives a store that is the same one what it lacks, without a takeover', async () => {
    const store = await opened();
    const first = await authorityOn(store, { journal: folder });
    await first.revoke({ subject: 'ada' });
    await first.close();
    const again = await authorityOn(store, { journal: folder });
    expect(again.issuer).toBe(ISSUER);
    expect(events.map(({ type }) => type)).toEqual(['revoked']);
  });

  it('is written before revoke returns', async () => {
    const authority = await authorityOn(await opened(), { journal: folder });
    await authority.revoke({ subject: 'ada' });
    const [file = ''] = readdirSync(folder);
    expect(readFileSync(join(folder, file), 'utf8')).toMatch(
      /^revocable journal 1\n[0-9a-f]{8} \["[\w-]+",\["u::ada",.*\]\]\n$/,
    );
  });

  it('passes over a torn end, and refuses to go on over damage, naming the place', async () => {
    const first = await authorityOn(await opened(), { journal: folder });
    await first.revoke({ subject: 'ada' });
    await first.revoke({ subject: 'bob' });
    await first.close();
    const [name = ''] = readdirSync(folder);
    const file = join(folder, name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, `${text}01234567 ["torn`);
    const store = await opened();
    await authorityOn(store, { journal: folder });
    expect(await store.cuts()).toBe(2);
    writeFileSync(file, text.replace('u::ada', 'u::eve'));
    const damaged = authorityOn(await opened(), { journal: folder });
    await expect(damaged).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' });
    await expect(damaged).rejects.toThrow(`${file}, line 2`);
  });

  it('lies beside a file: store', async () => {
    const store = await opened(`file:${folder}`);
    const authority = await authorityOn(store);
    await authority.revoke({ subject: 'ada' });
    expect(readdirSync(join(folder, 'journal'))).toHaveLength(1);
  });
});

describe('healers', () => {
  it("18: one that holds all gives back what a store lost; one that holds access tokens' alone cannot", {
    timeout: 30_000,
  }, async () => {
    const old = await opened();
    const first = await authorityOn(old);
    await first.revoke({ subject: 'ada' });
    const feeds = { at: old };
    // A follower whose store is exchanged for an empty one, as a flush does.
    const changing = {
      ...old,
      feed: {
        profile: () => feeds.at.feed.profile(),
        load: (...args) => feeds.at.feed.load(...args),
        follow: (...args) => feeds.at.feed.follow(...args),
        probe: report => feeds.at.feed.probe(report),
        giveBack: entries => feeds.at.feed.giveBack(entries),
      },
    } as Store;
    await follow(changing, { hold: 'all' });
    const store = await opened();
    const second = await authorityOn(store);
    const { accessToken } = await second.issue({ subject: 'ada' });
    feeds.at = store;
    await until(async () => (await store.cuts()) === 1, 15_000);
    await until(() => told('store.takeover').length === 1);
    expect(await statesOf(store)).toEqual(await statesOf(old));
    expect(second.verifier.check(accessToken).ok).toBe(true);
    await second.issue({ subject: 'ada' });
  });

  it('with nobody left who holds them, everyone is cut off', { timeout: 30_000 }, async () => {
    const old = await opened();
    const first = await authorityOn(old);
    const { cursor } = await first.revoke({ subject: 'ada' });
    const store = await opened();
    const second = await authorityOn(store);
    const { accessToken } = await second.issue({ subject: 'ada' });
    const [, mac] = (await old.feed.profile()).ownerProof?.split('.') ?? [];
    await second.probe({ name: 'api', before: `${cursor}.${mac}` });
    await until(() => told('store.takeover').length === 1, 20_000);
    expect((await cutsOf(store)).get('g')?.s).toBeGreaterThan(Date.now() + 40_000);
    await until(() => !second.verifier.check(accessToken).ok);
    const fresh = await second.issue({ subject: 'ada' });
    expect(second.verifier.check(fresh.accessToken).ok).toBe(true);
  });

  it.each(['cutAll', 'ignore'] as const)('with storeLoss %s nobody is waited for', async storeLoss => {
    const first = await authorityOn(await opened(), { journal: folder });
    await first.revoke([{ subject: 'ada' }, { key: 'stolen' }]);
    await first.close();
    const store = await opened();
    await authorityOn(store, { journal: folder, storeLoss });
    const scopes = [...(await cutsOf(store)).keys()].sort();
    expect(scopes).toEqual(storeLoss === 'cutAll' ? ['g', 'k:stolen', 'u::ada'] : []);
    expect(told('store.lost')).toEqual([{ type: 'store.lost', policy: storeLoss }]);
  });

  it('a policy that is none is refused', async () => {
    const refused = authorityOn(await opened(), { storeLoss: 'hope' as 'ignore' });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });
});
