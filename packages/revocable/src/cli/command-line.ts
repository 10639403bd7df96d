/** A command line to what it says, or to an error that helps. */
import { parseArgs } from 'node:util';
import { ConfigError } from '../index.ts';
import { type CommandRow, commands } from './args.ts';
import type { Flags } from './command.ts';
import { everywhere, type FlagName, flagTable } from './flags.ts';
import { nearest } from './nearest.ts';

/** What a command line says. */
export type Parsed =
  | { readonly kind: 'version' }
  | { readonly kind: 'help'; readonly about: CommandRow | string | undefined }
  | {
      readonly kind: 'run';
      readonly row: CommandRow;
      readonly flags: Flags;
      readonly words: readonly string[];
    };

/** @throws {ConfigError} ERR_CONFIG_INVALID for wrong use, naming what was probably meant */
export function parseCommandLine(argv: readonly string[]): Parsed {
  const [first, ...rest] = argv;
  if (first === '--version' || first === '-v') return { kind: 'version' };
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0))
    return { kind: 'help', about: undefined };
  if (first === 'help')
    return { kind: 'help', about: findCommand(rest)?.row ?? groupOf(rest) ?? unknownCommand(rest) };
  const found = findCommand(argv);
  if (found === undefined) return groupHelp(argv) ?? unknownCommand(argv);
  const { row, args } = found;
  if (row.passesOn)
    return isHelp(args[0])
      ? { kind: 'help', about: row }
      : { kind: 'run', row, flags: flagsOf({}), words: args };
  const { flags, words } = parseFlags(row, args);
  if (flags.isOn('help')) return { kind: 'help', about: row };
  if (words.length > (row.most ?? 0)) throw new ConfigError(tooManyWords(row));
  return { kind: 'run', row, flags, words };
}

function isHelp(word: string | undefined): boolean {
  return word === '--help' || word === '-h';
}

/** The command that the first words name, and the words after it. */
export function findCommand(
  argv: readonly string[],
): { readonly row: CommandRow; readonly args: readonly string[] } | undefined {
  for (const row of commands) {
    const names = row.name.split(' ');
    if (names.every((name, at) => argv[at] === name)) return { row, args: argv.slice(names.length) };
  }
  return undefined;
}

function groupOf([first]: readonly string[]): string | undefined {
  return commands.some(row => row.name.startsWith(`${first} `)) ? first : undefined;
}

function groupHelp(argv: readonly string[]): Parsed | undefined {
  return groupOf(argv) !== undefined && isHelp(argv[1]) ? { kind: 'help', about: argv[0] } : undefined;
}

function unknownCommand(argv: readonly string[]): never {
  const [first = '', second] = argv;
  const group = groupOf(argv);
  const names = commands.map(row => row.name);
  if (group !== undefined) {
    const own = names.filter(name => name.startsWith(`${group} `)).map(name => name.slice(group.length + 1));
    const meant = second === undefined ? undefined : nearest(second, own);
    throw new ConfigError(`"${group}" is followed by one of ${own.join(', ')}.${didYouMean(meant)}`);
  }
  if (first.startsWith('-'))
    throw new ConfigError('The command comes first, its flags after it: revocable verify --key @public.pem.');
  if (first.startsWith('eyJ'))
    throw new ConfigError(
      'This looks like a token. Say what to do with it: revocable decode, verify or inspect.',
    );
  const tops = [...new Set([...names.map(name => name.split(' ')[0] as string), 'help'])];
  throw new ConfigError(
    `There is no such command. There are: ${tops.join(', ')}.${didYouMean(nearest(first, tops))}`,
  );
}

function didYouMean(meant: string | undefined): string {
  return meant === undefined ? '' : ` Did you mean "${meant}"?`;
}

function tooManyWords(row: CommandRow): string {
  if (row.most === undefined) return `"${row.name}" takes flags only. Values with spaces need quotes.`;
  return `"${row.name}" takes one ${row.takes?.replaceAll(/[[\]…]/g, '').toLowerCase()}, and there are more words. Values with spaces need quotes.`;
}

type Values = Readonly<Record<string, readonly string[]>>;

function parseFlags(row: CommandRow, args: readonly string[]): { flags: Flags; words: string[] } {
  const known: readonly FlagName[] = [...row.flags, ...everywhere];
  const values: Record<string, string[]> = {};
  const words: string[] = [];
  for (const token of tokensOf(args, known)) {
    const written = args[token.index] ?? '';
    if (token.kind === 'positional') words.push(token.value);
    else if (token.kind === 'option' && isPem(written)) words.push(written);
    else if (token.kind === 'option') {
      const name = known.find(one => one === token.name) ?? unknownFlag(row, token.rawName, known);
      const before = values[name] ?? [];
      if (before.length > 0 && isOnce(name)) throw new ConfigError(`--${name} is given twice.`);
      values[name] = [...before, checkedValue(name, token.value, token.inlineValue === true)];
    }
  }
  return { flags: flagsOf(values), words };
}

/** Not strict: what is wrong is said in our words, which quote no value. */
function tokensOf(args: readonly string[], known: readonly FlagName[]) {
  const typeOf = (name: FlagName) => (flagTable[name].value === undefined ? 'boolean' : 'string');
  const options = Object.fromEntries(known.map(name => [name, { type: typeOf(name) } as const]));
  const help = { type: 'boolean', short: 'h' } as const;
  const config = {
    args: [...args],
    options: { ...options, help },
    strict: false,
    allowPositionals: true,
  } as const;
  return parseArgs({ ...config, tokens: true }).tokens;
}

function isOnce(name: FlagName): boolean {
  const { value, isList } = flagTable[name];
  return value !== undefined && isList === undefined;
}

/** It begins with dashes, but is no flag. */
function isPem(word: string): boolean {
  return word.startsWith('-----BEGIN ');
}

function checkedValue(name: FlagName, value: string | undefined, isInline: boolean): string {
  const { value: kind } = flagTable[name];
  if (kind === undefined && value !== undefined) throw new ConfigError(`--${name} takes no value.`);
  if (kind === undefined) return '';
  const looksLikeFlag =
    !isInline && value !== undefined && value.startsWith('-') && value !== '-' && !isPem(value);
  if (value === undefined || looksLikeFlag)
    throw new ConfigError(
      `--${name} needs a value: --${name} ${kind}. One that begins with "-" is written --${name}=VALUE.`,
    );
  return value;
}

/** A name is quoted only where it is one: a secret that slipped in among the flags is not. */
function unknownFlag(row: CommandRow, rawName: string, known: readonly FlagName[]): never {
  const name = rawName.replace(/^-+/, '');
  const isName = name.length <= 24 && /^[a-zA-Z_-]+$/.test(name);
  const dashed = name.replaceAll('_', '-').replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
  const meant = nearest(dashed, known);
  const elsewhere = commands
    .filter(other => (other.flags as readonly string[]).includes(dashed))
    .map(other => other.name);
  const hint =
    meant !== undefined
      ? ` Did you mean --${meant}?`
      : elsewhere.length > 0
        ? ` It belongs to ${elsewhere.join(', ')}.`
        : '';
  throw new ConfigError(`"${row.name}" has no ${isName ? `flag ${rawName}` : 'such flag'}.${hint}`);
}

function flagsOf(values: Values): Flags {
  return {
    text: name => values[name]?.at(-1),
    texts: name => values[name],
    isOn: name => values[name] !== undefined,
  };
}
