/** Where settings come from: flag > environment > file > default. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ConfigError } from 'revocable';
import { type Given, type GivenSettings, isSettingName, settingNames } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CommandLine {
  readonly given: GivenSettings;
  /** Show what would be used, and do not start. */
  readonly printConfig: boolean;
}

const PREFIX = 'REVOCABLE_';
const FILE_SUFFIX = '_FILE';

/**
 * Gathers the settings of a start.
 * @param argv the words after `serve`
 * @throws {ConfigError} ERR_CONFIG_INVALID in one sentence that names the flag, variable or member
 */
export function gatherSettings(argv: readonly string[], env: Environment): CommandLine {
  const flags = readFlags(argv);
  const variables = readEnvironment(env);
  const path = flags.values.get('config')?.value ?? env[`${PREFIX}CONFIG`];
  const file = typeof path === 'string' && path !== '' ? readConfigFile(path) : new Map<string, Given>();
  const given = new Map([...file, ...variables, ...flags.values]);
  given.delete('config');
  return { given, printConfig: flags.printConfig };
}

function readFlags(argv: readonly string[]): {
  readonly values: Map<string, Given>;
  readonly printConfig: boolean;
} {
  const names = new Map([...settingNames, 'config'].map(name => [name.replaceAll('_', '-'), name]));
  const text = { type: 'string' } as const;
  const options = Object.fromEntries([...names.keys()].map(flag => [flag, text]));
  const { values } = parse(argv, { ...options, 'print-config': { type: 'boolean' } });
  const given = new Map<string, Given>();
  for (const [flag, name] of names) {
    const value = values[flag];
    if (typeof value === 'string') given.set(name, { value, source: `--${flag}` });
  }
  return { values: given, printConfig: values['print-config'] === true };
}

type Flags = Record<string, { type: 'string' | 'boolean' }>;

function parse(argv: readonly string[], options: Flags): { readonly values: Record<string, unknown> } {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: false });
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split(/\. /);
    throw new ConfigError(
      `${sentence.replace(/\.$/, '')}. Flags are the settings' names, such as --port 4700.`,
    );
  }
}

function readEnvironment(env: Environment): Map<string, Given> {
  const given = new Map<string, Given>();
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || variable === `${PREFIX}CONFIG`) continue;
    const name = settingOf(variable);
    if (value === undefined || value === '') continue;
    if (given.has(name))
      throw new ConfigError(
        `${PREFIX}${name.toUpperCase()} is set both ways, as a value and as a file: choose one.`,
      );
    const isFile = !isSettingName(nameIn(variable));
    given.set(name, { value: isFile ? readValue(variable, value) : value, source: variable });
  }
  return given;
}

const nameIn = (variable: string): string => variable.slice(PREFIX.length).toLowerCase();

function settingOf(variable: string): string {
  const name = nameIn(variable);
  const bare = variable.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : name;
  const found = [name, bare].find(isSettingName);
  if (found === undefined) throw new ConfigError(`${variable} is no setting of this service.`);
  return found;
}

function readValue(variable: string, path: string): string {
  return readText(path, variable).replace(/\r?\n$/, '');
}

function readConfigFile(path: string): Map<string, Given> {
  const members = parseObject(readText(path, `${PREFIX}CONFIG`), path);
  const given = new Map<string, Given>();
  for (const [name, value] of Object.entries(members)) {
    if (!isSettingName(name)) throw new ConfigError(`"${name}" in ${path} is no setting of this service.`);
    given.set(name, { value, source: `"${name}" in ${path}` });
  }
  return given;
}

function parseObject(text: string, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(`${path}, named by ${PREFIX}CONFIG, is not JSON.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ConfigError(`${path}, named by ${PREFIX}CONFIG, must hold one JSON object of settings.`);
  return value as Record<string, unknown>;
}

function readText(path: string, variable: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${variable} names ${path}, which cannot be read (${code ?? 'unknown reason'}).`);
  }
}

/** For `createService`: an object with the settings' names, as in the file. */
export function givenIn(config: object): GivenSettings {
  const given = new Map<string, Given>();
  for (const [name, value] of Object.entries(config)) {
    if (!isSettingName(name))
      throw new ConfigError(`createService has no setting "${name}". It has: ${settingNames.join(', ')}.`);
    if (value !== undefined) given.set(name, { value, source: `"${name}"` });
  }
  return given;
}
