import { describe, expect, it } from 'vitest';
import { humanDate, humanDuration } from '#cli/human-date';

describe('human dates', () => {
  it('say two units that stand next to each other', () => {
    const rows: [number, string][] = [
      [0, '0 s'],
      [59, '59 s'],
      [60, '1 min'],
      [192, '3 min 12 s'],
      [3600, '1 h'],
      [3605, '1 h'],
      [7500, '2 h 5 min'],
      [86_400, '1 day'],
      [30 * 86_400, '30 days'],
      [90_000, '1 day 1 h'],
      [31_557_600 + 86_400, '1 year 1 day'],
      [2 * 31_557_600, '2 years'],
    ];
    for (const [seconds, words] of rows) expect(humanDuration(seconds)).toBe(words);
  });

  it('say whether it is still to come', () => {
    const now = Date.parse('2026-11-24T03:14:32Z');
    expect(humanDate(now + 192_000, now)).toMatch(/^in 3 min 12 s \(2026-11-2\d \d\d:\d7:44\)$/);
    expect(humanDate(now - 192_000, now)).toMatch(/^3 min 12 s ago \(/);
    expect(humanDate(now, now)).toMatch(/^now \(/);
  });
});
