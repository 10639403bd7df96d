/** `revocable keys convert`: from one form of a key to another. */
import { ConfigError } from '../index.ts';
import type { Invocation } from './command.ts';
import { givenKeys } from './key-option.ts';
import { formatOf, writeKeys } from './key-output.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { flags, terminal, words } = invocation;
  const given = await givenKeys(invocation, words);
  if (given === undefined) throw new ConfigError('Which key? Give it as @file, or - for stdin.');
  const format = formatOf(flags, given.form === 'jwk' ? 'pem' : 'jwk');
  writeKeys(given.keys, format, { private: flags.isOn('private') }, flags, terminal);
  return 0;
}
