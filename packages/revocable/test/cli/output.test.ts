import { describe, expect, it } from 'vitest';
import { palette, printable, table, wrap } from '#cli/output';
import { systemTerminal, type Terminal } from '#cli/terminal';

describe('colours', () => {
  const terminal: Terminal = { ...systemTerminal(), colours: { out: true, err: false } };

  it('are there on the stream that may have them, and only there', () => {
    expect(palette(terminal, 'out').red('x')).toBe('\u001b[31mx\u001b[39m');
    expect(palette(terminal, 'err').red('x')).toBe('x');
  });
});

describe('what a stranger wrote', () => {
  it('is shown without controls and marks that turn text', () => {
    expect(printable('a\u001b[1mb\u0000c\u007f\u009b\u202e\u2066\ufeff')).toBe(
      'a\\u001b[1mb\\u0000c\\u007f\\u009b\\u202e\\u2066\\ufeff',
    );
    expect(printable('Grüße, 世界 🌍\n')).toBe('Grüße, 世界 🌍\n');
  });
});

describe('a table', () => {
  it('has its columns under each other', () => {
    const rows = [
      ['a', '1', 'first'],
      ['long', '"two"', 'second'],
      ['list', '[\n  1\n]'],
    ] as const;
    const plain = palette({ ...systemTerminal(), colours: { out: false, err: false } });
    expect(table('Title', rows, plain)).toBe(
      [
        'Title',
        '  a     1      first',
        '  long  "two"  second',
        '  list  [',
        '          1',
        '        ]',
        '',
      ].join('\n'),
    );
  });
});

describe('wrapped lines', () => {
  it('are not longer than the terminal, and lose no word', () => {
    const text = 'one two three four five six seven eight nine ten eleven twelve thirteen';
    const lines = wrap(text, 44, 4).split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line.trimStart().length).toBeLessThanOrEqual(40);
    expect(lines.map(line => line.trim()).join(' ')).toBe(text);
    expect(wrap(text, Number.POSITIVE_INFINITY, 4)).toBe(text);
  });
});
