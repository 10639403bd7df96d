/** The token of a command, and what may have happened to one that is no token. */
import { isUtf8 } from 'node:buffer';
import { ConfigError, TokenError } from '../index.ts';
import type { Invocation } from './command.ts';
import { readValue, textOf } from './value.ts';

/**
 * The token of the command line, a file or stdin, without a line end at its end.
 * @throws {ConfigError} ERR_CONFIG_INVALID when none is given
 * @throws {TokenError} ERR_TOKEN_MALFORMED when it is no text
 */
export async function readToken({ words, terminal, name }: Invocation): Promise<string> {
  const [word] = words;
  const missing = `No token is given: revocable ${name} TOKEN, @file, or - for stdin.`;
  if (word === undefined && terminal.isInteractive.in) throw new ConfigError(missing);
  const { bytes, isInline } = await readValue(terminal, word ?? '-', 'the token');
  if (!isUtf8(bytes)) throw new TokenError('ERR_TOKEN_MALFORMED', 'The token is no text.');
  const token = isInline && word !== undefined ? word : textOf(bytes, 'the token');
  if (word === undefined && token === '') throw new ConfigError(missing);
  return token;
}

/** Sentences on why a text may be no token. They hold nothing of it. */
export function malformedHints(token: string): string[] {
  const hints: string[] = [];
  const dots = token.split('.').length - 1;
  if (token.toLowerCase().startsWith('bearer '))
    hints.push('It begins with "Bearer ": that is the scheme of the header, not part of the token.');
  else if ([...token].some(character => character.trim() === ''))
    hints.push('It has white space or a line break in it, perhaps from copying.');
  if (token.startsWith('"') || token.startsWith("'"))
    hints.push('It stands in quotes, which are no part of it.');
  if (dots === 4)
    hints.push('It has five parts, so it is encrypted (JWE): only who holds the key can read it.');
  else if (dots !== 2)
    hints.push(`It has ${dots === 1 ? '1 dot' : `${dots} dots`}; a token is header.payload.signature.`);
  if (token.includes('=')) hints.push('It has "=" in it: base64url in a token has no padding.');
  if (token.includes('+') || token.includes('/'))
    hints.push('It has "+" or "/" in it: that is base64, tokens are in base64url.');
  if (token.startsWith('{')) hints.push('It begins like JSON: a token is the compact form, in three parts.');
  return hints;
}
