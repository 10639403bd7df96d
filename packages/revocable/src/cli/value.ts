/** Values of the command line: a text, `@file`, or `-` for stdin. */
import { isUtf8 } from 'node:buffer';
import { ConfigError } from '../index.ts';
import type { Terminal } from './terminal.ts';

export interface Value {
  readonly bytes: Uint8Array;
  /** True where the value stands on the command line itself, for all to see. */
  readonly isInline: boolean;
}

/**
 * The bytes that a value stands for.
 * @param what it is, for errors; the value itself is in none
 * @throws {ConfigError} ERR_CONFIG_INVALID when a file or stdin cannot be read
 */
export async function readValue(terminal: Terminal, value: string, what: string): Promise<Value> {
  if (value === '-') return { bytes: await terminal.readStdin(what), isInline: false };
  if (value.startsWith('@')) return { bytes: readFile(terminal, value.slice(1), what), isInline: false };
  return { bytes: Buffer.from(value, 'utf8'), isInline: true };
}

/** What begins with "@" may be the secret itself, so no error shows it. */
function readFile(terminal: Terminal, path: string, what: string): Uint8Array {
  return what === 'the secret' || what === 'the passphrase'
    ? terminal.readFile(path, `The file with ${what}`)
    : terminal.readFile(path);
}

/**
 * The same as text, without the line end that editors and `echo` leave.
 * @throws {ConfigError} ERR_CONFIG_INVALID when it is no UTF-8
 */
export async function readText(terminal: Terminal, value: string, what: string): Promise<string> {
  const { bytes, isInline } = await readValue(terminal, value, what);
  return isInline ? value : textOf(bytes, what);
}

/** @throws {ConfigError} ERR_CONFIG_INVALID when it is no UTF-8 */
export function textOf(bytes: Uint8Array, what: string): string {
  if (!isUtf8(bytes)) throw new ConfigError(`${capitalized(what)} is no text in UTF-8.`);
  const text = Buffer.from(bytes).toString('utf8');
  if (text.endsWith('\r\n')) return text.slice(0, -2);
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/**
 * A JSON object.
 * @throws {ConfigError} ERR_CONFIG_INVALID when it is none
 */
export async function readObject(
  terminal: Terminal,
  value: string,
  what: string,
): Promise<Record<string, unknown>> {
  const text = await readText(terminal, value, what);
  const object = parseJson(text);
  if (typeof object === 'object' && object !== null && !Array.isArray(object))
    return object as Record<string, unknown>;
  const hint = terminal.hasFile(value)
    ? ` To read the file of that name put "@" before it.`
    : ` For example '{"sub":"u1"}', with the quotes of your shell around it.`;
  throw new ConfigError(`${capitalized(what)} is no JSON object.${hint}`);
}

/** undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function capitalized(what: string): string {
  return what.charAt(0).toUpperCase() + what.slice(1);
}
