/** Keys as they leave the command: JWK, JWK Set or PEM, to stdout or to a file of one's own. */
import { ConfigError, exportJwk, exportPem, type VerificationKey } from '../index.ts';
import type { Flags } from './command.ts';
import { writeJson } from './output.ts';
import type { Terminal } from './terminal.ts';

export type Format = 'jwk' | 'pem';

/** @throws {ConfigError} ERR_CONFIG_INVALID for another `--format` */
export function formatOf(flags: Flags, otherwise: Format): Format {
  const format = flags.text('format') ?? otherwise;
  if (format !== 'jwk' && format !== 'pem') throw new ConfigError('--format is jwk or pem.');
  return format;
}

/** One key as a JWK, several as a JWK Set; or PEM, one after the other. */
export function writeKeys(
  keys: readonly VerificationKey[],
  format: Format,
  half: { readonly private: boolean },
  flags: Flags,
  terminal: Terminal,
): void {
  checkSecrets(keys, format, half.private);
  if (format === 'pem') {
    const pem = keys.map(key => exportPem(key, half)).join('');
    writeOut(flags.isOn('json') ? { pem } : pem, flags, terminal);
    return;
  }
  const jwks = keys.map(key => exportJwk(key, half));
  writeOut(jwks.length === 1 ? jwks[0] : { keys: jwks }, flags, terminal);
}

function checkSecrets(keys: readonly VerificationKey[], format: Format, isPrivate: boolean): void {
  if (!keys.some(key => key.type === 'secret')) return;
  if (format === 'pem') throw new ConfigError('A secret has no PEM: use --format jwk.');
  if (!isPrivate) throw new ConfigError('A secret has no public half: only --private shows it.');
}

/** Text as it is, values as JSON: indented for people, on one line for machines. */
export function writeOut(content: unknown, flags: Flags, terminal: Terminal): void {
  const file = flags.text('out');
  const isJson = flags.isOn('json');
  const text =
    typeof content === 'string' ? content : `${JSON.stringify(content, undefined, isJson ? undefined : 2)}\n`;
  if (file === undefined) {
    terminal.out(text);
    return;
  }
  terminal.createFile(file, text);
  if (isJson) writeJson(terminal, { file });
}
