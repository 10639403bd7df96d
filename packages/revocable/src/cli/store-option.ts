/** Which store a command is about. */
import { ConfigError } from '../index.ts';
import type { Flags, Invocation } from './command.ts';
import type { Terminal } from './terminal.ts';
import { parseJson, textOf } from './value.ts';

/** As the token service finds it: flag, environment, its file of settings, and else the folder it makes. */
const FALLBACK = 'file:./data';

/**
 * The URL of the store: `--store`, REVOCABLE_STORE or REVOCABLE_STORE_FILE, "store" in REVOCABLE_CONFIG, `file:./data`.
 * @throws {ConfigError} ERR_CONFIG_INVALID for a file that cannot be read
 */
export function storeLocation(flags: Flags, terminal: Terminal): string {
  const { env } = terminal;
  return (
    flags.text('store') ||
    env['REVOCABLE_STORE'] ||
    storeInFile(env['REVOCABLE_STORE_FILE'], terminal) ||
    storeInSettings(env['REVOCABLE_CONFIG'], terminal) ||
    FALLBACK
  );
}

function storeInFile(path: string | undefined, terminal: Terminal): string | undefined {
  return path ? textOf(terminal.readFile(path), 'the store') : undefined;
}

function storeInSettings(path: string | undefined, terminal: Terminal): string | undefined {
  if (!path) return undefined;
  const settings = parseJson(textOf(terminal.readFile(path), 'the file of settings'));
  const { store } = (settings ?? {}) as { store?: unknown };
  return typeof store === 'string' ? store : undefined;
}

/** @throws {ConfigError} ERR_CONFIG_INVALID where none is named */
export function backupFile({ name, words }: Invocation): string {
  const [file] = words;
  if (file === undefined) throw new ConfigError(`Which file? revocable ${name} FILE.`);
  return file;
}
