/** The sieve in front of the table: it may only ever be wrong in one direction. */
import { describe, expect, test } from 'vitest';
import { createScopeSieve } from '#revocation/scope-sieve';

const SESSION = 's'.charCodeAt(0);
const TOKEN = 'j'.charCodeAt(0);
/** Enough for three generations. */
const NAMES = 600_000;
const nameOf = (i: number): string => `name-${i}-${(i * 2_654_435_761) % 4_294_967_296}`;

function filled(): ReturnType<typeof createScopeSieve> {
  const sieve = createScopeSieve(7);
  for (let i = 0; i < NAMES; i++)
    sieve.add(SESSION, nameOf(i), Math.floor(i / 1000), 900 - Math.floor(i / 1000), i);
  return sieve;
}

describe('3, 5, 29: the sieve', () => {
  test('never denies a name that came, over all its generations', () => {
    const sieve = filled();
    for (let i = 0; i < NAMES; i++)
      if (!sieve.mayHave(SESSION, nameOf(i))) throw new Error(`denies ${nameOf(i)}`);
  });

  test('denies nearly all others, other kinds of the same name too', () => {
    const sieve = filled();
    let inVain = 0;
    for (let i = 0; i < 10_000; i++) {
      if (sieve.mayHave(SESSION, `other-${i}`)) inVain += 1;
      if (sieve.mayHave(TOKEN, nameOf(i))) inVain += 1;
    }
    expect(inVain).toBeLessThan(3000);
  });

  test('names whose characters differ only where it does not look cost a look-up, nothing else', () => {
    const sieve = createScopeSieve(1);
    const [one, other] = ['abcdefghijklmnopqrstu', 'aXcdefghijklmnopqrstu'];
    sieve.add(SESSION, one, 0, 0, 0);
    expect(sieve.mayHave(SESSION, one)).toBe(true);
    expect(sieve.mayHave(SESSION, other)).toBe(true);
  });

  test('a generation goes only when the last of its names has arrived and ended before', () => {
    const sieve = filled();
    const full = sieve.bytes;
    sieve.forget(599, 100);
    sieve.forget(100, 900);
    expect(sieve.bytes).toBe(full);
    sieve.forget(200, 900);
    expect(sieve.bytes).toBeLessThan(full);
    for (let i = 201_000; i < NAMES; i++)
      if (!sieve.mayHave(SESSION, nameOf(i))) throw new Error(`lost ${nameOf(i)}`);
    sieve.forget(600, 900);
    expect(sieve.bytes).toBe(0);
  });
});
