/** Store contract: proofs of cut-offs, what is given back, and a past that is lost. */
import { describe, expect, it } from 'vitest';
import { type CutEntry, INFINITE, isOver, userScope } from '#revocation/index';
import type { Appended, Store } from '#store';
import type { Opened } from './store.ts';
import { begun, cutUser, LIVES, NOW, newSession, read, tryLogin, until } from './store-world.ts';

const ada = { subject: 'ada' };
const ADA = userScope(undefined, 'ada');
const proved = (entry: CutEntry, mac = 'proof'): CutEntry => ({ ...entry, mac });

async function cutOf(store: Store, clock: () => number, subject = 'ada'): Promise<CutEntry> {
  const [entry] = (await cutUser(store, clock, { subject })).wrote;
  if (entry === undefined) throw new Error('nothing was written');
  return entry;
}

const allOf = async (store: Store): Promise<CutEntry[]> => {
  const found: CutEntry[] = [];
  await store.feed.load('all', entries => found.push(...entries));
  return found.sort((x, y) => x.number - y.number);
};

const heal = (store: Store, clock: () => number, ...entries: CutEntry[]): Promise<Appended> =>
  store.heal({ entries, caller: clock() });

export function describeHealing(opened: Opened): void {
  describe('proofs', () => {
    it('are added to the state that they prove, as an entry of the log', async () => {
      const { store, clock } = await opened();
      const entry = await cutOf(store, clock);
      expect(entry).toMatchObject({ mac: '', number: 1 });
      expect(await store.unproved(10)).toEqual([entry]);
      const reader = await read(store);
      const { wrote, cursor } = await store.vouch([proved(entry)]);
      expect(wrote).toEqual([{ ...entry, number: 2, mac: 'proof' }]);
      await until(() => reader.cursor === cursor);
      expect(reader.cuts.get(ADA)).toEqual(wrote[0]);
      expect(await store.unproved(10)).toEqual([]);
      expect((await store.vouch([proved(entry)])).wrote).toEqual([]);
      expect(await allOf(store)).toEqual(wrote);
    });

    it('of a state that is another by now are passed over, and a change takes the proof away', async () => {
      const { store, clock } = await opened();
      const first = await cutOf(store, clock);
      clock.now += 5;
      const second = await cutOf(store, clock);
      expect((await store.vouch([proved(first)])).wrote).toEqual([]);
      await store.vouch([proved(second)]);
      clock.now += 5;
      expect(await cutOf(store, clock)).toMatchObject({ mac: '' });
      expect(await store.unproved(1)).toHaveLength(1);
      expect((await store.vouch([proved({ ...second, scope: 'u::nobody' })])).wrote).toEqual([]);
    });
  });

  describe('healing', () => {
    it('takes entries as they are: their cuts, their proof, their time and their end', async () => {
      const { store: old, clock } = await opened();
      const entries = [proved(await cutOf(old, clock)), proved(await cutOf(old, clock, 'bob'), 'p2')];
      const { store, clock: later } = await opened(NOW + 60_000);
      const { wrote } = await heal(store, later, ...entries);
      expect(wrote).toEqual(entries.map((entry, i) => ({ ...entry, number: i + 1 })));
      expect((await heal(store, later, ...entries)).wrote).toEqual([]);
      expect(await store.unproved(10)).toEqual([]);
    });

    it('merges by maximum; what nobody has written has no proof', async () => {
      const { store, clock } = await opened();
      const here = await cutOf(store, clock);
      const given = proved({ ...here, s: 0, a: here.s + 7, at: here.at - 5, expires: here.expires + 9 });
      const { wrote } = await heal(store, clock, given);
      expect(wrote).toEqual([{ ...given, s: here.s, at: here.at, number: 2, mac: '' }]);
      const whole = proved({ ...here, a: here.s + 8, expires: here.expires + 9 }, 'of-all');
      expect((await heal(store, clock, whole)).wrote).toEqual([{ ...whole, number: 3 }]);
    });

    it('29: passes over what is past its end by both clocks, and nothing that one of them still counts', async () => {
      const { store, clock } = await opened();
      const entry = proved({ ...(await cutOf(store, clock)), scope: 'u::old', expires: NOW + 10 });
      expect(isOver(entry, { store: NOW + 10, caller: NOW + 10 })).toBe(true);
      clock.now = NOW + 10;
      expect((await heal(store, clock, entry)).wrote).toEqual([]);
      expect((await store.heal({ entries: [entry], caller: NOW + 9 })).wrote).toHaveLength(1);
      clock.now = NOW + 9;
      const other = { ...entry, scope: 'u::other' };
      expect((await store.heal({ entries: [other], caller: NOW + 99_999 })).wrote).toHaveLength(1);
    });

    it('22: makes a login that began before it begin again', async () => {
      const { store, clock } = await opened();
      const before = await begun(store);
      const entry = { scope: ADA, number: 9, at: NOW, expires: NOW + 1e6, a: 0, r: 0, s: NOW, mac: 'x' };
      await heal(store, clock, entry, { ...entry, scope: 'k:1', s: INFINITE, expires: INFINITE });
      const session = newSession(ada);
      const step = { tenant: '', subject: 'ada', client: '', session, begun: before };
      expect(await store.issue({ ...step, caller: clock(), lives: LIVES })).toEqual({ refused: 'outdated' });
    });

    it('takes what followers give back, for an authority to judge', async () => {
      const { store, clock } = await opened();
      expect((await store.offers()).entries).toEqual([]);
      const entries = [proved(await cutOf(store, clock)), proved(await cutOf(store, clock, 'b: %é'), 'p2')];
      await store.feed.giveBack(entries);
      await store.feed.giveBack(entries.slice(1));
      const offers = await store.offers();
      expect(offers.entries).toEqual([...entries, entries[1]]);
      await store.feed.giveBack(entries.slice(0, 1));
      await store.dropOffers(offers.place);
      expect((await store.offers()).entries).toEqual(entries.slice(0, 1));
    });
  });

  describe('a past that is lost', () => {
    it('is not that of a store whose owner is remembered', async () => {
      const { store, clock } = await opened();
      const { owner } = await begun(store);
      expect(await store.remember(owner)).toEqual({ lost: false });
      expect(await tryLogin(store, clock, ada)).toMatchObject({ stamp: NOW });
    });

    it('19: closes a store that began anew; healed and taken over, it gives nothing below what it was healed with', async () => {
      const { store, clock } = await opened();
      const before = await begun(store);
      const reader = await read(store);
      expect(await store.remember('another')).toEqual({ lost: true });
      const closed = { refused: 'closed', lost: true };
      expect(await store.begin()).toEqual(closed);
      const orders = [{ kind: 'finite', scope: ADA, plane: 's', user: ADA } as const];
      expect(await store.revoke({ orders, caller: clock(), lives: LIVES })).toEqual(closed);
      const entry = {
        scope: ADA,
        number: 7,
        at: NOW,
        expires: NOW + 1e6,
        a: 0,
        r: 0,
        s: NOW + 9000,
        mac: 'x',
      };
      const { wrote } = await heal(store, clock, entry);
      expect(wrote).toHaveLength(1);
      // Who owns it is still to be seen: a proof waits for that.
      expect((await store.vouch(wrote.map(each => proved(each, 'y')))).wrote).toEqual([]);
      expect(await store.begin()).toEqual(closed);
      expect(await store.takeover(clock())).toEqual({ tookOver: true });
      expect(await store.takeover(clock())).toEqual({ tookOver: false });
      const after = await begun(store);
      expect(after.owner).not.toBe(before.owner);
      expect(await store.remember('another')).toEqual({ lost: false });
      await until(() => reader.lost === 1);
      expect(await tryLogin(store, clock, { subject: 'bob' })).toMatchObject({ stamp: NOW + 10_000 });
      expect((await cutOf(store, clock, 'carol')).s).toBe(NOW + 10_001);
    });

    it('19: lies above both clocks, and says when it was taken over by its own', async () => {
      const { store, clock } = await opened();
      expect(await store.begin()).toMatchObject({ since: 0 });
      await store.remember('another');
      clock.now = NOW - 3_600_000;
      await store.takeover(NOW);
      expect(await store.begin()).toMatchObject({ since: NOW - 3_600_000, now: NOW - 3_600_000 });
      clock.now = NOW;
      expect(await tryLogin(store, clock, ada)).toMatchObject({ stamp: NOW + 5000 });
      expect(await store.begin()).toMatchObject({ since: NOW - 3_600_000 });
    });
  });
}
