/** `revocable keys jwks`: the public halves of keys as a JWK Set, RFC 7517 section 5. */
import { ConfigError, createKeySet } from '../index.ts';
import type { Invocation } from './command.ts';
import { givenKeys } from './key-option.ts';
import { writeOut } from './key-output.ts';
import { warn } from './output.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { flags, terminal, words } = invocation;
  const given = await givenKeys(invocation, words, false);
  if (given === undefined)
    throw new ConfigError('Which keys? Give each as @file, or one of them as - for stdin.');
  const jwks = createKeySet(given.keys).toJwks();
  if (given.keys.some(key => key.type === 'secret'))
    warn(terminal, 'A secret is in no JWK Set: it was passed over.');
  writeOut(jwks, flags, terminal);
  return 0;
}
