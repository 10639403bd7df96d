/** `revocable keys thumbprint`: RFC 7638. */
import { ConfigError, thumbprint } from '../index.ts';
import type { Invocation } from './command.ts';
import { givenKeys } from './key-option.ts';
import { writeJson } from './output.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { flags, terminal, words } = invocation;
  const given = await givenKeys(invocation, words, false);
  if (given === undefined) throw new ConfigError('Which key? Give it as @file, or - for stdin.');
  const thumbprints = given.keys.map(key => thumbprint(key));
  if (flags.isOn('json'))
    writeJson(terminal, thumbprints.length === 1 ? { thumbprint: thumbprints[0] } : { thumbprints });
  else terminal.out(thumbprints.map(text => `${text}\n`).join(''));
  return 0;
}
