/** 2: how old a replica's knowledge is, on clocks that stop, step and stand still. */
import { describe, expect, it } from 'vitest';
import { cursorOf } from '#revocation/feed';
import { createFreshness } from '#revocation/freshness';
import { createTurnedClock } from './turned-clock.ts';

const at = (number: number, owner = 'o') => cursorOf(owner, number, `tag-${number}`);

function setUp() {
  const clock = createTurnedClock();
  const freshness = createFreshness(clock);
  const age = () => freshness.age(clock.wall());
  return { clock, freshness, age };
}

describe('the age of what is known', () => {
  it('is infinite before an answered probe whose head is applied', () => {
    const { freshness, age } = setUp();
    freshness.applied(at(3));
    expect([age(), freshness.isKnown]).toEqual([Number.POSITIVE_INFINITY, false]);
    freshness.answered(freshness.sending(), at(4));
    expect(age()).toBe(Number.POSITIVE_INFINITY);
    freshness.applied(at(4));
    expect([age(), freshness.isKnown]).toEqual([0, true]);
  });

  it('counts from the sending of a probe, however late its answer or its head comes', async () => {
    const { clock, freshness, age } = setUp();
    freshness.applied(at(1));
    const sent = freshness.sending();
    await clock.pass(4000);
    freshness.answered(sent, at(2));
    expect(age()).toBe(Number.POSITIVE_INFINITY);
    await clock.pass(3000);
    freshness.applied(at(2));
    expect(age()).toBe(7000);
  });

  it('is that of the latest probe, in whatever order the answers come', async () => {
    const { clock, freshness, age } = setUp();
    freshness.applied(at(1));
    const first = freshness.sending();
    await clock.pass(1000);
    const second = freshness.sending();
    await clock.pass(1000);
    freshness.answered(second, at(1));
    freshness.answered(first, at(1));
    expect(age()).toBe(1000);
  });

  it('takes the later of two probes between which the clocks stood still, or the wall clock went back', async () => {
    const { clock, freshness, age } = setUp();
    freshness.applied(at(1));
    freshness.answered(freshness.sending(), at(1));
    clock.stepWall(-3600_000);
    expect(age()).toBe(Number.POSITIVE_INFINITY);
    freshness.answered(freshness.sending(), at(1));
    expect(age()).toBe(0);
  });

  it('grows with the wall clock while the machine sleeps, and with the monotonic one while the wall is held', async () => {
    const { clock, freshness, age } = setUp();
    freshness.applied(at(1));
    freshness.answered(freshness.sending(), at(1));
    clock.stepWall(60_000); // monotonic stands still: a suspended machine
    expect(age()).toBe(60_000);
    freshness.answered(freshness.sending(), at(1));
    await clock.pass(5000);
    clock.stepWall(-4000);
    expect(age()).toBe(5000);
    clock.stepWall(-2000);
    expect(age()).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not lowered by a head of another log, nor by the same number of another history', () => {
    const { freshness, age } = setUp();
    freshness.applied(at(5));
    freshness.answered(freshness.sending(), at(3, 'another owner'));
    expect(age()).toBe(Number.POSITIVE_INFINITY);
    freshness.answered(freshness.sending(), cursorOf('o', 5, 'another tag'));
    expect(age()).toBe(Number.POSITIVE_INFINITY);
    freshness.answered(freshness.sending(), at(5));
    expect(age()).toBe(0);
  });

  it('remembers no more probes than it can use', async () => {
    const { clock, freshness, age } = setUp();
    freshness.applied(at(1));
    for (let i = 0; i < 100; i += 1) {
      freshness.answered(freshness.sending(), at(2));
      await clock.pass(10);
    }
    freshness.applied(at(2));
    expect(age()).toBe(10);
  });
});
