/** A healer gives back what is missing until the log shows it, a bounded piece at a time, and no more often than is of use. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createGivingBack } from '#revocation/giving-back';
import { createHealer } from '#revocation/healer';
import type { CutEntry, Feed } from '#revocation/index';
import { createTurnedClock, type TurnedClock } from './turned-clock.ts';

const entry = (subject: string): CutEntry => ({
  ...{ scope: `u::${subject}`, number: 1, at: 1000, expires: 9000, a: 0, r: 0, s: 500, mac: 'proof' },
});

describe('giving back', () => {
  let clock: TurnedClock;
  let offered: string[][];
  let fails: boolean;
  beforeEach(() => {
    [clock, offered, fails] = [createTurnedClock(), [], false];
  });

  function open(entries: readonly CutEntry[], share = 0) {
    const healer = createHealer();
    healer.remember(entries);
    const giveBack = async (pieces: readonly CutEntry[]): Promise<void> => {
      if (fails) throw new Error('down');
      offered.push(pieces.map(({ scope }) => scope.slice(3)));
    };
    const random = { bytes: (count: number) => new Uint8Array(count).fill(share) };
    const givingBack = createGivingBack(healer, { feed: { giveBack } as Feed, timers: clock.timers, random });
    return { healer, givingBack };
  }
  const twoOf = [entry('ada'), entry('bob')];

  it('waits a random moment, and spares what others have given back meanwhile', async () => {
    const { healer, givingBack } = open(twoOf, 128);
    givingBack.due();
    await clock.pass(2400);
    expect(offered).toEqual([]);
    healer.take([entry('ada')]);
    await clock.pass(200);
    expect(offered).toEqual([['bob']]);
    givingBack.stop();
  });

  it('gives again what the log has not shown, for what was offered may be dropped', async () => {
    const { healer, givingBack } = open(twoOf);
    givingBack.due();
    await clock.pass(1);
    healer.take([entry('bob')]);
    await clock.pass(10_000);
    expect(offered).toEqual([['ada', 'bob'], ['ada']]);
    healer.take([entry('ada')]);
    await clock.pass(60_000);
    expect(offered.length).toBe(2);
    givingBack.stop();
  });

  it('stops when a store does not take it: past its end there, or not believed', async () => {
    const { healer, givingBack } = open(twoOf);
    givingBack.due();
    await clock.pass(120_000);
    expect(offered).toEqual(Array.from({ length: 3 }, () => ['ada', 'bob']));
    expect(healer.all().length).toBe(2); // they count here all the same
    healer.doubt();
    givingBack.due();
    await clock.pass(1);
    expect(offered.length).toBe(4);
    givingBack.stop();
  });

  it('has no more under way than a store keeps for its authority', async () => {
    const many = Array.from({ length: 60_000 }, (_, i) => entry(`u${i}`));
    const { healer, givingBack } = open(many);
    givingBack.due();
    await clock.pass(1);
    expect(offered.map(piece => piece.length)).toEqual(Array.from({ length: 50 }, () => 500));
    healer.take(many.slice(0, 25_000));
    await clock.pass(10_000);
    healer.take(many.slice(25_000, 50_000));
    await clock.pass(10_000);
    healer.take(many.slice(50_000));
    await clock.pass(60_000);
    expect(offered.flat()).toEqual(many.map(({ scope }) => scope.slice(3)));
    givingBack.stop();
  });

  it('asks again where nobody took it, and never when it is over', async () => {
    const { givingBack } = open(twoOf);
    fails = true;
    givingBack.due();
    await clock.pass(1);
    fails = false;
    await clock.pass(1);
    expect(offered).toEqual([['ada', 'bob']]);
    givingBack.stop();
    await clock.pass(60_000);
    expect(offered.length).toBe(1);
  });
});
