/** A short run of the fuzzer; `npm run fuzz` is the long one. */
import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { present } from '../jose/runtime.ts';
import { mutationNames } from './executions.ts';
import { fuzz, report } from './fuzzer.ts';
import { originals } from './originals.ts';

const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));

describe(`the fuzzer, seed ${seed}`, () => {
  test('nothing but an original is accepted, nothing but our errors is thrown', async () => {
    const tally = await fuzz({ seed, executions: 20_000 });
    console.log(`fuzz, seed ${seed}\n${report(tally)}`);
    expect(tally.executions).toBe(20_000);
    expect([...tally.algorithms.keys()].sort()).toEqual([...present].sort());
    expect(mutationNames.filter(name => !tally.mutations.has(name))).toEqual([]);
    for (const code of ['MALFORMED', 'SIGNATURE', 'ALG_NOT_ALLOWED', 'CRIT', 'TYPE', 'CLAIM'])
      expect(tally.outcomes.get(`ERR_TOKEN_${code}`)).toBeGreaterThan(0);
  });

  test('its originals are accepted', () => {
    for (const { verifier, cached, tokens } of originals)
      for (const token of tokens) {
        expect(verifier.check(token)).toMatchObject({ ok: true });
        expect(cached.check(token)).toMatchObject({ ok: true });
      }
  });

  test('a seed repeats its run', async () => {
    const [first, second] = [
      await fuzz({ seed: 1, executions: 500 }),
      await fuzz({ seed: 1, executions: 500 }),
    ];
    expect([...first.mutations]).toEqual([...second.mutations]);
    expect([...first.algorithms]).toEqual([...second.algorithms]);
  });
});
