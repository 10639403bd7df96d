/** The help: overall, of a group, of a command. */
import { type CommandRow, commands } from './args.ts';
import { everywhere, type FlagName, flagTable } from './flags.ts';
import type { Palette } from './output.ts';

const GROUPS: readonly (readonly [title: string, names: readonly string[]])[] = [
  ['Tokens', ['decode', 'verify', 'sign', 'inspect']],
  ['Keys', ['keys generate', 'keys convert', 'keys jwks', 'keys thumbprint']],
  ['Service', ['serve', 'backup', 'restore']],
];

/** All commands. */
export function overallHelp(version: string, colour: Palette): string {
  const groups = GROUPS.map(([title, names]) =>
    listOf(
      title,
      commands.filter(row => names.includes(row.name)),
      colour,
    ),
  );
  return [
    `${colour.bold('revocable')} ${version}  JSON Web Tokens that can be taken back\n`,
    ...groups,
    `${colour.bold('Values')}\n  A token, key or secret is @file, - for stdin, or the text itself.\n`,
    `${colour.bold('Exit')}\n  0 valid   1 refused or malformed   2 wrong use\n`,
    `revocable COMMAND --help  tells more.   revocable --version\n`,
  ].join('\n');
}

/** The commands of a group, as of "keys". */
export function groupHelp(group: string, colour: Palette): string {
  const rows = commands.filter(row => row.name.startsWith(`${group} `));
  return `${listOf(`revocable ${group}`, rows, colour)}\nrevocable ${group} COMMAND --help  tells more.\n`;
}

function listOf(title: string, rows: readonly CommandRow[], colour: Palette): string {
  const width = Math.max(...commands.map(row => row.name.length));
  return `${colour.bold(title)}\n${rows.map(row => `  ${row.name.padEnd(width)}  ${colour.dim(row.about)}\n`).join('')}`;
}

/** One command. */
export function commandHelp(row: CommandRow, colour: Palette): string {
  const flags: readonly FlagName[] = row.passesOn ? ['help'] : [...row.flags, ...everywhere];
  const takes = row.takes === undefined ? '' : ` ${row.takes}`;
  const usage = row.passesOn ? '' : ' [FLAGS]';
  const parts = [
    `${colour.bold(`revocable ${row.name}`)}${takes}${usage}\n  ${row.about}\n`,
    `${row.notes.map(note => `  ${note}\n`).join('')}`,
    `${colour.bold('Flags')}\n${flagLines(flags, colour)}`,
    `${colour.bold('Examples')}\n${row.examples.map(example => `  ${example}\n`).join('')}`,
  ];
  return parts.join('\n');
}

function flagLines(flags: readonly FlagName[], colour: Palette): string {
  const shown = flags.map(name => {
    const { value, about } = flagTable[name];
    return [value === undefined ? `--${name}` : `--${name} ${value}`, about] as const;
  });
  const width = Math.max(...shown.map(([flag]) => flag.length));
  return shown.map(([flag, about]) => `  ${flag.padEnd(width)}  ${colour.dim(about)}\n`).join('');
}
