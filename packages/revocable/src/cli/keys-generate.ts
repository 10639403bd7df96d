/** `revocable keys generate`: a fresh key. */
import { generateKey, type SigningKey } from '../index.ts';
import type { Flags, Invocation } from './command.ts';
import { algOf } from './key-option.ts';
import { formatOf, writeKeys } from './key-output.ts';
import { printable } from './output.ts';

export async function run({ flags, terminal }: Invocation): Promise<number> {
  const format = formatOf(flags, 'jwk');
  const key = freshKey(flags);
  writeKeys([key], format, { private: true }, flags, terminal);
  const file = flags.text('out');
  if (file !== undefined && !flags.isOn('json')) {
    const kid = key.kid === undefined ? '' : `, key ID ${printable(key.kid)}`;
    terminal.err(`${printable(file)}: a key for ${key.alg}${kid}. Only you may read it.\n`);
  }
  return 0;
}

function freshKey(flags: Flags): SigningKey {
  const kid = flags.text('kid');
  const bits = flags.text('modulus-length');
  return generateKey(algOf(flags) ?? 'RS256', {
    ...(kid === undefined ? {} : { kid }),
    ...(bits === undefined ? {} : { modulusLength: Number(bits) }),
  });
}
